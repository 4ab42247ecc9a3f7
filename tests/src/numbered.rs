//! Telemetry as an application sends it, numbered so that whoever receives it can say what is missing.
//!
//! Item n of each signal tells of one made-up request: its span, its log record, and a point of the
//! histogram of durations with the span as its exemplar. So it can also be followed from one backend to
//! the next.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use bytes::Bytes;
use common::signal::Signal;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        Exemplar, Histogram, HistogramDataPoint, Metric, ResourceMetrics, ScopeMetrics,
        exemplar::Value as Measured, metric::Data,
    },
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status},
};
use prost::Message as _;

use crate::{
    chaos::{items::Altered, load::Requests},
    otlp::{
        self,
        samples::{self, text},
    },
};

/// The `service.name` of numbered telemetry.
pub const SERVICE: &str = "telemetry-load";

const MILLISECOND: u64 = 1_000_000;
const FAST: u64 = 25;
const SLOW: u64 = 600;
/// One request of so many is slow, and fails.
const SLOW_EVERY: u64 = 20;
/// In seconds.
const BOUNDS: [f64; 4] = [0.05, 0.1, 0.5, 1.0];
const CUMULATIVE: i32 = 2;
const ERROR: i32 = 2;

/// The numbered telemetry of one source, of one signal.
#[derive(Debug)]
pub struct Numbered {
    signal: Signal,
    source: String,
    /// Milliseconds: no two items have the same, because Prometheus takes one point of a series for each.
    last_time: AtomicU64,
}

impl Numbered {
    /// The items of a source.
    #[must_use]
    pub fn new(signal: Signal, source: &str) -> Self {
        Self { signal, source: source.to_owned(), last_time: AtomicU64::new(0) }
    }

    fn first_time(&self, count: u64) -> u64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_millis()).unwrap_or(0);
        let next = |last: u64| (last + count).max(now);
        let last = self
            .last_time
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        (next(last.unwrap_or_else(|last| last)) - count + 1) * MILLISECOND
    }
}

impl Requests for Numbered {
    fn signal(&self) -> Signal {
        self.signal
    }

    fn request(&self, numbers: Range<u64>) -> Bytes {
        let first = self.first_time(numbers.end - numbers.start);
        let timed = numbers.zip((first..).step_by(1_000_000));
        let (source, resource, scope) = (self.source.as_str(), resource(&self.source), scope());
        match self.signal {
            Signal::Traces => {
                let spans = timed.map(|(number, time)| span(source, number, time)).collect();
                let scope_spans = vec![ScopeSpans { scope, spans, ..ScopeSpans::default() }];
                let group = ResourceSpans { resource, scope_spans, ..ResourceSpans::default() };
                ExportTraceServiceRequest { resource_spans: vec![group] }.encode_to_vec().into()
            }
            Signal::Metrics => {
                let points = timed.map(|(number, time)| point(source, number, time)).collect();
                let metrics = vec![metric(points)];
                let scope_metrics =
                    vec![ScopeMetrics { scope, metrics, ..ScopeMetrics::default() }];
                let group = ResourceMetrics { resource, scope_metrics, ..Default::default() };
                ExportMetricsServiceRequest { resource_metrics: vec![group] }.encode_to_vec().into()
            }
            Signal::Logs => {
                let records = timed.map(|(number, time)| record(source, number, time)).collect();
                let logs = ScopeLogs { scope, log_records: records, ..ScopeLogs::default() };
                let scope_logs = vec![logs];
                let group = ResourceLogs { resource, scope_logs, ..ResourceLogs::default() };
                ExportLogsServiceRequest { resource_logs: vec![group] }.encode_to_vec().into()
            }
        }
    }
}

/// What is in one export request.
#[derive(Debug, Default)]
pub struct Sorted {
    /// The sources of numbered items, and the numbers.
    pub numbered: Vec<(String, Vec<Result<u64, Altered>>)>,
    /// All other items as texts, as [`otlp::items`] tells them.
    pub others: Vec<String>,
}

/// Tells numbered items from others.
///
/// # Panics
/// On bytes that are no request of that signal.
#[must_use]
pub fn sort(signal: Signal, request: &[u8]) -> Sorted {
    match signal {
        Signal::Traces => {
            let mut request: ExportTraceServiceRequest = otlp::decode(request);
            let (groups, others) = split(request.resource_spans, |group| group.resource.as_ref());
            request.resource_spans = others;
            let items = |group: ResourceSpans| {
                group.scope_spans.into_iter().flat_map(|scope| scope.spans).collect()
            };
            let numbered = read(groups, items, |source, item: &Span| {
                let number = number_of(&item.span_id)?;
                (span(source, number, item.end_time_unix_nano) == *item).then_some(number)
            });
            Sorted { numbered, others: otlp::items(signal, &[request.encode_to_vec()]) }
        }
        Signal::Metrics => {
            let mut request: ExportMetricsServiceRequest = otlp::decode(request);
            let (groups, others) = split(request.resource_metrics, |group| group.resource.as_ref());
            request.resource_metrics = others;
            let numbered = read(groups, points_of, |source, item: &HistogramDataPoint| {
                let number = item.count.checked_sub(1)?;
                (point(source, number, item.time_unix_nano) == *item).then_some(number)
            });
            Sorted { numbered, others: otlp::items(signal, &[request.encode_to_vec()]) }
        }
        Signal::Logs => {
            let mut request: ExportLogsServiceRequest = otlp::decode(request);
            let (groups, others) = split(request.resource_logs, |group| group.resource.as_ref());
            request.resource_logs = others;
            let items = |group: ResourceLogs| {
                group.scope_logs.into_iter().flat_map(|scope| scope.log_records).collect()
            };
            let numbered = read(groups, items, |source, item: &LogRecord| {
                let number = number_of(&item.span_id)?;
                (record(source, number, item.time_unix_nano) == *item).then_some(number)
            });
            Sorted { numbered, others: otlp::items(signal, &[request.encode_to_vec()]) }
        }
    }
}

/// The groups of numbered items with their source, and the others.
fn split<G>(groups: Vec<G>, resource: fn(&G) -> Option<&Resource>) -> (Vec<(String, G)>, Vec<G>) {
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    for group in groups {
        match source_of(resource(&group)) {
            Some(source) => ours.push((source, group)),
            None => others.push(group),
        }
    }
    (ours, others)
}

fn read<G, I>(
    groups: Vec<(String, G)>,
    items: impl Fn(G) -> Vec<I>,
    number: impl Fn(&str, &I) -> Option<u64>,
) -> Vec<(String, Vec<Result<u64, Altered>>)> {
    let numbers = |(source, group): (String, G)| {
        let items = items(group);
        let numbers = items.iter().map(|item| number(&source, item).ok_or(Altered)).collect();
        (source, numbers)
    };
    groups.into_iter().map(numbers).collect()
}

fn points_of(group: ResourceMetrics) -> Vec<HistogramDataPoint> {
    let metrics = group.scope_metrics.into_iter().flat_map(|scope| scope.metrics);
    let points = |metric: Metric| match metric.data {
        Some(Data::Histogram(histogram)) => histogram.data_points,
        _ => Vec::new(),
    };
    metrics.flat_map(points).collect()
}

fn source_of(resource: Option<&Resource>) -> Option<String> {
    let text = |key: &str| {
        let found = resource?.attributes.iter().find(|attribute| attribute.key == key)?;
        match found.value.as_ref()?.value.as_ref()? {
            Value::StringValue(text) => Some(text.clone()),
            _ => None,
        }
    };
    text("service.name").filter(|name| name == SERVICE).and_then(|_| text("service.instance.id"))
}

fn resource(source: &str) -> Option<Resource> {
    let attributes = vec![text("service.name", SERVICE), text("service.instance.id", source)];
    Some(Resource { attributes, ..Resource::default() })
}

fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope { name: SERVICE.to_owned(), ..InstrumentationScope::default() })
}

// What is sorted may be altered: numbers and times may be any, and what is made of them must not overflow.
fn span(source: &str, number: u64, end: u64) -> Span {
    let is_slow = is_slow(number);
    Span {
        trace_id: trace_id(source, number),
        span_id: span_id(number),
        name: "GET /numbered".to_owned(),
        kind: 2,
        start_time_unix_nano: end.wrapping_sub(duration(number) * MILLISECOND),
        end_time_unix_nano: end,
        attributes: attributes(number),
        status: is_slow.then(|| Status { code: ERROR, message: "too slow".to_owned() }),
        ..Span::default()
    }
}

fn record(source: &str, number: u64, time: u64) -> LogRecord {
    let (severity_number, severity_text) =
        if is_slow(number) { (17, "ERROR") } else { (9, "INFO") };
    let body = format!("request {number} took {} ms", duration(number));
    LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time,
        severity_number,
        severity_text: severity_text.to_owned(),
        body: Some(AnyValue { value: Some(Value::StringValue(body)) }),
        attributes: attributes(number),
        trace_id: trace_id(source, number),
        span_id: span_id(number),
        ..LogRecord::default()
    }
}

fn metric(data_points: Vec<HistogramDataPoint>) -> Metric {
    let histogram = Histogram { data_points, aggregation_temporality: CUMULATIVE };
    Metric {
        name: "http.server.request.duration".to_owned(),
        unit: "s".to_owned(),
        data: Some(Data::Histogram(histogram)),
        ..Metric::default()
    }
}

/// The histogram after so many requests and one.
fn point(source: &str, number: u64, time: u64) -> HistogramDataPoint {
    let count = number + 1;
    let slow = count / SLOW_EVERY;
    let millis = (count - slow).saturating_mul(FAST).saturating_add(slow.saturating_mul(SLOW));
    let exemplar = Exemplar {
        time_unix_nano: time,
        trace_id: trace_id(source, number),
        span_id: span_id(number),
        value: Some(Measured::AsDouble(duration(number) as f64 / 1_000.0)),
        ..Exemplar::default()
    };
    HistogramDataPoint {
        attributes: vec![text("http.route", "/numbered")],
        time_unix_nano: time,
        count,
        sum: Some(millis as f64 / 1_000.0),
        bucket_counts: vec![count - slow, 0, 0, slow, 0],
        explicit_bounds: BOUNDS.to_vec(),
        exemplars: vec![exemplar],
        ..HistogramDataPoint::default()
    }
}

fn attributes(number: u64) -> Vec<KeyValue> {
    let status = if is_slow(number) { 504 } else { 200 };
    vec![text("http.route", "/numbered"), samples::number("http.response.status_code", status)]
}

const fn is_slow(number: u64) -> bool {
    (number + 1).is_multiple_of(SLOW_EVERY)
}

/// In milliseconds.
const fn duration(number: u64) -> u64 {
    if is_slow(number) { SLOW } else { FAST }
}

fn trace_id(source: &str, number: u64) -> Vec<u8> {
    let mut hasher = DefaultHasher::new();
    source.hash(&mut hasher);
    [hasher.finish().to_be_bytes(), number.to_be_bytes()].concat()
}

/// One above the number, since an id of zeros is none.
fn span_id(number: u64) -> Vec<u8> {
    (number + 1).to_be_bytes().to_vec()
}

fn number_of(span_id: &[u8]) -> Option<u64> {
    u64::from_be_bytes(span_id.try_into().ok()?).checked_sub(1)
}
