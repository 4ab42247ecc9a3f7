//! The request that is counted: server spans with ten attributes of the semantic conventions, 419 bytes
//! each, log records of an application, or data points of counters.
//!
//! Not that of `throughput`, whose changes are free: a change here makes all committed figures void.

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, InstrumentationScope, any_value::Value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric::Data,
        number_data_point,
    },
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};

use tests::otlp::samples::{number, text};

/// Server spans.
pub(crate) fn spans(items: usize) -> ExportTraceServiceRequest {
    let resource = Resource {
        attributes: vec![
            text("service.name", "checkout"),
            text("service.version", "1.24.0"),
            text("k8s.pod.name", "checkout-6d5f7c8b9d-x2x7q"),
        ],
        ..Resource::default()
    };
    let scope = InstrumentationScope {
        name: "io.opentelemetry.http".to_owned(),
        version: "2.1.0".to_owned(),
        ..InstrumentationScope::default()
    };
    let list = (0..items as u64).map(span).collect();
    let scope_spans = ScopeSpans { scope: Some(scope), spans: list, ..ScopeSpans::default() };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![scope_spans],
            ..ResourceSpans::default()
        }],
    }
}

fn span(index: u64) -> Span {
    // Ids must not repeat, or the codecs would find in them what they never find in real data.
    let id = index.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def0);
    let trace_id = [id.to_be_bytes(), id.rotate_left(29).to_be_bytes()].concat();
    let start = 1_790_000_000_000_000_000 + index * 1_234_567;
    Span {
        trace_id,
        span_id: id.rotate_left(11).to_be_bytes().to_vec(),
        parent_span_id: id.rotate_left(17).to_be_bytes().to_vec(),
        name: "GET /api/v1/orders/{id}".to_owned(),
        kind: 2,
        start_time_unix_nano: start,
        end_time_unix_nano: start + 1_000_000 + id % 90_000_000,
        attributes: vec![
            text("http.request.method", "GET"),
            text("url.scheme", "https"),
            text("url.path", &format!("/api/v1/orders/{}", id % 1_000_000)),
            text("http.route", "/api/v1/orders/{id}"),
            number("http.response.status_code", 200),
            text("server.address", "orders.shop.svc"),
            number("server.port", 8443),
            text("network.protocol.version", "2"),
            text("user_agent.original", "okhttp/4.12.0"),
            number("http.response.body.size", (id % 65_536) as i64),
        ],
        ..Span::default()
    }
}

/// Log records of an application, 300 bytes each.
pub(crate) fn logs(items: usize) -> ExportLogsServiceRequest {
    let traces = spans(0);
    let group = traces.resource_spans.into_iter().next().unwrap_or_default();
    let scope = group.scope_spans.into_iter().next().unwrap_or_default();
    let log_records = (0..items as u64).map(log_record).collect();
    let scope_logs = ScopeLogs { scope: scope.scope, log_records, ..ScopeLogs::default() };
    let resource_logs = ResourceLogs {
        resource: group.resource,
        scope_logs: vec![scope_logs],
        ..ResourceLogs::default()
    };
    ExportLogsServiceRequest { resource_logs: vec![resource_logs] }
}

fn log_record(index: u64) -> LogRecord {
    let id = index.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def0);
    let time = 1_790_000_000_000_000_000 + index * 1_234_567;
    let body = format!(
        "order {} of customer {} was placed in {} ms, payment pending",
        id % 1_000_000,
        id % 65_536,
        id % 900
    );
    LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time + 1_000_000,
        severity_number: if index.is_multiple_of(2) { 9 } else { 13 },
        severity_text: if index.is_multiple_of(2) { "INFO" } else { "WARN" }.to_owned(),
        body: Some(AnyValue { value: Some(Value::StringValue(body)) }),
        attributes: vec![
            text("http.request.method", "GET"),
            text("code.function.name", "com.shop.orders.OrderService.place"),
            text("thread.name", "http-nio-8080-exec-7"),
            number("order.items", (id % 12) as i64),
        ],
        trace_id: [id.to_be_bytes(), id.rotate_left(29).to_be_bytes()].concat(),
        span_id: id.rotate_left(11).to_be_bytes().to_vec(),
        ..LogRecord::default()
    }
}

/// Counters of a service, ten data points each.
pub(crate) fn points(items: usize) -> ExportMetricsServiceRequest {
    let group = spans(0).resource_spans.into_iter().next().unwrap_or_default();
    let scope = group.scope_spans.into_iter().next().unwrap_or_default();
    let indices: Vec<u64> = (0..items as u64).collect();
    let metrics = indices.chunks(10).map(counter).collect();
    let scope_metrics = ScopeMetrics { scope: scope.scope, metrics, ..ScopeMetrics::default() };
    let resource_metrics = ResourceMetrics {
        resource: group.resource,
        scope_metrics: vec![scope_metrics],
        ..ResourceMetrics::default()
    };
    ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] }
}

fn counter(indices: &[u64]) -> Metric {
    let data_points = indices.iter().map(|index| point(*index)).collect();
    Metric {
        name: "http.server.requests".to_owned(),
        unit: "{request}".to_owned(),
        data: Some(Data::Sum(Sum { data_points, aggregation_temporality: 2, is_monotonic: true })),
        ..Metric::default()
    }
}

fn point(index: u64) -> NumberDataPoint {
    let route = index % 10;
    NumberDataPoint {
        attributes: vec![
            text("http.request.method", "GET"),
            text("http.route", &format!("/api/v1/orders/{{id}}/items/{route}/details")),
            number("http.response.status_code", if index.is_multiple_of(2) { 200 } else { 404 }),
        ],
        start_time_unix_nano: 1_790_000_000_000_000_000,
        time_unix_nano: 1_790_000_060_000_000_000,
        value: Some(number_data_point::Value::AsInt((index * 7_919 % 1_000_000) as i64)),
        ..NumberDataPoint::default()
    }
}
