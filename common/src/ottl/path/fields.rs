//! The fields of each context by their names.

use super::{Access, MetricField, PointField, Side};
use crate::{
    otlp::field_numbers::{
        exemplar, instrumentation_scope, log_record, metric, number_data_point, resource, span,
        span_event,
    },
    ottl::context::Context,
};

/// A field that a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ottl) struct Found {
    pub access: Access,
    /// How many parts of the path it took.
    pub parts: usize,
}

/// The field of a context that the parts of a path name.
pub(in crate::ottl) fn find(context: Context, parts: &[&str]) -> Option<Found> {
    let taken = |name: &str| {
        let names = name.split('.');
        let count = names.clone().count();
        names.eq(parts.iter().copied().take(count)).then_some(count)
    };
    table(context)
        .iter()
        .filter_map(|(name, access)| Some(Found { access: *access, parts: taken(name)? }))
        .max_by_key(|found| found.parts)
}

/// The names of a context's fields.
pub fn names(context: Context) -> impl Iterator<Item = &'static str> {
    table(context).iter().map(|(name, _)| *name)
}

type Table = &'static [(&'static str, Access)];

const fn table(context: Context) -> Table {
    match context {
        Context::Resource => RESOURCE,
        Context::Scope => SCOPE,
        Context::Span => SPAN,
        Context::SpanEvent => SPAN_EVENT,
        Context::Metric => METRIC,
        Context::DataPoint => DATA_POINT,
        Context::Exemplar => EXEMPLAR,
        Context::Log => LOG,
    }
}

const RESOURCE: Table = &[
    ("attributes", Access::Attributes),
    ("dropped_attributes_count", Access::Varint(resource::DROPPED_ATTRIBUTES_COUNT)),
    ("schema_url", Access::SchemaUrl),
];

const SCOPE: Table = &[
    ("attributes", Access::Attributes),
    ("dropped_attributes_count", Access::Varint(instrumentation_scope::DROPPED_ATTRIBUTES_COUNT)),
    ("name", Access::Text(instrumentation_scope::NAME)),
    ("schema_url", Access::SchemaUrl),
    ("version", Access::Text(instrumentation_scope::VERSION)),
];

const SPAN: Table = &[
    ("attributes", Access::Attributes),
    ("dropped_attributes_count", Access::Varint(span::DROPPED_ATTRIBUTES_COUNT)),
    ("dropped_events_count", Access::Varint(span::DROPPED_EVENTS_COUNT)),
    ("dropped_links_count", Access::Varint(span::DROPPED_LINKS_COUNT)),
    ("end_time", Access::Time(span::END_TIME_UNIX_NANO)),
    ("end_time_unix_nano", Access::Nanos(span::END_TIME_UNIX_NANO)),
    ("events", Access::Messages(span::EVENTS, "span events")),
    ("flags", Access::Fixed32(span::FLAGS)),
    ("kind", Access::Varint(span::KIND)),
    ("kind.deprecated_string", Access::SpanKindName),
    ("kind.string", Access::SpanKindText),
    ("links", Access::Messages(span::LINKS, "span links")),
    ("name", Access::Text(span::NAME)),
    ("parent_span_id", Access::SpanId(span::PARENT_SPAN_ID)),
    ("parent_span_id.string", Access::SpanIdText(span::PARENT_SPAN_ID)),
    ("span_id", Access::SpanId(span::SPAN_ID)),
    ("span_id.string", Access::SpanIdText(span::SPAN_ID)),
    ("start_time", Access::Time(span::START_TIME_UNIX_NANO)),
    ("start_time_unix_nano", Access::Nanos(span::START_TIME_UNIX_NANO)),
    ("status", Access::Status),
    ("status.code", Access::StatusCode),
    ("status.message", Access::StatusMessage),
    ("trace_id", Access::TraceId(span::TRACE_ID)),
    ("trace_id.string", Access::TraceIdText(span::TRACE_ID)),
    ("trace_state", Access::TraceState),
];

const SPAN_EVENT: Table = &[
    ("attributes", Access::Attributes),
    ("dropped_attributes_count", Access::Varint(span_event::DROPPED_ATTRIBUTES_COUNT)),
    ("event_index", Access::Index),
    ("name", Access::Text(span_event::NAME)),
    ("time", Access::Time(span_event::TIME_UNIX_NANO)),
    ("time_unix_nano", Access::Nanos(span_event::TIME_UNIX_NANO)),
];

const METRIC: Table = &[
    ("aggregation_temporality", Access::Metric(MetricField::Temporality)),
    ("data_points", Access::Metric(MetricField::DataPoints)),
    ("description", Access::Text(metric::DESCRIPTION)),
    ("is_monotonic", Access::Metric(MetricField::Monotonic)),
    ("metadata", Access::Attributes),
    ("name", Access::Text(metric::NAME)),
    ("type", Access::Metric(MetricField::Type)),
    ("unit", Access::Text(metric::UNIT)),
];

// Every kind of data point has its times in the same fields.
const DATA_POINT: Table = &[
    ("attributes", Access::Attributes),
    ("bucket_counts", Access::Point(PointField::BucketCounts)),
    ("count", Access::Point(PointField::Count)),
    ("exemplars", Access::Point(PointField::Exemplars)),
    ("explicit_bounds", Access::Point(PointField::ExplicitBounds)),
    ("flags", Access::Point(PointField::Flags)),
    ("negative", Access::Point(PointField::Buckets(Side::Negative))),
    ("negative.bucket_counts", Access::Point(PointField::CountsOf(Side::Negative))),
    ("negative.offset", Access::Point(PointField::Offset(Side::Negative))),
    ("positive", Access::Point(PointField::Buckets(Side::Positive))),
    ("positive.bucket_counts", Access::Point(PointField::CountsOf(Side::Positive))),
    ("positive.offset", Access::Point(PointField::Offset(Side::Positive))),
    ("quantile_values", Access::Point(PointField::Quantiles)),
    ("scale", Access::Point(PointField::Scale)),
    ("start_time", Access::Time(number_data_point::START_TIME_UNIX_NANO)),
    ("start_time_unix_nano", Access::Nanos(number_data_point::START_TIME_UNIX_NANO)),
    ("sum", Access::Point(PointField::Sum)),
    ("time", Access::Time(number_data_point::TIME_UNIX_NANO)),
    ("time_unix_nano", Access::Nanos(number_data_point::TIME_UNIX_NANO)),
    ("value_double", Access::Point(PointField::Double)),
    ("value_int", Access::Point(PointField::Int)),
    ("zero_count", Access::Point(PointField::ZeroCount)),
];

const EXEMPLAR: Table = &[
    ("double_value", Access::ExemplarDouble),
    ("filtered_attributes", Access::Attributes),
    ("int_value", Access::ExemplarInt),
    ("span_id", Access::SpanId(exemplar::SPAN_ID)),
    ("span_id.string", Access::SpanIdText(exemplar::SPAN_ID)),
    ("time", Access::Time(exemplar::TIME_UNIX_NANO)),
    ("time_unix_nano", Access::Nanos(exemplar::TIME_UNIX_NANO)),
    ("trace_id", Access::TraceId(exemplar::TRACE_ID)),
    ("trace_id.string", Access::TraceIdText(exemplar::TRACE_ID)),
];

const LOG: Table = &[
    ("attributes", Access::Attributes),
    ("body", Access::Any(log_record::BODY)),
    ("body.string", Access::AnyText(log_record::BODY)),
    ("dropped_attributes_count", Access::Varint(log_record::DROPPED_ATTRIBUTES_COUNT)),
    ("event_name", Access::Text(log_record::EVENT_NAME)),
    ("flags", Access::Fixed32(log_record::FLAGS)),
    ("observed_time", Access::Time(log_record::OBSERVED_TIME_UNIX_NANO)),
    ("observed_time_unix_nano", Access::Nanos(log_record::OBSERVED_TIME_UNIX_NANO)),
    ("severity_number", Access::Varint(log_record::SEVERITY_NUMBER)),
    ("severity_text", Access::Text(log_record::SEVERITY_TEXT)),
    ("span_id", Access::SpanId(log_record::SPAN_ID)),
    ("span_id.string", Access::SpanIdText(log_record::SPAN_ID)),
    ("time", Access::Time(log_record::TIME_UNIX_NANO)),
    ("time_unix_nano", Access::Nanos(log_record::TIME_UNIX_NANO)),
    ("trace_id", Access::TraceId(log_record::TRACE_ID)),
    ("trace_id.string", Access::TraceIdText(log_record::TRACE_ID)),
];
