mod documented;
mod failing;
mod platforms;
mod settings;
mod stand_in;

use std::{fs, path::Path, time::Duration};

use bytes::Bytes;
use tempfile::TempDir;

use super::*;
use crate::{
    component::Kind,
    otlp::{any_value::OwnedValue, resource::resources_of},
    pipeline::{Budget, Charge, Reason},
    signal::Signal,
    telemetry::Metrics,
    testing::{self, otlp_text},
};

const ENV: &str = "OTEL_RESOURCE_ATTRIBUTES";

fn config(yaml: &str) -> ResourceDetectionConfig {
    testing::settings::read(yaml).unwrap()
}

/// What is detected by these settings on this machine, one attribute a line.
async fn detected(yaml: &str, machine: Machine) -> Result<String, String> {
    let detection = Detection { config: config(yaml), machine, metrics: Metrics::default() };
    detection.run().await.map(|found| text(&found))
}

fn text(found: &Detected) -> String {
    let mut lines: Vec<_> =
        found.attributes.iter().map(|(key, value)| format!("{key}={}", word(value))).collect();
    lines.sort();
    lines.join("\n")
}

fn word(value: &OwnedValue) -> String {
    match value {
        OwnedValue::Str(text) => text.clone(),
        OwnedValue::Int(int) => int.to_string(),
        OwnedValue::Array(all) => {
            format!("[{}]", all.iter().map(word).collect::<Vec<_>>().join(","))
        }
        other => format!("{other:?}"),
    }
}

/// A machine without files and endpoints.
fn bare(variables: &[(&str, &str)]) -> Machine {
    Machine::pretended(variables, Path::new("/nonexistent"), Some("http://127.0.0.1:9".to_owned()))
}

fn with_files(files: &[(&str, &str)]) -> TempDir {
    let root = TempDir::new().unwrap();
    for (path, text) in files {
        let path = root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn processor(yaml: &str, machine: Machine) -> ResourceDetectionProcessor {
    let context = testing::context(Kind::Processor, "resource_detection", Signal::Traces);
    ResourceDetectionProcessor::new(config(yaml), context, machine)
}

fn transformed(processor: &ResourceDetectionProcessor, signal: Signal, before: &str) -> Payload {
    let request = otlp_text::encode(signal, before).unwrap();
    processor.transform(Payload::new(signal, request, 1, Charge::NONE)).unwrap()
}

async fn check(yaml: &str, variables: &[(&str, &str)], before: &str, after: &str) {
    let processor = processor(yaml, bare(variables));
    processor.start().await.unwrap();
    for (signal, item) in [
        (Signal::Traces, "span work"),
        (Signal::Logs, "log text"),
        (Signal::Metrics, "gauge size\n      point 1"),
    ] {
        let whole = |resource: &str| format!("{resource}\n  scope lib\n    {item}\n");
        let payload = transformed(&processor, signal, &whole(before));
        assert_eq!(otlp_text::text(signal, payload.chunks()).unwrap(), whole(after));
    }
}

#[tokio::test]
async fn attributes_are_put_on_resources_of_all_signals() {
    check("", &[(ENV, "a=1x,b=two")], "resource", "resource a=1x b=two").await;
    check("", &[(ENV, "b=two")], "resource a=one", "resource a=one b=two").await;
    check("", &[], "resource a=one", "resource a=one").await;
}

#[tokio::test]
async fn what_is_there_is_replaced_unless_override_is_off() {
    let variables = &[(ENV, "a=new,c=new")];
    check("", variables, "resource a=old b=old", "resource a=new b=old c=new").await;
    check("", variables, "resource a=old b=old a=older", "resource a=new b=old c=new").await;
    let off = "override: false";
    check(off, variables, "resource a=old b=old", "resource a=old b=old c=new").await;
}

#[tokio::test]
async fn a_request_that_has_all_is_shared() {
    let processor = processor("", bare(&[(ENV, "a=x,b=y")]));
    processor.start().await.unwrap();
    let once = transformed(&processor, Signal::Traces, "resource\n  scope lib\n    span s\n");
    let before = once.chunks().to_vec();
    let twice = processor.transform(once).unwrap();
    let places = |chunks: &[Bytes]| chunks.iter().map(|chunk| chunk.as_ptr()).collect::<Vec<_>>();
    assert_eq!(places(twice.chunks()), places(&before));
}

#[tokio::test]
async fn what_is_added_is_charged_and_refused_where_there_is_no_room() {
    let long = format!("a={},b={}", "x".repeat(200), "y".repeat(200));
    let processor = processor("", bare(&[(ENV, &long)]));
    processor.start().await.unwrap();
    let budget = Budget::new(16 << 20);
    let request = otlp_text::encode(Signal::Logs, "resource\n  scope s\n    log l\n").unwrap();
    let charge = budget.reserve(request.len()).unwrap();
    let payload = Payload::new(Signal::Logs, request, 1, charge);
    let after = processor.transform(payload).unwrap();
    assert_eq!(budget.used(), after.size() as u64);
    drop(after);
    let request = Bytes::from([0x0a, 0x00].repeat(500_000));
    let charge = budget.reserve(request.len()).unwrap();
    let payload = Payload::new(Signal::Logs, request, 0, charge);
    assert_eq!(processor.transform(payload).unwrap_err().reason, Reason::Overloaded);
    assert_eq!(budget.used(), 0);
}

#[tokio::test]
async fn the_schema_of_a_resource_is_kept_and_one_without_gets_ours() {
    let on_lambda = [("AWS_LAMBDA_FUNCTION_NAME", "f")];
    let processor = processor("detectors: [env, lambda]", bare(&on_lambda));
    processor.start().await.unwrap();
    let request = "resource\n  scope lib\n    span s\n";
    let payload = transformed(&processor, Signal::Traces, request);
    let schemas = |payload: &Payload| -> Vec<String> {
        resources_of(payload.chunks()).map(|resource| resource.schema_url().to_owned()).collect()
    };
    assert_eq!(schemas(&payload), ["https://opentelemetry.io/schemas/1.40.0"]);
    let mut own = Detected { schema_url: "own", ..Detected::default() };
    own.merge(Detected::conventional());
    assert_eq!(own.schema_url, "own");
}

#[tokio::test]
async fn the_first_detector_in_the_list_wins() {
    let variables =
        [("AWS_LAMBDA_FUNCTION_NAME", "f"), (ENV, "cloud.provider=mine,cloud.region=here")];
    let ours = detected("detectors: [env, lambda]", bare(&variables)).await.unwrap();
    let own = "cloud.platform=aws_lambda\ncloud.provider=mine\ncloud.region=here\nfaas.name=f";
    assert_eq!(ours, own);
    let theirs = detected("detectors: [' lambda ', env]", bare(&variables)).await.unwrap();
    assert!(theirs.contains("cloud.provider=aws\n"), "{theirs}");
}

#[tokio::test]
async fn the_old_list_of_attributes_leaves_the_others_out() {
    let found = detected("attributes: [b]", bare(&[(ENV, "a=1x,b=2x")])).await;
    assert_eq!(found.unwrap(), "b=2x");
}

#[tokio::test(start_paused = true)]
async fn what_changes_is_seen_after_the_refresh_interval() {
    const FILE: &str = "/var/lib/dynatrace/enrichment/dt_host_metadata.properties";
    let root = with_files(&[(FILE, "host.name=before\n")]);
    let machine = Machine::pretended(&[], root.path(), None);
    let yaml = "{detectors: [dynatrace], refresh_interval: 10s}";
    let processor = processor(yaml, machine);
    processor.start().await.unwrap();
    let seen = || {
        let payload =
            transformed(&processor, Signal::Traces, "resource\n  scope lib\n    span s\n");
        otlp_text::text(Signal::Traces, payload.chunks()).unwrap()
    };
    assert!(seen().contains("host.name=before"), "{}", seen());
    let file = root.path().join(FILE.trim_start_matches('/'));
    fs::write(&file, "host.name=after\n").unwrap();
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(seen().contains("host.name=after"), "{}", seen());
    // What was found stays if nothing can be found any more.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(seen().contains("host.name=after"), "{}", seen());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(1);
    assert!(processor.context.tasks.stop(deadline).await);
}
