//! A short text for requests, for tests that compare what went in with what came out.
//!
//! One line per resource, scope and item (metrics: per metric and point), indented as it likes:
//! ```text
//! resource service.name=shop
//!   scope lib
//!     span "GET /" @kind=2 @status=2 http.status=200
//!     log "it works" @severity=9 retry=true
//!     sum requests @temporality=1 @monotonic=1
//!       point 3 route=a
//! ```
//! Words with spaces, and strings that look like numbers, are quoted as JSON strings. Histograms and
//! summaries, events, links and nested values are beyond it.

use bytes::Bytes;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric::Data,
        number_data_point,
    },
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status},
};
use prost::Message as _;

use crate::{otlp::decode, signal::Signal};

/// The request that a text describes.
///
/// # Errors
/// A sentence with the line that is not understood.
pub fn encode(signal: Signal, text: &str) -> Result<Bytes, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut request = Builder::default();
    for line in lines {
        let words = Line::parse(line).ok_or_else(|| format!("cannot read {line:?}"))?;
        request.add(words).ok_or_else(|| format!("{line:?} has no place here"))?;
    }
    Ok(Bytes::from(match signal {
        Signal::Traces => request.traces.encode_to_vec(),
        Signal::Metrics => request.metrics.encode_to_vec(),
        Signal::Logs => request.logs.encode_to_vec(),
    }))
}

/// The text of a payload, with two spaces of indentation per level.
///
/// # Errors
/// What prost says about bytes that are no requests.
pub fn text(signal: Signal, payload: &[Bytes]) -> Result<String, prost::DecodeError> {
    let mut out = Writer::default();
    match signal {
        Signal::Traces => {
            for group in decode::traces(payload)?.resource_spans {
                out.resource(group.resource.as_ref());
                for scope in group.scope_spans {
                    out.scope(scope.scope.as_ref());
                    scope.spans.iter().for_each(|span| out.span(span));
                }
            }
        }
        Signal::Metrics => {
            for group in decode::metrics(payload)?.resource_metrics {
                out.resource(group.resource.as_ref());
                for scope in group.scope_metrics {
                    out.scope(scope.scope.as_ref());
                    scope.metrics.iter().for_each(|metric| out.metric(metric));
                }
            }
        }
        Signal::Logs => {
            for group in decode::logs(payload)?.resource_logs {
                out.resource(group.resource.as_ref());
                for scope in group.scope_logs {
                    out.scope(scope.scope.as_ref());
                    scope.log_records.iter().for_each(|record| out.log(record));
                }
            }
        }
    }
    Ok(out.text)
}

/// The words of a line: what it is, its name or value, its numbers, its attributes.
#[derive(Default)]
struct Line {
    kind: String,
    name: Option<Value>,
    numbers: Vec<(String, i64)>,
    attributes: Vec<KeyValue>,
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let mut words = Self::default();
        for (index, word) in split_words(line)?.into_iter().enumerate() {
            let pair = (!word.starts_with('"')).then(|| word.split_once('=')).flatten();
            match pair {
                _ if index == 0 => words.kind = word,
                None => words.name = Some(parse_value(&word)?),
                Some((key, value)) => match key.strip_prefix('@') {
                    Some(key) => words.numbers.push((key.to_owned(), value.parse().ok()?)),
                    None => words.attributes.push(attribute(key, parse_value(value)?)),
                },
            }
        }
        Some(words)
    }

    fn number(&self, key: &str) -> i64 {
        self.numbers.iter().find(|(name, _)| name == key).map_or(0, |(_, value)| *value)
    }

    fn name(&self) -> String {
        self.name.as_ref().map(bare_text).unwrap_or_default()
    }
}

/// The three requests that a text could be of; each line adds to all it can belong to.
#[derive(Default)]
struct Builder {
    traces: ExportTraceServiceRequest,
    metrics: ExportMetricsServiceRequest,
    logs: ExportLogsServiceRequest,
}

impl Builder {
    fn add(&mut self, line: Line) -> Option<()> {
        match line.kind.as_str() {
            "resource" => self.add_resource(line),
            "scope" => self.add_scope(&line)?,
            "span" => self.spans()?.spans.push(span(line)),
            "log" => self.records()?.log_records.push(log_record(line)),
            "gauge" | "sum" => self.scope_metrics()?.metrics.push(metric(&line)),
            "point" => match self.scope_metrics()?.metrics.last_mut()?.data.as_mut()? {
                Data::Gauge(gauge) => gauge.data_points.push(point(line)?),
                Data::Sum(sum) => sum.data_points.push(point(line)?),
                _ => return None,
            },
            _ => return None,
        }
        Some(())
    }

    fn add_resource(&mut self, line: Line) {
        let resource = Some(Resource { attributes: line.attributes, ..Resource::default() });
        let group = ResourceSpans { resource: resource.clone(), ..ResourceSpans::default() };
        self.traces.resource_spans.push(group);
        let group = ResourceMetrics { resource: resource.clone(), ..ResourceMetrics::default() };
        self.metrics.resource_metrics.push(group);
        self.logs.resource_logs.push(ResourceLogs { resource, ..ResourceLogs::default() });
    }

    fn add_scope(&mut self, line: &Line) -> Option<()> {
        let scope = Some(InstrumentationScope {
            name: line.name(),
            attributes: line.attributes.clone(),
            ..InstrumentationScope::default()
        });
        let spans = ScopeSpans { scope: scope.clone(), ..ScopeSpans::default() };
        self.traces.resource_spans.last_mut()?.scope_spans.push(spans);
        let metrics = ScopeMetrics { scope: scope.clone(), ..ScopeMetrics::default() };
        self.metrics.resource_metrics.last_mut()?.scope_metrics.push(metrics);
        let logs = ScopeLogs { scope, ..ScopeLogs::default() };
        self.logs.resource_logs.last_mut()?.scope_logs.push(logs);
        Some(())
    }

    fn spans(&mut self) -> Option<&mut ScopeSpans> {
        self.traces.resource_spans.last_mut()?.scope_spans.last_mut()
    }

    fn records(&mut self) -> Option<&mut ScopeLogs> {
        self.logs.resource_logs.last_mut()?.scope_logs.last_mut()
    }

    fn scope_metrics(&mut self) -> Option<&mut ScopeMetrics> {
        self.metrics.resource_metrics.last_mut()?.scope_metrics.last_mut()
    }
}

fn span(line: Line) -> Span {
    let code = line.number("status") as i32;
    Span {
        name: line.name(),
        trace_id: id(line.number("trace"), 16),
        span_id: id(line.number("id"), 8),
        kind: line.number("kind") as i32,
        start_time_unix_nano: line.number("start").cast_unsigned(),
        end_time_unix_nano: line.number("end").cast_unsigned(),
        status: (code != 0).then(|| Status { code, ..Status::default() }),
        attributes: line.attributes,
        ..Span::default()
    }
}

fn log_record(line: Line) -> LogRecord {
    LogRecord {
        time_unix_nano: line.number("time").cast_unsigned(),
        severity_number: line.number("severity") as i32,
        body: line.name.map(|value| AnyValue { value: Some(value) }),
        attributes: line.attributes,
        ..LogRecord::default()
    }
}

fn metric(line: &Line) -> Metric {
    let data = if line.kind == "gauge" {
        Data::Gauge(Gauge::default())
    } else {
        Data::Sum(Sum {
            aggregation_temporality: line.number("temporality") as i32,
            is_monotonic: line.number("monotonic") != 0,
            ..Sum::default()
        })
    };
    Metric { name: line.name(), data: Some(data), ..Metric::default() }
}

fn point(line: Line) -> Option<NumberDataPoint> {
    let value = match line.name {
        Some(Value::IntValue(value)) => Some(number_data_point::Value::AsInt(value)),
        Some(Value::DoubleValue(value)) => Some(number_data_point::Value::AsDouble(value)),
        None => None,
        Some(_) => return None,
    };
    Some(NumberDataPoint {
        start_time_unix_nano: line.number("start").cast_unsigned(),
        time_unix_nano: line.number("time").cast_unsigned(),
        value,
        attributes: line.attributes,
        ..NumberDataPoint::default()
    })
}

/// Bytes that end in a number, or none for zero.
fn id(number: i64, len: usize) -> Vec<u8> {
    if number == 0 {
        return Vec::new();
    }
    let mut id = vec![0; len - 8];
    id.extend(number.to_be_bytes());
    id
}

fn number_of_id(id: &[u8]) -> i64 {
    id.last_chunk().map_or(0, |last| i64::from_be_bytes(*last))
}

/// An attribute.
#[must_use]
pub fn attribute(key: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// Splits at spaces outside of quotes.
fn split_words(line: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    for letter in line.chars() {
        match letter {
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut()?.push(letter),
        }
        is_quoted ^= letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
    }
    words.retain(|word| !word.is_empty());
    (!is_quoted).then_some(words)
}

fn parse_value(word: &str) -> Option<Value> {
    if word.starts_with('"') {
        return serde_json::from_str(word).ok().map(Value::StringValue);
    }
    Some(bare_value(word))
}

/// What a word without quotes means.
fn bare_value(word: &str) -> Value {
    let looks_like_a_number =
        word.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    match word {
        "true" => Value::BoolValue(true),
        "false" => Value::BoolValue(false),
        _ => match (word.parse(), word.parse()) {
            (Ok(value), _) => Value::IntValue(value),
            (_, Ok(value)) if looks_like_a_number => Value::DoubleValue(value),
            _ => Value::StringValue(word.to_owned()),
        },
    }
}

fn bare_text(value: &Value) -> String {
    match value {
        Value::StringValue(text) => text.clone(),
        other => written(other),
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::StringValue(text) => quoted_if_needed(text),
        Value::BoolValue(value) => value.to_string(),
        Value::IntValue(value) => value.to_string(),
        // With a point even when whole, so that it does not read as an integer.
        Value::DoubleValue(value) => format!("{value:?}"),
        other => format!("<{other:?}>"),
    }
}

fn quoted_if_needed(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text.chars().all(|letter| !letter.is_whitespace() && !"\"=@\\".contains(letter))
        && matches!(bare_value(text), Value::StringValue(_));
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[derive(Default)]
struct Writer {
    text: String,
}

impl Writer {
    fn line(&mut self, level: usize, mut words: Vec<String>, attributes: &[KeyValue]) {
        for attribute in attributes {
            let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
            let value = value.map_or_else(|| "<empty>".to_owned(), written);
            words.push(format!("{}={value}", attribute.key));
        }
        self.text.push_str(&"  ".repeat(level));
        self.text.push_str(&words.join(" "));
        self.text.push('\n');
    }

    fn resource(&mut self, resource: Option<&Resource>) {
        let attributes = resource.map_or(&[][..], |resource| &resource.attributes);
        self.line(0, vec!["resource".to_owned()], attributes);
    }

    fn scope(&mut self, scope: Option<&InstrumentationScope>) {
        let mut words = vec!["scope".to_owned()];
        words.extend(
            scope.map(|it| &it.name).filter(|it| !it.is_empty()).map(|it| quoted_if_needed(it)),
        );
        self.line(1, words, scope.map_or(&[][..], |scope| &scope.attributes));
    }

    fn span(&mut self, span: &Span) {
        let mut words = vec!["span".to_owned(), quoted_if_needed(&span.name)];
        let status = span.status.as_ref().map_or(0, |status| status.code);
        words.extend(numbers(&[
            ("trace", number_of_id(&span.trace_id)),
            ("id", number_of_id(&span.span_id)),
            ("kind", span.kind.into()),
            ("start", span.start_time_unix_nano.cast_signed()),
            ("end", span.end_time_unix_nano.cast_signed()),
            ("status", status.into()),
        ]));
        self.line(2, words, &span.attributes);
    }

    fn log(&mut self, record: &LogRecord) {
        let mut words = vec!["log".to_owned()];
        words.extend(record.body.as_ref().and_then(|body| body.value.as_ref()).map(written));
        words.extend(numbers(&[
            ("time", record.time_unix_nano.cast_signed()),
            ("severity", record.severity_number.into()),
        ]));
        self.line(2, words, &record.attributes);
    }

    fn metric(&mut self, metric: &Metric) {
        let name = quoted_if_needed(&metric.name);
        let (kind, extra, points) = match &metric.data {
            Some(Data::Gauge(gauge)) => ("gauge", Vec::new(), &gauge.data_points[..]),
            Some(Data::Sum(sum)) => {
                let extra = numbers(&[
                    ("temporality", sum.aggregation_temporality.into()),
                    ("monotonic", sum.is_monotonic.into()),
                ]);
                ("sum", extra, &sum.data_points[..])
            }
            other => ("metric", vec![format!("<{other:?}>")], &[][..]),
        };
        self.line(2, [vec![kind.to_owned(), name], extra].concat(), &[]);
        for point in points {
            let mut words = vec!["point".to_owned()];
            words.extend(point.value.as_ref().map(|value| match value {
                number_data_point::Value::AsInt(value) => value.to_string(),
                number_data_point::Value::AsDouble(value) => format!("{value:?}"),
            }));
            words.extend(numbers(&[
                ("start", point.start_time_unix_nano.cast_signed()),
                ("time", point.time_unix_nano.cast_signed()),
            ]));
            self.line(3, words, &point.attributes);
        }
    }
}

/// The numbers that are not zero.
fn numbers(numbers: &[(&str, i64)]) -> Vec<String> {
    let set = numbers.iter().filter(|(_, value)| *value != 0);
    set.map(|(key, value)| format!("@{key}={value}")).collect()
}

#[cfg(test)]
mod tests;
