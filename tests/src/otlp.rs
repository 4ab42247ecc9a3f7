//! Requests to send, and a reading of what arrived that does not depend on how it was packed.

pub mod samples;
pub mod status;

use bytes::{BufMut as _, Bytes};
use common::signal::Signal;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest,
        metrics::v1::ExportMetricsServiceRequest,
        trace::v1::{
            ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
        },
    },
    common::v1::{AnyValue, KeyValue, any_value::Value},
    metrics::v1::{Metric, metric::Data},
};
use prost::Message;

/// The signal whose gRPC method this is, or whose HTTP path below any prefix.
#[must_use]
pub fn signal_of_path(path: &str) -> Option<Signal> {
    let is_of = |signal: &Signal| path == signal.grpc_path() || path.ends_with(signal.http_path());
    Signal::ALL.into_iter().find(is_of)
}

/// Every item of some requests with its resource and scope as one text, sorted.
///
/// Two lists are equal exactly if the same items arrived, however they were split, merged and
/// ordered, and whatever the order of their attributes.
///
/// # Panics
/// On bytes that are no request of that signal.
#[must_use]
pub fn items(signal: Signal, requests: &[impl AsRef<[u8]>]) -> Vec<String> {
    let mut items = Vec::new();
    for request in requests {
        match signal {
            Signal::Traces => spans(&decode(request.as_ref()), &mut items),
            Signal::Metrics => points(&decode(request.as_ref()), &mut items),
            Signal::Logs => records(&decode(request.as_ref()), &mut items),
        }
    }
    items.sort();
    items
}

/// Fails with the first difference if two lists of items are not the same.
///
/// # Panics
/// On a difference.
pub fn assert_same(expected: &[String], arrived: &[String]) {
    for (expected, arrived) in expected.iter().zip(arrived) {
        assert_eq!(expected, arrived, "an item arrived changed");
    }
    assert_eq!(expected.len(), arrived.len(), "items are missing or doubled");
}

/// Reads one message with prost, as an independent check of what the product writes.
///
/// # Panics
/// On bytes that are no such message.
#[must_use]
pub fn decode<M: Message + Default>(bytes: &[u8]) -> M {
    #[allow(clippy::disallowed_methods, reason = "a second opinion on the product's own reading")]
    M::decode(bytes).expect("the bytes are no such message")
}

/// A field that no OTLP version has, holding this text.
#[must_use]
pub fn unknown_field(marker: &str) -> Bytes {
    const NUMBER: u64 = 4_321;
    let mut field = Vec::new();
    prost::encoding::encode_varint(NUMBER << 3 | 2, &mut field);
    prost::encoding::encode_varint(marker.len() as u64, &mut field);
    field.put_slice(marker.as_bytes());
    field.into()
}

/// One request of one span that carries an unknown field on each level, and the fields' texts.
#[must_use]
pub fn span_with_unknown_fields() -> (Bytes, [&'static str; 5]) {
    let markers = ["in-request", "in-resource-spans", "in-resource", "in-scope-spans", "in-span"];
    let message = |content: &[u8], marker: &str| {
        let mut bytes = content.to_vec();
        bytes.extend_from_slice(&unknown_field(marker));
        bytes
    };
    let nested = |number: u64, content: &[u8]| {
        let mut bytes = Vec::new();
        prost::encoding::encode_varint(number << 3 | 2, &mut bytes);
        prost::encoding::encode_varint(content.len() as u64, &mut bytes);
        bytes.extend_from_slice(content);
        bytes
    };
    let span = message(&samples::span(1).encode_to_vec(), markers[4]);
    let scope_spans = message(&nested(2, &span), markers[3]);
    let resource = message(&samples::resource("unknown-fields").encode_to_vec(), markers[2]);
    let both = [nested(1, &resource), nested(2, &scope_spans)].concat();
    let resource_spans = message(&both, markers[1]);
    (message(&nested(1, &resource_spans), markers[0]).into(), markers)
}

/// An export response that refuses some items; the same bytes for each signal.
#[must_use]
pub fn partial_success(rejected: i64, message: &str) -> Vec<u8> {
    let partial_success = Some(ExportTracePartialSuccess {
        rejected_spans: rejected,
        error_message: message.to_owned(),
    });
    ExportTraceServiceResponse { partial_success }.encode_to_vec()
}

/// The refused items and the message of an export response; the same fields for each signal.
#[must_use]
pub fn partial_success_of(response: &[u8]) -> (i64, String) {
    let response: ExportTraceServiceResponse = decode(response);
    let partial = response.partial_success.unwrap_or_default();
    (partial.rejected_spans, partial.error_message)
}

/// The requests in a file that the `file` exporter wrote with `format: proto`.
///
/// # Panics
/// If the file ends inside a record.
#[must_use]
pub fn records_of_file(mut bytes: &[u8]) -> Vec<Bytes> {
    let mut records = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let (record, rest) = rest.split_at_checked(length).expect("the file ends in a record");
        records.push(Bytes::copy_from_slice(record));
        bytes = rest;
    }
    records
}

fn spans(request: &ExportTraceServiceRequest, items: &mut Vec<String>) {
    for group in &request.resource_spans {
        let resource = resource_text(group.resource.clone(), &group.schema_url);
        for block in &group.scope_spans {
            let scope = scope_text(block.scope.clone(), &block.schema_url);
            for span in &block.spans {
                let mut span = span.clone();
                sort(&mut span.attributes);
                span.events.iter_mut().for_each(|event| sort(&mut event.attributes));
                span.links.iter_mut().for_each(|link| sort(&mut link.attributes));
                span.status.get_or_insert_default();
                items.push(format!("{span:?} in {scope} in {resource}"));
            }
        }
    }
}

fn points(request: &ExportMetricsServiceRequest, items: &mut Vec<String>) {
    for group in &request.resource_metrics {
        let resource = resource_text(group.resource.clone(), &group.schema_url);
        for block in &group.scope_metrics {
            let scope = scope_text(block.scope.clone(), &block.schema_url);
            for metric in &block.metrics {
                for point in single_points(metric) {
                    items.push(format!("{point:?} in {scope} in {resource}"));
                }
            }
        }
    }
}

fn records(request: &ExportLogsServiceRequest, items: &mut Vec<String>) {
    for group in &request.resource_logs {
        let resource = resource_text(group.resource.clone(), &group.schema_url);
        for block in &group.scope_logs {
            let scope = scope_text(block.scope.clone(), &block.schema_url);
            for record in &block.log_records {
                let mut record = record.clone();
                sort(&mut record.attributes);
                record.body.iter_mut().for_each(sort_value);
                items.push(format!("{record:?} in {scope} in {resource}"));
            }
        }
    }
}

/// The metric once per data point, each with that point only.
fn single_points(metric: &Metric) -> Vec<Metric> {
    macro_rules! each {
        ($kind:ident, $data:expr) => {
            $data
                .data_points
                .iter()
                .map(|point| {
                    let mut data = $data.clone();
                    data.data_points = vec![point.clone()];
                    data.data_points.iter_mut().for_each(|point| sort(&mut point.attributes));
                    Metric { data: Some(Data::$kind(data)), ..metric.clone() }
                })
                .collect()
        };
    }
    match &metric.data {
        None => Vec::new(),
        Some(Data::Gauge(data)) => each!(Gauge, data),
        Some(Data::Sum(data)) => each!(Sum, data),
        Some(Data::Histogram(data)) => each!(Histogram, data),
        Some(Data::ExponentialHistogram(data)) => each!(ExponentialHistogram, data),
        Some(Data::Summary(data)) => each!(Summary, data),
    }
}

fn resource_text(
    resource: Option<opentelemetry_proto::tonic::resource::v1::Resource>,
    schema_url: &str,
) -> String {
    let mut resource = resource.unwrap_or_default();
    sort(&mut resource.attributes);
    format!("{resource:?} {schema_url}")
}

fn scope_text(
    scope: Option<opentelemetry_proto::tonic::common::v1::InstrumentationScope>,
    schema_url: &str,
) -> String {
    let mut scope = scope.unwrap_or_default();
    sort(&mut scope.attributes);
    format!("{scope:?} {schema_url}")
}

fn sort(attributes: &mut [KeyValue]) {
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
    attributes.iter_mut().filter_map(|pair| pair.value.as_mut()).for_each(sort_value);
}

fn sort_value(value: &mut AnyValue) {
    match &mut value.value {
        Some(Value::KvlistValue(list)) => sort(&mut list.values),
        Some(Value::ArrayValue(array)) => array.values.iter_mut().for_each(sort_value),
        _ => {}
    }
}
