//! Strategies that make valid export requests of every shape, as prost structs.

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{
        AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
        any_value::Value,
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
use proptest::{collection::vec, option, prelude::*};
use prost::Message as _;

use crate::signal::Signal;

/// Any encoded export request of a signal, valid and without unknown fields.
pub fn request(signal: Signal) -> BoxedStrategy<Vec<u8>> {
    match signal {
        Signal::Traces => traces().prop_map(|request| request.encode_to_vec()).boxed(),
        Signal::Metrics => metrics().prop_map(|request| request.encode_to_vec()).boxed(),
        Signal::Logs => logs().prop_map(|request| request.encode_to_vec()).boxed(),
    }
}

/// One of the three signals.
pub fn signal() -> impl Strategy<Value = Signal> {
    prop::sample::select(Signal::ALL.to_vec())
}

/// A signal and an encoded request of it.
pub fn signal_and_request() -> impl Strategy<Value = (Signal, Vec<u8>)> {
    signal().prop_flat_map(|signal| (Just(signal), request(signal)))
}

/// A signal and a few encoded requests of it.
pub fn signal_and_requests() -> impl Strategy<Value = (Signal, Vec<Vec<u8>>)> {
    signal().prop_flat_map(|signal| (Just(signal), vec(request(signal), 1..3)))
}

/// Any trace request.
pub fn traces() -> impl Strategy<Value = ExportTraceServiceRequest> {
    vec(resource_spans(), 0..4)
        .prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

/// Any metrics request, of all five kinds of data.
pub fn metrics() -> impl Strategy<Value = ExportMetricsServiceRequest> {
    vec(resource_metrics(), 0..3)
        .prop_map(|resource_metrics| ExportMetricsServiceRequest { resource_metrics })
}

/// Any logs request.
pub fn logs() -> impl Strategy<Value = ExportLogsServiceRequest> {
    vec(resource_logs(), 0..4).prop_map(|resource_logs| ExportLogsServiceRequest { resource_logs })
}

/// Short text, often plain, sometimes not ASCII.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z.]{0,12}", 1 => ".{0,6}", 1 => "[äöüß€😀\"\\\\/\n]{1,4}", 1 => "[a-z]{120,140}"]
}

/// A list of attributes, values nested up to three deep.
pub fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec(key_value(any_value()), 0..5)
}

/// One attribute with the value given.
pub fn key_value(value: impl Strategy<Value = AnyValue>) -> impl Strategy<Value = KeyValue> {
    (text(), option::weighted(0.95, value)).prop_map(|(key, value)| KeyValue {
        key,
        value,
        ..KeyValue::default()
    })
}

/// Any value, nested up to three deep, sometimes empty.
pub fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::StringValue),
        1 => any::<bool>().prop_map(Value::BoolValue),
        2 => any::<i64>().prop_map(Value::IntValue),
        1 => Just(Value::IntValue(0)),
        1 => double().prop_map(Value::DoubleValue),
        1 => vec(any::<u8>(), 0..9).prop_map(Value::BytesValue),
    ]
    .prop_map(|value| AnyValue { value: Some(value) });
    let leaf = prop_oneof![12 => leaf, 1 => Just(AnyValue { value: None })];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|values| AnyValue {
                value: Some(Value::ArrayValue(ArrayValue { values })),
            }),
            vec(key_value(inner), 0..4).prop_map(|values| AnyValue {
                value: Some(Value::KvlistValue(KeyValueList { values })),
            }),
        ]
    })
}

/// A float that equals itself, infinities among them.
pub fn double() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO | INFINITE
}

/// A resource with attributes and entity references.
pub fn resource() -> impl Strategy<Value = Resource> {
    (attributes(), small(), vec(entity_ref(), 0..2)).prop_map(
        |(attributes, dropped_attributes_count, entity_refs)| Resource {
            attributes,
            dropped_attributes_count,
            entity_refs,
        },
    )
}

/// A scope with attributes.
pub fn scope() -> impl Strategy<Value = InstrumentationScope> {
    (text(), text(), attributes(), small()).prop_map(
        |(name, version, attributes, dropped_attributes_count)| InstrumentationScope {
            name,
            version,
            attributes,
            dropped_attributes_count,
        },
    )
}

/// A span with events and links.
pub fn span() -> impl Strategy<Value = Span> {
    let head = (trace_id(), span_id(), text(), span_id(), any::<u32>(), text(), -1..7_i32);
    let body = (any::<u64>(), any::<u64>(), attributes(), small(), vec(event(), 0..3), small());
    let tail = (vec(link(), 0..3), small(), option::of(status()));
    (head, body, tail).prop_map(|(head, body, tail)| Span {
        trace_id: head.0,
        span_id: head.1,
        trace_state: head.2,
        parent_span_id: head.3,
        flags: head.4,
        name: head.5,
        kind: head.6,
        start_time_unix_nano: body.0,
        end_time_unix_nano: body.1,
        attributes: body.2,
        dropped_attributes_count: body.3,
        events: body.4,
        dropped_events_count: body.5,
        links: tail.0,
        dropped_links_count: tail.1,
        status: tail.2,
    })
}

/// A log record.
pub fn log_record() -> impl Strategy<Value = LogRecord> {
    let head = (any::<u64>(), any::<u64>(), 0..25_i32, text(), option::of(any_value()));
    let tail = (attributes(), small(), any::<u32>(), trace_id(), span_id(), text());
    (head, tail).prop_map(|(head, tail)| LogRecord {
        time_unix_nano: head.0,
        observed_time_unix_nano: head.1,
        severity_number: head.2,
        severity_text: head.3,
        body: head.4,
        attributes: tail.0,
        dropped_attributes_count: tail.1,
        flags: tail.2,
        trace_id: tail.3,
        span_id: tail.4,
        event_name: tail.5,
    })
}

/// A metric of any of the five kinds, sometimes without data.
pub fn metric() -> impl Strategy<Value = Metric> {
    let temporality = 0..3_i32;
    let data = prop_oneof![
        vec(number_point(), 0..5).prop_map(|data_points| Data::Gauge(Gauge { data_points })),
        (vec(number_point(), 0..5), temporality.clone(), any::<bool>()).prop_map(
            |(data_points, aggregation_temporality, is_monotonic)| Data::Sum(Sum {
                data_points,
                aggregation_temporality,
                is_monotonic,
            })
        ),
        (vec(histogram_point(), 0..4), temporality.clone()).prop_map(
            |(data_points, aggregation_temporality)| Data::Histogram(Histogram {
                data_points,
                aggregation_temporality,
            })
        ),
        (vec(exponential_point(), 0..4), temporality).prop_map(
            |(data_points, aggregation_temporality)| {
                Data::ExponentialHistogram(ExponentialHistogram {
                    data_points,
                    aggregation_temporality,
                })
            }
        ),
        vec(summary_point(), 0..4).prop_map(|data_points| Data::Summary(Summary { data_points })),
    ];
    (text(), text(), text(), attributes(), option::weighted(0.95, data)).prop_map(
        |(name, description, unit, metadata, data)| Metric {
            name,
            description,
            unit,
            metadata,
            data,
        },
    )
}

fn resource_spans() -> impl Strategy<Value = ResourceSpans> {
    let scopes = (option::of(scope()), vec(span(), 0..5), text())
        .prop_map(|(scope, spans, schema_url)| ScopeSpans { scope, spans, schema_url });
    (option::of(resource()), vec(scopes, 0..4), text()).prop_map(
        |(resource, scope_spans, schema_url)| ResourceSpans { resource, scope_spans, schema_url },
    )
}

fn resource_metrics() -> impl Strategy<Value = ResourceMetrics> {
    let scopes = (option::of(scope()), vec(metric(), 0..4), text())
        .prop_map(|(scope, metrics, schema_url)| ScopeMetrics { scope, metrics, schema_url });
    (option::of(resource()), vec(scopes, 0..3), text()).prop_map(
        |(resource, scope_metrics, schema_url)| ResourceMetrics {
            resource,
            scope_metrics,
            schema_url,
        },
    )
}

fn resource_logs() -> impl Strategy<Value = ResourceLogs> {
    let scopes = (option::of(scope()), vec(log_record(), 0..5), text())
        .prop_map(|(scope, log_records, schema_url)| ScopeLogs { scope, log_records, schema_url });
    (option::of(resource()), vec(scopes, 0..4), text()).prop_map(
        |(resource, scope_logs, schema_url)| ResourceLogs { resource, scope_logs, schema_url },
    )
}

fn entity_ref() -> impl Strategy<Value = EntityRef> {
    (text(), text(), vec(text(), 0..3), vec(text(), 0..3)).prop_map(
        |(schema_url, r#type, id_keys, description_keys)| EntityRef {
            schema_url,
            r#type,
            id_keys,
            description_keys,
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    (any::<u64>(), text(), attributes(), small()).prop_map(
        |(time_unix_nano, name, attributes, dropped_attributes_count)| Event {
            time_unix_nano,
            name,
            attributes,
            dropped_attributes_count,
        },
    )
}

fn link() -> impl Strategy<Value = Link> {
    (trace_id(), span_id(), text(), attributes(), small(), any::<u32>()).prop_map(
        |(trace_id, span_id, trace_state, attributes, dropped_attributes_count, flags)| Link {
            trace_id,
            span_id,
            trace_state,
            attributes,
            dropped_attributes_count,
            flags,
        },
    )
}

fn status() -> impl Strategy<Value = Status> {
    (text(), 0..3_i32).prop_map(|(message, code)| Status { message, code })
}

fn number_point() -> impl Strategy<Value = NumberDataPoint> {
    let value = prop_oneof![
        double().prop_map(number_data_point::Value::AsDouble),
        any::<i64>().prop_map(number_data_point::Value::AsInt),
    ];
    (attributes(), times(), exemplars(), 0..2_u32, option::of(value)).prop_map(
        |(attributes, times, exemplars, flags, value)| NumberDataPoint {
            attributes,
            start_time_unix_nano: times.0,
            time_unix_nano: times.1,
            exemplars,
            flags,
            value,
        },
    )
}

fn histogram_point() -> impl Strategy<Value = HistogramDataPoint> {
    let sums = (option::of(double()), option::of(double()), option::of(double()));
    let buckets = (vec(any::<u64>(), 0..5), vec(double(), 0..5));
    (attributes(), times(), any::<u64>(), sums, buckets, exemplars(), 0..2_u32).prop_map(
        |(attributes, times, count, sums, buckets, exemplars, flags)| HistogramDataPoint {
            attributes,
            start_time_unix_nano: times.0,
            time_unix_nano: times.1,
            count,
            sum: sums.0,
            bucket_counts: buckets.0,
            explicit_bounds: buckets.1,
            exemplars,
            flags,
            min: sums.1,
            max: sums.2,
        },
    )
}

fn exponential_point() -> impl Strategy<Value = ExponentialHistogramDataPoint> {
    let sums = (option::of(double()), option::of(double()), option::of(double()));
    let zero = (any::<u64>(), double(), any::<i32>());
    let sides = (option::of(buckets()), option::of(buckets()));
    (attributes(), times(), any::<u64>(), sums, zero, sides, exemplars()).prop_map(
        |(attributes, times, count, sums, zero, sides, exemplars)| ExponentialHistogramDataPoint {
            attributes,
            start_time_unix_nano: times.0,
            time_unix_nano: times.1,
            count,
            sum: sums.0,
            scale: zero.2,
            zero_count: zero.0,
            positive: sides.0,
            negative: sides.1,
            flags: 0,
            exemplars,
            min: sums.1,
            max: sums.2,
            zero_threshold: zero.1,
        },
    )
}

fn buckets() -> impl Strategy<Value = Buckets> {
    (any::<i32>(), vec(any::<u64>(), 0..4))
        .prop_map(|(offset, bucket_counts)| Buckets { offset, bucket_counts })
}

fn summary_point() -> impl Strategy<Value = SummaryDataPoint> {
    let quantile =
        (double(), double()).prop_map(|(quantile, value)| ValueAtQuantile { quantile, value });
    (attributes(), times(), any::<u64>(), double(), vec(quantile, 0..3), 0..2_u32).prop_map(
        |(attributes, times, count, sum, quantile_values, flags)| SummaryDataPoint {
            attributes,
            start_time_unix_nano: times.0,
            time_unix_nano: times.1,
            count,
            sum,
            quantile_values,
            flags,
        },
    )
}

fn exemplars() -> impl Strategy<Value = Vec<Exemplar>> {
    let value = prop_oneof![
        double().prop_map(exemplar::Value::AsDouble),
        any::<i64>().prop_map(exemplar::Value::AsInt),
    ];
    let exemplar = (attributes(), any::<u64>(), span_id(), trace_id(), option::of(value)).prop_map(
        |(filtered_attributes, time_unix_nano, span_id, trace_id, value)| Exemplar {
            filtered_attributes,
            time_unix_nano,
            span_id,
            trace_id,
            value,
        },
    );
    vec(exemplar, 0..2)
}

fn times() -> impl Strategy<Value = (u64, u64)> {
    (any::<u64>(), any::<u64>())
}

fn small() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(0), 1 => any::<u32>()]
}

fn trace_id() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![1 => Just(Vec::new()), 5 => vec(1..=u8::MAX, 16)]
}

fn span_id() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![1 => Just(Vec::new()), 5 => vec(1..=u8::MAX, 8)]
}
