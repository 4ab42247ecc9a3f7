use super::*;
use crate::{signal::Signal, telemetry::metrics};

fn build() -> BuildInfo {
    BuildInfo {
        command: "traces-collector".into(),
        description: "test".into(),
        version: "1.2.3".into(),
    }
}

fn resource() -> Resource {
    crate::telemetry::resource::tests::resource(&[
        ("service.instance.id", "i-1".into()),
        ("host.name", "a\"b\\c\nd".into()),
    ])
}

fn check(options: &PrometheusReader, expected: &str) {
    let metrics = Metrics::default();
    metrics.counter(metrics::EXPORTER_SENT.of(Signal::Traces), &["otlp"]).inc_by(3);
    metrics.gauge(&metrics::EXPORTER_QUEUE_SIZE, &["otlp", "traces"]).set(-1);
    metrics.read_with(&metrics::PROCESS_UPTIME, &[], || 1.5);
    metrics.read_with(&metrics::PROCESS_CPU_SECONDS, &[], || 0.25);
    let text = render(&metrics, options, &resource(), &build());
    let rest: Vec<_> = text
        .lines()
        .filter(|line| !line.contains("otelcol_telemetry") && !line.contains("promhttp"))
        .collect();
    assert_eq!(rest.join("\n"), expected.trim_end());
}

#[test]
fn the_default_has_upstreams_bare_names() {
    check(
        &PrometheusReader::default(),
        "\
# HELP otelcol_exporter_queue_size Current size of the sending queue, in units of its sizer
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_size{data_type=\"traces\",exporter=\"otlp\"} -1
# HELP otelcol_exporter_sent_spans Number of spans successfully sent to destination
# TYPE otelcol_exporter_sent_spans counter
otelcol_exporter_sent_spans{exporter=\"otlp\"} 3
# HELP otelcol_process_cpu_seconds Total CPU user and system time in seconds
# TYPE otelcol_process_cpu_seconds counter
otelcol_process_cpu_seconds 0.25
# HELP otelcol_process_uptime Uptime of the process
# TYPE otelcol_process_uptime counter
otelcol_process_uptime 1.5
# HELP target_info Target metadata
# TYPE target_info gauge
target_info{host_name=\"a\\\"b\\\\c\\nd\",service_instance_id=\"i-1\",service_name=\"traces-collector\",service_version=\"1.2.3\"} 1
",
    );
}

#[test]
fn suffixes_scope_and_constant_labels_come_when_asked_for() {
    let options = PrometheusReader {
        without_scope_info: false,
        without_units: false,
        without_type_suffix: false,
        with_resource_constant_labels: Some(IncludeExclude {
            included: vec!["service*".to_owned()],
            excluded: vec!["service.instance.i?".to_owned()],
        }),
        ..PrometheusReader::default()
    };
    let scoped = |scope: &str, labels: &str| {
        format!(
            "{{{labels}otel_scope_name=\"go.opentelemetry.io/collector/{scope}\",\
             otel_scope_schema_url=\"\",otel_scope_version=\"1.2.3\",\
             service_name=\"traces-collector\",service_version=\"1.2.3\"}}"
        )
    };
    let exporter = "exporter/exporterhelper";
    check(
        &options,
        &format!(
            "\
# HELP otelcol_exporter_queue_size Current size of the sending queue, in units of its sizer
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_size{} -1
# HELP otelcol_exporter_sent_spans_total Number of spans successfully sent to destination
# TYPE otelcol_exporter_sent_spans_total counter
otelcol_exporter_sent_spans_total{} 3
# HELP otelcol_process_cpu_seconds_total Total CPU user and system time in seconds
# TYPE otelcol_process_cpu_seconds_total counter
otelcol_process_cpu_seconds_total{} 0.25
# HELP otelcol_process_uptime_seconds_total Uptime of the process
# TYPE otelcol_process_uptime_seconds_total counter
otelcol_process_uptime_seconds_total{} 1.5
# HELP target_info Target metadata
# TYPE target_info gauge
target_info{{host_name=\"a\\\"b\\\\c\\nd\",service_instance_id=\"i-1\",service_name=\"traces-collector\",service_version=\"1.2.3\"}} 1
",
            scoped(exporter, "data_type=\"traces\",exporter=\"otlp\","),
            scoped(exporter, "exporter=\"otlp\","),
            scoped("service", ""),
            scoped("service", ""),
        ),
    );
}

#[test]
fn a_histogram_has_its_bounds_sum_and_count() {
    let metrics = Metrics::default();
    metrics.histogram(&metrics::BATCH_SEND_SIZE, &["batch"]).observe(12.0);
    let text = render(&metrics, &PrometheusReader::default(), &resource(), &build());
    for line in [
        "otelcol_processor_batch_batch_send_size_bucket{processor=\"batch\",le=\"10\"} 0",
        "otelcol_processor_batch_batch_send_size_bucket{processor=\"batch\",le=\"25\"} 1",
        "otelcol_processor_batch_batch_send_size_bucket{processor=\"batch\",le=\"+Inf\"} 1",
        "otelcol_processor_batch_batch_send_size_sum{processor=\"batch\"} 12",
        "otelcol_processor_batch_batch_send_size_count{processor=\"batch\"} 1",
        "promhttp_metric_handler_errors_total{cause=\"gathering\"} 0",
        "otelcol_telemetry_dropped_series 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}
