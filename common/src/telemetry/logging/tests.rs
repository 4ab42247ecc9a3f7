use std::{fs, path::Path};

use serde_json::json;
use tracing::{debug, info, warn};

use super::*;
use crate::telemetry::resource::tests::resource;

fn options(path: &Path) -> LogOptions {
    LogOptions {
        output_paths: vec![format!("file://{}", path.display())],
        with_caller: false,
        sampling: None,
        ..LogOptions::default()
    }
}

/// What `work` logs, with the time cut off each line.
fn logged(path: &Path, layer: LogLayer, work: impl FnOnce()) -> Vec<String> {
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, work);
    let text = fs::read_to_string(path).unwrap();
    let line = |line: &str| line.split_once('\t').map_or(line, |(_, rest)| rest).to_owned();
    text.lines().map(line).collect()
}

fn check(change: impl FnOnce(&mut LogOptions), work: impl FnOnce(), expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut options = options(&path);
    change(&mut options);
    let (_, layer) = Log::new(&options).unwrap();
    assert_eq!(logged(&path, layer, work), expected);
}

#[test]
fn fields_stand_in_the_order_common_component_own() {
    check(
        |options| {
            options.initial_fields = vec![("zone".to_owned(), json!("b"))];
            options.resource = Some(resource(&[("service.instance.id", serde_json::Value::Null)]));
        },
        || {
            let span = component_span("batch/2", "processor", Some("logs"), Some("logs/a"));
            let _inside = span.enter();
            warn!(count = 3, ratio = 0.5, reason = %"full", "queue is full");
        },
        &["warn\tqueue is full\t{\"zone\": \"b\", \
           \"resource\": {\"service.name\": \"traces-collector\", \"service.version\": \"1.2.3\"}, \
           \"otelcol.component.id\": \"batch/2\", \"otelcol.component.kind\": \"processor\", \
           \"otelcol.signal\": \"logs\", \"otelcol.pipeline.id\": \"logs/a\", \
           \"count\": 3, \"ratio\": 0.5, \"reason\": \"full\"}"],
    );
}

#[test]
fn a_record_says_which_line_it_comes_from() {
    let line = line!() + 3;
    check(
        |options| options.with_caller = true,
        || info!("ready"),
        &[&format!("info\tlogging/tests.rs:{line}\tready")],
    );
}

#[test]
fn only_the_level_and_above_are_written_and_of_others_only_warnings() {
    check(
        |options| options.level = Some(Level::DEBUG),
        || {
            debug!("ours");
            tracing::trace!("too fine");
            info!(target: "h2::codec", "theirs");
            warn!(target: "h2::codec", "their trouble");
        },
        &["debug\tours", "warn\ttheir trouble"],
    );
}

#[test]
fn an_error_tells_its_causes() {
    let cause = std::io::Error::other("disk on fire");
    let error = crate::component::BuildError::with_source("cannot open queue", cause);
    check(
        |_| {},
        || warn!(error = &error as &dyn std::error::Error, "failed"),
        &["warn\tfailed\t{\"error\": \"cannot open queue: disk on fire\"}"],
    );
}

#[test]
fn repeated_records_are_thinned_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let sampling = Some(Sampling::default());
    let (log, layer) = Log::new(&LogOptions { sampling, ..options(&path) }).unwrap();
    let lines = logged(&path, layer, || (0..250).for_each(|index| info!(index, "again")));
    assert_eq!(lines.len(), 12);
    assert_eq!(log.sampled_out(), 238);
}

#[test]
fn new_options_apply_to_what_is_logged_afterwards_and_bad_ones_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let (log, layer) = Log::new(&options(&first)).unwrap();
    let lines = logged(&first, layer, || {
        debug!("hidden");
        let bad =
            LogOptions { level: Some(Level::ERROR), ..options(&folder.path().join("no/log")) };
        let error = log.reconfigure(&bad).unwrap_err().to_string();
        assert!(error.starts_with("cannot open log output \"file:///"), "{error}");
        info!("first");
        let level = Some(Level::DEBUG);
        log.reconfigure(&LogOptions { level, encoding: LogEncoding::Json, ..options(&second) })
            .unwrap();
        debug!("second");
    });
    assert_eq!(lines, ["info\tfirst"]);
    let record: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(second).unwrap()).unwrap();
    assert_eq!(record["msg"], "second");
}

#[test]
fn an_output_that_fails_stops_nobody_and_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let errors = folder.path().join("errors");
    let options = LogOptions {
        output_paths: vec!["/dev/full".to_owned()],
        error_output_paths: vec![errors.display().to_string()],
        ..LogOptions::default()
    };
    let (_, layer) = Log::new(&options).unwrap();
    let lines = logged(&errors, layer, || {
        info!("lost");
        info!("lost too");
    });
    assert_eq!(lines, ["cannot write log records: No space left on device (os error 28)"]);
}

#[test]
fn settings_become_options() {
    let settings = LogSettings {
        level: LogLevel::Warn,
        encoding: LogEncoding::Json,
        disable_caller: true,
        disable_zap_resource: true,
        ..LogSettings::default()
    };
    let options = LogOptions::new(&settings, &resource(&[]));
    assert_eq!(options.level, Some(Level::WARN));
    assert_eq!(options.encoding, LogEncoding::Json);
    assert!(!options.with_caller);
    assert!(options.resource.is_none());
    assert_eq!(options.sampling, Some(Sampling::default()));
}
