//! The telemetry itself: a shop's order service.

use common::signal::Signal;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
        metric::Data, number_data_point,
    },
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message as _;
use tests::otlp::samples::{number, text};

use super::Shape;
use crate::walk::{DIGITS, MARK};

/// Data points of one metric: routes times status codes.
const POINTS: usize = 20;

/// The variant of that number, encoded.
pub(super) fn request(shape: &Shape, variant: usize) -> Vec<u8> {
    let begin = variant as u64 * shape.items as u64;
    let ids = begin..begin + shape.items as u64;
    let scope = Some(InstrumentationScope {
        name: "io.opentelemetry.http".to_owned(),
        version: "2.1.0".to_owned(),
        ..InstrumentationScope::default()
    });
    let resource = Some(resource(variant));
    match shape.signal {
        Signal::Traces => {
            let spans = ids.map(|id| span(id, shape.padding)).collect();
            let scope_spans = vec![ScopeSpans { scope, spans, ..ScopeSpans::default() }];
            let group = ResourceSpans { resource, scope_spans, ..ResourceSpans::default() };
            ExportTraceServiceRequest { resource_spans: vec![group] }.encode_to_vec()
        }
        Signal::Logs => {
            let log_records = ids.map(|id| log_record(id, shape.padding)).collect();
            let scope_logs = vec![ScopeLogs { scope, log_records, ..ScopeLogs::default() }];
            let group = ResourceLogs { resource, scope_logs, ..ResourceLogs::default() };
            ExportLogsServiceRequest { resource_logs: vec![group] }.encode_to_vec()
        }
        Signal::Metrics => {
            let ids: Vec<u64> = ids.collect();
            let metrics = ids.chunks(POINTS).map(|ids| metric(ids, shape.padding)).collect();
            let scope_metrics = vec![ScopeMetrics { scope, metrics, ..ScopeMetrics::default() }];
            let group = ResourceMetrics { resource, scope_metrics, ..ResourceMetrics::default() };
            ExportMetricsServiceRequest { resource_metrics: vec![group] }.encode_to_vec()
        }
    }
}

fn resource(variant: usize) -> Resource {
    let attributes = vec![
        text("service.name", "checkout"),
        text("service.version", "1.24.0"),
        text("service.instance.id", &format!("{MARK}{variant:0DIGITS$}")),
        text("k8s.pod.name", "checkout-6d5f7c8b9d-x2x7q"),
    ];
    Resource { attributes, ..Resource::default() }
}

/// Ids must not repeat, or the codecs would find in them what they never find in real data.
fn scramble(id: u64) -> u64 {
    let id = id.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (id ^ id >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

const fn time(id: u64) -> u64 {
    1_790_000_000_000_000_000 + id * 1_234_567
}

fn trace_id(random: u64) -> Vec<u8> {
    [random.to_be_bytes(), scramble(random).to_be_bytes()].concat()
}

fn span(id: u64, padding: usize) -> Span {
    let random = scramble(id);
    let mut attributes = vec![
        text("http.request.method", "GET"),
        text("url.scheme", "https"),
        text("url.path", &format!("/api/v1/orders/{}", 100_000 + random % 900_000)),
        text("http.route", "/api/v1/orders/{id}"),
        number("http.response.status_code", if id.is_multiple_of(2) { 200 } else { 404 }),
        text("server.address", "orders.shop.svc"),
        number("server.port", 8443),
        text("network.protocol.version", "2"),
        text("user_agent.original", "okhttp/4.12.0 (jvm 21)"),
        number("http.response.body.size", 16_384 + (random % 49_152) as i64),
    ];
    pad(&mut attributes, padding);
    Span {
        trace_id: trace_id(random),
        span_id: random.rotate_left(11).to_be_bytes().to_vec(),
        parent_span_id: random.rotate_left(17).to_be_bytes().to_vec(),
        name: "GET /api/v1/orders/{id}".to_owned(),
        kind: 2,
        start_time_unix_nano: time(id),
        end_time_unix_nano: time(id) + 1_000_000 + random % 90_000_000,
        attributes,
        ..Span::default()
    }
}

fn log_record(id: u64, padding: usize) -> LogRecord {
    let random = scramble(id);
    let body = format!(
        "order {} of customer {} placed in {} ms, payment pending",
        100_000 + random % 900_000,
        10_000 + random % 90_000,
        100 + random % 900
    );
    let mut attributes = vec![
        text("http.request.method", "GET"),
        text("code.function.name", "com.shop.orders.OrderService.place"),
        text("thread.name", "http-nio-0.0.0.0-8080-exec-17"),
        number("order.items", (random % 12) as i64),
    ];
    pad(&mut attributes, padding);
    LogRecord {
        time_unix_nano: time(id),
        observed_time_unix_nano: time(id) + 1_000_000,
        severity_number: if id.is_multiple_of(2) { 9 } else { 13 },
        severity_text: if id.is_multiple_of(2) { "INFO" } else { "WARN" }.to_owned(),
        body: Some(AnyValue { value: Some(Value::StringValue(body)) }),
        attributes,
        trace_id: trace_id(random),
        span_id: random.rotate_left(11).to_be_bytes().to_vec(),
        ..LogRecord::default()
    }
}

/// Three counters to one histogram, as an instrumented service has them.
fn metric(ids: &[u64], padding: usize) -> Metric {
    let group = ids.first().copied().unwrap_or_default() / POINTS as u64;
    let data = if group % 4 == 3 {
        let data_points = ids.iter().map(|id| distribution(*id, padding)).collect();
        Data::Histogram(Histogram { data_points, aggregation_temporality: 2 })
    } else {
        let data_points = ids.iter().map(|id| count(*id, padding)).collect();
        Data::Sum(Sum { data_points, aggregation_temporality: 2, is_monotonic: true })
    };
    let (name, unit) = match group % 4 {
        0 => ("http.server.requests", "{request}"),
        1 => ("http.server.request.body.size", "By"),
        2 => ("http.server.response.body.size", "By"),
        _ => ("http.server.request.duration", "s"),
    };
    Metric { name: name.to_owned(), unit: unit.to_owned(), data: Some(data), ..Metric::default() }
}

fn labels(id: u64, padding: usize) -> Vec<KeyValue> {
    let route = id % 10;
    let mut attributes = vec![
        text("http.request.method", "GET"),
        text("http.route", &format!("/api/v1/orders/{{id}}/items/{route}/details")),
        number("http.response.status_code", if id.is_multiple_of(2) { 200 } else { 404 }),
    ];
    pad(&mut attributes, padding);
    attributes
}

fn count(id: u64, padding: usize) -> NumberDataPoint {
    NumberDataPoint {
        attributes: labels(id, padding),
        start_time_unix_nano: time(0),
        time_unix_nano: time(id),
        value: Some(number_data_point::Value::AsInt((scramble(id) % 1_000_000) as i64)),
        ..NumberDataPoint::default()
    }
}

fn distribution(id: u64, padding: usize) -> HistogramDataPoint {
    let random = scramble(id);
    let bucket_counts: Vec<u64> =
        (0..10).map(|bucket| random.rotate_left(bucket * 6) % 90).collect();
    HistogramDataPoint {
        attributes: labels(id, padding),
        start_time_unix_nano: time(0),
        time_unix_nano: time(id),
        count: bucket_counts.iter().sum(),
        sum: Some((random % 100_000) as f64 / 1_000.0),
        bucket_counts,
        explicit_bounds: vec![0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5],
        ..HistogramDataPoint::default()
    }
}

fn pad(attributes: &mut Vec<KeyValue>, padding: usize) {
    if padding > 0 {
        let query: String = "select * from orders; ".chars().cycle().take(padding).collect();
        attributes.push(text("db.query.text", &query));
    }
}
