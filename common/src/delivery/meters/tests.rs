use super::*;
use crate::{component::DeliveryDefaults, telemetry::exposition};

const QUEUED: DeliveryDefaults =
    DeliveryDefaults { timeout_ms: None, retry: true, queue: Some(true) };

fn shown(level: Level, enter: impl FnOnce(&Aliases)) -> String {
    let metrics = Metrics::default();
    metrics.set_level(level);
    let peer = vec![("server_address", "backend".to_owned())];
    let id: ComponentId = "otlp_grpc".parse().unwrap();
    let settings = DeliverySettings::of(QUEUED);
    enter(&aliases(&metrics, (&id, &peer), Signal::Logs, &settings));
    let all = exposition::render(
        &metrics,
        &crate::telemetry::settings::PrometheusReader::default(),
        &crate::telemetry::Resource::default(),
        &crate::testing::Bench::default().host.build_info,
    );
    let lines = all.lines().filter(|line| line.starts_with("otelcol_exporter"));
    lines.collect::<Vec<_>>().join("\n")
}

fn fail(alias: Option<&FailureAlias>, reason: Reason) {
    match alias {
        Some(FailureAlias::Plain(counter)) => counter.inc(),
        Some(FailureAlias::ByReason(counter_of)) => counter_of(reason.label()).inc(),
        None => {}
    }
}

#[test]
fn failures_are_absent_until_there_is_one() {
    let sent =
        r#"otelcol_exporter_sent_log_records{exporter="otlp_grpc",server_address="backend"} 0"#;
    assert_eq!(shown(Level::Normal, |_| {}), sent);
    let all = shown(Level::Normal, |aliases| {
        fail(aliases.refused.as_ref(), Reason::Overloaded);
        fail(aliases.dropped.as_ref(), Reason::Malformed);
    });
    let failed = r#"otelcol_exporter_send_failed_log_records{exporter="otlp_grpc",server_address="backend"} 1"#;
    let enqueue_failed = r#"otelcol_exporter_enqueue_failed_log_records{exporter="otlp_grpc"} 1"#;
    assert_eq!(all, [enqueue_failed, failed, sent].join("\n"));
}

#[test]
fn the_detailed_level_tells_why_sending_failed() {
    let all = shown(Level::Detailed, |aliases| {
        fail(aliases.dropped.as_ref(), Reason::Unavailable);
        fail(aliases.dropped.as_ref(), Reason::Malformed);
    });
    assert!(all.contains(r#"error_permanent="false",error_type="Unavailable""#), "{all}");
    assert!(all.contains(r#"error_permanent="true",error_type="InvalidArgument""#), "{all}");
    assert_eq!(error_labels("partial_success"), ("_OTHER".to_owned(), true));
}
