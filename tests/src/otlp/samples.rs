//! Requests to send.

use bytes::Bytes;
use common::signal::Signal;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{
        AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value::Value,
    },
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
        HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
        SummaryDataPoint, exemplar, exponential_histogram_data_point::Buckets, metric::Data,
        number_data_point, summary_data_point::ValueAtQuantile,
    },
    resource::v1::Resource,
    trace::v1::{
        ResourceSpans, ScopeSpans, Span, Status,
        span::{Event, Link},
    },
};
use prost::Message as _;

const TIME: u64 = 1_700_000_000_000_000_000;
const SCHEMA: &str = "https://opentelemetry.io/schemas/1.26.0";

/// An encoded request of so many items.
#[must_use]
pub fn request(signal: Signal, items: usize) -> Bytes {
    let numbers = 0..items as u64;
    match signal {
        Signal::Traces => traces(numbers.map(span).collect()).encode_to_vec(),
        Signal::Metrics => metrics(numbers.map(gauge).collect()).encode_to_vec(),
        Signal::Logs => logs(numbers.map(record).collect()).encode_to_vec(),
    }
    .into()
}

/// An encoded request with one item of about so many bytes.
#[must_use]
pub fn request_of_size(signal: Signal, bytes: usize) -> Bytes {
    let blob = text("blob", &"x".repeat(bytes));
    match signal {
        Signal::Traces => traces(vec![Span { attributes: vec![blob], ..span(1) }]).encode_to_vec(),
        Signal::Logs => {
            logs(vec![LogRecord { attributes: vec![blob], ..record(1) }]).encode_to_vec()
        }
        Signal::Metrics => {
            metrics(vec![Metric { metadata: vec![blob], ..gauge(1) }]).encode_to_vec()
        }
    }
    .into()
}

/// An encoded request that uses every field of its signal.
#[must_use]
pub fn rich(signal: Signal) -> Bytes {
    match signal {
        Signal::Traces => traces(vec![rich_span(1), rich_span(2)]).encode_to_vec(),
        Signal::Metrics => metrics(every_metric_kind()).encode_to_vec(),
        Signal::Logs => logs(vec![rich_record(1), record(2)]).encode_to_vec(),
    }
    .into()
}

/// A resource with a service name.
#[must_use]
pub fn resource(service: &str) -> Resource {
    Resource { attributes: vec![text("service.name", service)], ..Resource::default() }
}

/// A plain span.
#[must_use]
pub fn span(number: u64) -> Span {
    Span {
        trace_id: [[0xAB; 8], (number + 1).to_be_bytes()].concat(),
        span_id: (number + 1).to_be_bytes().to_vec(),
        name: format!("span-{number}"),
        kind: 2,
        start_time_unix_nano: TIME,
        end_time_unix_nano: TIME + number + 1,
        attributes: vec![attribute("number", Value::IntValue(number as i64))],
        ..Span::default()
    }
}

/// A plain log record.
#[must_use]
pub fn record(number: u64) -> LogRecord {
    LogRecord {
        time_unix_nano: TIME + number,
        observed_time_unix_nano: TIME + number + 1,
        severity_number: 9,
        severity_text: "INFO".to_owned(),
        body: Some(AnyValue { value: Some(Value::StringValue(format!("record {number}"))) }),
        ..LogRecord::default()
    }
}

/// A gauge with one data point.
#[must_use]
pub fn gauge(number: u64) -> Metric {
    let data_points = vec![NumberDataPoint {
        attributes: vec![attribute("number", Value::IntValue(number as i64))],
        time_unix_nano: TIME,
        value: Some(number_data_point::Value::AsDouble(number as f64 / 4.0)),
        ..NumberDataPoint::default()
    }];
    Metric { data: Some(Data::Gauge(Gauge { data_points })), ..metric("gauge") }
}

/// A value nested so many levels deep, maps and lists in turn.
#[must_use]
pub fn nested(levels: usize) -> Value {
    (0..levels).fold(Value::StringValue("bottom".to_owned()), |inner, level| {
        if level % 2 == 0 {
            Value::KvlistValue(KeyValueList { values: vec![attribute("deeper", inner)] })
        } else {
            Value::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(inner) }] })
        }
    })
}

/// An attribute.
#[must_use]
pub fn attribute(key: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// An attribute that is a text.
#[must_use]
pub fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

/// An attribute that is a number.
#[must_use]
pub fn number(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn traces(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope_spans =
        vec![ScopeSpans { scope: Some(scope()), spans, schema_url: SCHEMA.to_owned() }];
    let resource_spans = vec![ResourceSpans {
        resource: Some(resource("checkout")),
        scope_spans,
        schema_url: SCHEMA.to_owned(),
    }];
    ExportTraceServiceRequest { resource_spans }
}

fn metrics(metrics: Vec<Metric>) -> ExportMetricsServiceRequest {
    let scope_metrics =
        vec![ScopeMetrics { scope: Some(scope()), metrics, schema_url: SCHEMA.to_owned() }];
    let resource_metrics = vec![ResourceMetrics {
        resource: Some(resource("checkout")),
        scope_metrics,
        schema_url: SCHEMA.to_owned(),
    }];
    ExportMetricsServiceRequest { resource_metrics }
}

fn logs(log_records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    let scope_logs =
        vec![ScopeLogs { scope: Some(scope()), log_records, schema_url: SCHEMA.to_owned() }];
    let resource_logs = vec![ResourceLogs {
        resource: Some(resource("checkout")),
        scope_logs,
        schema_url: SCHEMA.to_owned(),
    }];
    ExportLogsServiceRequest { resource_logs }
}

fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "shop".to_owned(),
        version: "1.2.3".to_owned(),
        attributes: vec![text("scope.kind", "manual")],
        dropped_attributes_count: 1,
    }
}

fn every_value() -> Vec<KeyValue> {
    vec![
        text("text", "täxt \u{1F980} \"quoted\"\n"),
        text("empty", ""),
        attribute("bool", Value::BoolValue(true)),
        number("int", i64::MIN),
        attribute("double", Value::DoubleValue(0.1)),
        attribute("infinite", Value::DoubleValue(f64::NEG_INFINITY)),
        attribute("bytes", Value::BytesValue(vec![0, 1, 254, 255])),
        attribute("nested", nested(20)),
        KeyValue {
            key: "unset".to_owned(),
            value: Some(AnyValue { value: None }),
            ..KeyValue::default()
        },
    ]
}

fn rich_span(number: u64) -> Span {
    let event = Event {
        time_unix_nano: TIME + 1,
        name: "exception".to_owned(),
        attributes: every_value(),
        dropped_attributes_count: 2,
    };
    let link = Link {
        trace_id: vec![7; 16],
        span_id: vec![8; 8],
        trace_state: "vendor=1".to_owned(),
        attributes: every_value(),
        dropped_attributes_count: 3,
        flags: 0x301,
    };
    Span {
        trace_state: "a=b,c=d".to_owned(),
        parent_span_id: vec![9; 8],
        flags: 0x101,
        attributes: every_value(),
        dropped_attributes_count: 4,
        events: vec![event.clone(), event],
        dropped_events_count: 5,
        links: vec![link],
        dropped_links_count: 6,
        status: Some(Status { message: "went wrong".to_owned(), code: 2 }),
        ..span(number)
    }
}

fn rich_record(number: u64) -> LogRecord {
    LogRecord {
        body: Some(AnyValue { value: Some(nested(20)) }),
        attributes: every_value(),
        dropped_attributes_count: 2,
        flags: 1,
        trace_id: vec![7; 16],
        span_id: vec![8; 8],
        event_name: "checkout.failed".to_owned(),
        ..record(number)
    }
}

fn every_metric_kind() -> Vec<Metric> {
    let sum = Sum {
        data_points: vec![number_point(1), number_point(2)],
        aggregation_temporality: 2,
        is_monotonic: true,
    };
    let histogram = Histogram { data_points: vec![histogram_point()], aggregation_temporality: 1 };
    let exponential =
        ExponentialHistogram { data_points: vec![exponential_point()], aggregation_temporality: 2 };
    let summary = Summary { data_points: vec![summary_point()] };
    let gauge = Gauge { data_points: vec![number_point(3)] };
    [
        Data::Gauge(gauge),
        Data::Sum(sum),
        Data::Histogram(histogram),
        Data::ExponentialHistogram(exponential),
        Data::Summary(summary),
    ]
    .into_iter()
    .map(|data| Metric { data: Some(data), metadata: every_value(), ..metric("rich") })
    .collect()
}

fn metric(name: &str) -> Metric {
    Metric {
        name: name.to_owned(),
        description: "made for a test".to_owned(),
        unit: "By".to_owned(),
        ..Metric::default()
    }
}

fn number_point(number: i64) -> NumberDataPoint {
    NumberDataPoint {
        attributes: every_value(),
        start_time_unix_nano: TIME,
        time_unix_nano: TIME + 1,
        exemplars: vec![exemplar()],
        flags: 1,
        value: Some(number_data_point::Value::AsInt(-number)),
    }
}

fn exemplar() -> Exemplar {
    Exemplar {
        filtered_attributes: every_value(),
        time_unix_nano: TIME + 1,
        span_id: vec![8; 8],
        trace_id: vec![7; 16],
        value: Some(exemplar::Value::AsDouble(2.5)),
    }
}

fn histogram_point() -> HistogramDataPoint {
    HistogramDataPoint {
        attributes: every_value(),
        start_time_unix_nano: TIME,
        time_unix_nano: TIME + 1,
        count: 6,
        sum: Some(12.5),
        bucket_counts: vec![1, 2, 3],
        explicit_bounds: vec![1.0, 10.0],
        exemplars: vec![exemplar()],
        flags: 0,
        min: Some(0.0),
        max: Some(11.0),
    }
}

fn exponential_point() -> ExponentialHistogramDataPoint {
    ExponentialHistogramDataPoint {
        attributes: every_value(),
        start_time_unix_nano: TIME,
        time_unix_nano: TIME + 1,
        count: 9,
        sum: Some(3.5),
        scale: -2,
        zero_count: 1,
        positive: Some(Buckets { offset: -3, bucket_counts: vec![1, 0, 300] }),
        negative: Some(Buckets { offset: 4, bucket_counts: vec![2] }),
        flags: 0,
        exemplars: vec![exemplar()],
        min: Some(-1.0),
        max: Some(8.0),
        zero_threshold: 1e-9,
    }
}

fn summary_point() -> SummaryDataPoint {
    SummaryDataPoint {
        attributes: every_value(),
        start_time_unix_nano: TIME,
        time_unix_nano: TIME + 1,
        count: 4,
        sum: 10.0,
        quantile_values: vec![ValueAtQuantile { quantile: 0.99, value: 4.0 }],
        flags: 0,
    }
}
