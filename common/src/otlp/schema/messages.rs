//! The messages of export requests.

use super::{
    Field, Kind, Message, Tree, always_in_json, enums, legacy, message_table, oneof, optional,
    repeated, singular,
};
use crate::otlp::field_numbers::{
    any_value, array_value, buckets, entity_ref, exemplar, exponential_histogram,
    exponential_histogram_data_point, gauge, histogram, histogram_data_point,
    instrumentation_scope, key_value, key_value_list, log_record, metric, number_data_point,
    request, resource, resource_group, scope_group, span, span_event, span_link, span_status, sum,
    summary, summary_data_point, value_at_quantile,
};

message_table! {
    /// `ExportTraceServiceRequest`.
    EXPORT_TRACE_SERVICE_REQUEST = "ExportTraceServiceRequest" Node {
        repeated(request::RESOURCES, "resource_spans", "resourceSpans", Kind::Message(&RESOURCE_SPANS)),
    }
    /// `ResourceSpans`.
    RESOURCE_SPANS = "ResourceSpans" Node {
        always_in_json(resource_group::RESOURCE, "resource", "resource", Kind::Message(&RESOURCE)),
        repeated(resource_group::SCOPES, "scope_spans", "scopeSpans", Kind::Message(&SCOPE_SPANS)),
        singular(resource_group::SCHEMA_URL, "schema_url", "schemaUrl", Kind::String),
        legacy(resource_group::INSTRUMENTATION_LIBRARIES, "instrumentation_library_spans", "instrumentationLibrarySpans", Kind::Message(&SCOPE_SPANS)),
    }
    /// `ScopeSpans`.
    SCOPE_SPANS = "ScopeSpans" Node {
        always_in_json(scope_group::SCOPE, "scope", "scope", Kind::Message(&INSTRUMENTATION_SCOPE)),
        repeated(scope_group::ITEMS, "spans", "spans", Kind::Message(&SPAN)),
        singular(scope_group::SCHEMA_URL, "schema_url", "schemaUrl", Kind::String),
    }
    /// `ExportMetricsServiceRequest`.
    EXPORT_METRICS_SERVICE_REQUEST = "ExportMetricsServiceRequest" Node {
        repeated(request::RESOURCES, "resource_metrics", "resourceMetrics", Kind::Message(&RESOURCE_METRICS)),
    }
    /// `ResourceMetrics`.
    RESOURCE_METRICS = "ResourceMetrics" Node {
        always_in_json(resource_group::RESOURCE, "resource", "resource", Kind::Message(&RESOURCE)),
        repeated(resource_group::SCOPES, "scope_metrics", "scopeMetrics", Kind::Message(&SCOPE_METRICS)),
        singular(resource_group::SCHEMA_URL, "schema_url", "schemaUrl", Kind::String),
        legacy(resource_group::INSTRUMENTATION_LIBRARIES, "instrumentation_library_metrics", "instrumentationLibraryMetrics", Kind::Message(&SCOPE_METRICS)),
    }
    /// `ScopeMetrics`.
    SCOPE_METRICS = "ScopeMetrics" Node {
        always_in_json(scope_group::SCOPE, "scope", "scope", Kind::Message(&INSTRUMENTATION_SCOPE)),
        repeated(scope_group::ITEMS, "metrics", "metrics", Kind::Message(&METRIC)),
        singular(scope_group::SCHEMA_URL, "schema_url", "schemaUrl", Kind::String),
    }
    /// `ExportLogsServiceRequest`.
    EXPORT_LOGS_SERVICE_REQUEST = "ExportLogsServiceRequest" Node {
        repeated(request::RESOURCES, "resource_logs", "resourceLogs", Kind::Message(&RESOURCE_LOGS)),
    }
    /// `ResourceLogs`.
    RESOURCE_LOGS = "ResourceLogs" Node {
        always_in_json(resource_group::RESOURCE, "resource", "resource", Kind::Message(&RESOURCE)),
        repeated(resource_group::SCOPES, "scope_logs", "scopeLogs", Kind::Message(&SCOPE_LOGS)),
        singular(resource_group::SCHEMA_URL, "schema_url", "schemaUrl", Kind::String),
        legacy(resource_group::INSTRUMENTATION_LIBRARIES, "instrumentation_library_logs", "instrumentationLibraryLogs", Kind::Message(&SCOPE_LOGS)),
    }
    /// `ScopeLogs`.
    SCOPE_LOGS = "ScopeLogs" Node {
        always_in_json(scope_group::SCOPE, "scope", "scope", Kind::Message(&INSTRUMENTATION_SCOPE)),
        repeated(scope_group::ITEMS, "log_records", "logRecords", Kind::Message(&LOG_RECORD)),
        singular(scope_group::SCHEMA_URL, "schema_url", "schemaUrl", Kind::String),
    }
    /// `Resource`.
    RESOURCE = "Resource" Node {
        repeated(resource::ATTRIBUTES, "attributes", "attributes", Kind::Message(&KEY_VALUE)),
        singular(resource::DROPPED_ATTRIBUTES_COUNT, "dropped_attributes_count", "droppedAttributesCount", Kind::Uint32),
        repeated(resource::ENTITY_REFS, "entity_refs", "entityRefs", Kind::Message(&ENTITY_REF)),
    }
    /// `EntityRef`.
    ENTITY_REF = "EntityRef" Node {
        singular(entity_ref::SCHEMA_URL, "schema_url", "schemaUrl", Kind::String),
        singular(entity_ref::TYPE, "type", "type", Kind::String),
        repeated(entity_ref::ID_KEYS, "id_keys", "idKeys", Kind::String),
        repeated(entity_ref::DESCRIPTION_KEYS, "description_keys", "descriptionKeys", Kind::String),
    }
    /// `InstrumentationScope`.
    INSTRUMENTATION_SCOPE = "InstrumentationScope" Node {
        singular(instrumentation_scope::NAME, "name", "name", Kind::String),
        singular(instrumentation_scope::VERSION, "version", "version", Kind::String),
        repeated(instrumentation_scope::ATTRIBUTES, "attributes", "attributes", Kind::Message(&KEY_VALUE)),
        singular(instrumentation_scope::DROPPED_ATTRIBUTES_COUNT, "dropped_attributes_count", "droppedAttributesCount", Kind::Uint32),
    }
    /// `KeyValue`.
    KEY_VALUE = "KeyValue" Node {
        singular(key_value::KEY, "key", "key", Kind::String),
        singular(key_value::VALUE, "value", "value", Kind::Message(&ANY_VALUE)),
        singular(key_value::KEY_STRINDEX, "key_strindex", "keyStrindex", Kind::Int32),
    }
    /// `AnyValue`.
    ANY_VALUE = "AnyValue" Recursive {
        oneof(any_value::STRING_VALUE, "string_value", "stringValue", Kind::String),
        oneof(any_value::BOOL_VALUE, "bool_value", "boolValue", Kind::Bool),
        oneof(any_value::INT_VALUE, "int_value", "intValue", Kind::Int64),
        oneof(any_value::DOUBLE_VALUE, "double_value", "doubleValue", Kind::Double),
        oneof(any_value::ARRAY_VALUE, "array_value", "arrayValue", Kind::Message(&ARRAY_VALUE)),
        oneof(any_value::KVLIST_VALUE, "kvlist_value", "kvlistValue", Kind::Message(&KEY_VALUE_LIST)),
        oneof(any_value::BYTES_VALUE, "bytes_value", "bytesValue", Kind::Bytes),
        oneof(any_value::STRING_VALUE_STRINDEX, "string_value_strindex", "stringValueStrindex", Kind::Int32),
    }
    /// `ArrayValue`.
    ARRAY_VALUE = "ArrayValue" Node {
        repeated(array_value::VALUES, "values", "values", Kind::Message(&ANY_VALUE)),
    }
    /// `KeyValueList`.
    KEY_VALUE_LIST = "KeyValueList" Node {
        repeated(key_value_list::VALUES, "values", "values", Kind::Message(&KEY_VALUE)),
    }
    /// `Span`.
    SPAN = "Span" Item {
        singular(span::TRACE_ID, "trace_id", "traceId", Kind::TraceId),
        singular(span::SPAN_ID, "span_id", "spanId", Kind::SpanId),
        singular(span::TRACE_STATE, "trace_state", "traceState", Kind::String),
        singular(span::PARENT_SPAN_ID, "parent_span_id", "parentSpanId", Kind::SpanId),
        singular(span::NAME, "name", "name", Kind::String),
        singular(span::KIND, "kind", "kind", Kind::Enum(&enums::SPAN_KIND)),
        singular(span::START_TIME_UNIX_NANO, "start_time_unix_nano", "startTimeUnixNano", Kind::Fixed64),
        singular(span::END_TIME_UNIX_NANO, "end_time_unix_nano", "endTimeUnixNano", Kind::Fixed64),
        repeated(span::ATTRIBUTES, "attributes", "attributes", Kind::Message(&KEY_VALUE)),
        singular(span::DROPPED_ATTRIBUTES_COUNT, "dropped_attributes_count", "droppedAttributesCount", Kind::Uint32),
        repeated(span::EVENTS, "events", "events", Kind::Message(&SPAN_EVENT)),
        singular(span::DROPPED_EVENTS_COUNT, "dropped_events_count", "droppedEventsCount", Kind::Uint32),
        repeated(span::LINKS, "links", "links", Kind::Message(&SPAN_LINK)),
        singular(span::DROPPED_LINKS_COUNT, "dropped_links_count", "droppedLinksCount", Kind::Uint32),
        always_in_json(span::STATUS, "status", "status", Kind::Message(&SPAN_STATUS)),
        singular(span::FLAGS, "flags", "flags", Kind::Fixed32),
    }
    /// `Event`.
    SPAN_EVENT = "Event" Node {
        singular(span_event::TIME_UNIX_NANO, "time_unix_nano", "timeUnixNano", Kind::Fixed64),
        singular(span_event::NAME, "name", "name", Kind::String),
        repeated(span_event::ATTRIBUTES, "attributes", "attributes", Kind::Message(&KEY_VALUE)),
        singular(span_event::DROPPED_ATTRIBUTES_COUNT, "dropped_attributes_count", "droppedAttributesCount", Kind::Uint32),
    }
    /// `Link`.
    SPAN_LINK = "Link" Node {
        singular(span_link::TRACE_ID, "trace_id", "traceId", Kind::TraceId),
        singular(span_link::SPAN_ID, "span_id", "spanId", Kind::SpanId),
        singular(span_link::TRACE_STATE, "trace_state", "traceState", Kind::String),
        repeated(span_link::ATTRIBUTES, "attributes", "attributes", Kind::Message(&KEY_VALUE)),
        singular(span_link::DROPPED_ATTRIBUTES_COUNT, "dropped_attributes_count", "droppedAttributesCount", Kind::Uint32),
        singular(span_link::FLAGS, "flags", "flags", Kind::Fixed32),
    }
    /// `Status`.
    SPAN_STATUS = "Status" Node {
        singular(span_status::MESSAGE, "message", "message", Kind::String),
        singular(span_status::CODE, "code", "code", Kind::Enum(&enums::STATUS_CODE)),
    }
    /// `Metric`.
    METRIC = "Metric" Node {
        singular(metric::NAME, "name", "name", Kind::String),
        singular(metric::DESCRIPTION, "description", "description", Kind::String),
        singular(metric::UNIT, "unit", "unit", Kind::String),
        oneof(metric::GAUGE, "gauge", "gauge", Kind::Message(&GAUGE)),
        oneof(metric::SUM, "sum", "sum", Kind::Message(&SUM)),
        oneof(metric::HISTOGRAM, "histogram", "histogram", Kind::Message(&HISTOGRAM)),
        oneof(metric::EXPONENTIAL_HISTOGRAM, "exponential_histogram", "exponentialHistogram", Kind::Message(&EXPONENTIAL_HISTOGRAM)),
        oneof(metric::SUMMARY, "summary", "summary", Kind::Message(&SUMMARY)),
        repeated(metric::METADATA, "metadata", "metadata", Kind::Message(&KEY_VALUE)),
    }
    /// `Gauge`.
    GAUGE = "Gauge" Node {
        repeated(gauge::DATA_POINTS, "data_points", "dataPoints", Kind::Message(&NUMBER_DATA_POINT)),
    }
    /// `Sum`.
    SUM = "Sum" Node {
        repeated(sum::DATA_POINTS, "data_points", "dataPoints", Kind::Message(&NUMBER_DATA_POINT)),
        singular(sum::AGGREGATION_TEMPORALITY, "aggregation_temporality", "aggregationTemporality", Kind::Enum(&enums::AGGREGATION_TEMPORALITY)),
        singular(sum::IS_MONOTONIC, "is_monotonic", "isMonotonic", Kind::Bool),
    }
    /// `Histogram`.
    HISTOGRAM = "Histogram" Node {
        repeated(histogram::DATA_POINTS, "data_points", "dataPoints", Kind::Message(&HISTOGRAM_DATA_POINT)),
        singular(histogram::AGGREGATION_TEMPORALITY, "aggregation_temporality", "aggregationTemporality", Kind::Enum(&enums::AGGREGATION_TEMPORALITY)),
    }
    /// `ExponentialHistogram`.
    EXPONENTIAL_HISTOGRAM = "ExponentialHistogram" Node {
        repeated(exponential_histogram::DATA_POINTS, "data_points", "dataPoints", Kind::Message(&EXPONENTIAL_HISTOGRAM_DATA_POINT)),
        singular(exponential_histogram::AGGREGATION_TEMPORALITY, "aggregation_temporality", "aggregationTemporality", Kind::Enum(&enums::AGGREGATION_TEMPORALITY)),
    }
    /// `Summary`.
    SUMMARY = "Summary" Node {
        repeated(summary::DATA_POINTS, "data_points", "dataPoints", Kind::Message(&SUMMARY_DATA_POINT)),
    }
    /// `NumberDataPoint`.
    NUMBER_DATA_POINT = "NumberDataPoint" Item {
        singular(number_data_point::START_TIME_UNIX_NANO, "start_time_unix_nano", "startTimeUnixNano", Kind::Fixed64),
        singular(number_data_point::TIME_UNIX_NANO, "time_unix_nano", "timeUnixNano", Kind::Fixed64),
        oneof(number_data_point::AS_DOUBLE, "as_double", "asDouble", Kind::Double),
        repeated(number_data_point::EXEMPLARS, "exemplars", "exemplars", Kind::Message(&EXEMPLAR)),
        oneof(number_data_point::AS_INT, "as_int", "asInt", Kind::Sfixed64),
        repeated(number_data_point::ATTRIBUTES, "attributes", "attributes", Kind::Message(&KEY_VALUE)),
        singular(number_data_point::FLAGS, "flags", "flags", Kind::Uint32),
    }
    /// `HistogramDataPoint`.
    HISTOGRAM_DATA_POINT = "HistogramDataPoint" Item {
        singular(histogram_data_point::START_TIME_UNIX_NANO, "start_time_unix_nano", "startTimeUnixNano", Kind::Fixed64),
        singular(histogram_data_point::TIME_UNIX_NANO, "time_unix_nano", "timeUnixNano", Kind::Fixed64),
        singular(histogram_data_point::COUNT, "count", "count", Kind::Fixed64),
        optional(histogram_data_point::SUM, "sum", "sum", Kind::Double),
        repeated(histogram_data_point::BUCKET_COUNTS, "bucket_counts", "bucketCounts", Kind::Fixed64),
        repeated(histogram_data_point::EXPLICIT_BOUNDS, "explicit_bounds", "explicitBounds", Kind::Double),
        repeated(histogram_data_point::EXEMPLARS, "exemplars", "exemplars", Kind::Message(&EXEMPLAR)),
        repeated(histogram_data_point::ATTRIBUTES, "attributes", "attributes", Kind::Message(&KEY_VALUE)),
        singular(histogram_data_point::FLAGS, "flags", "flags", Kind::Uint32),
        optional(histogram_data_point::MIN, "min", "min", Kind::Double),
        optional(histogram_data_point::MAX, "max", "max", Kind::Double),
    }
    /// `ExponentialHistogramDataPoint`.
    EXPONENTIAL_HISTOGRAM_DATA_POINT = "ExponentialHistogramDataPoint" Item {
        repeated(exponential_histogram_data_point::ATTRIBUTES, "attributes", "attributes", Kind::Message(&KEY_VALUE)),
        singular(exponential_histogram_data_point::START_TIME_UNIX_NANO, "start_time_unix_nano", "startTimeUnixNano", Kind::Fixed64),
        singular(exponential_histogram_data_point::TIME_UNIX_NANO, "time_unix_nano", "timeUnixNano", Kind::Fixed64),
        singular(exponential_histogram_data_point::COUNT, "count", "count", Kind::Fixed64),
        optional(exponential_histogram_data_point::SUM, "sum", "sum", Kind::Double),
        singular(exponential_histogram_data_point::SCALE, "scale", "scale", Kind::Sint32),
        singular(exponential_histogram_data_point::ZERO_COUNT, "zero_count", "zeroCount", Kind::Fixed64),
        singular(exponential_histogram_data_point::POSITIVE, "positive", "positive", Kind::Message(&BUCKETS)),
        singular(exponential_histogram_data_point::NEGATIVE, "negative", "negative", Kind::Message(&BUCKETS)),
        singular(exponential_histogram_data_point::FLAGS, "flags", "flags", Kind::Uint32),
        repeated(exponential_histogram_data_point::EXEMPLARS, "exemplars", "exemplars", Kind::Message(&EXEMPLAR)),
        optional(exponential_histogram_data_point::MIN, "min", "min", Kind::Double),
        optional(exponential_histogram_data_point::MAX, "max", "max", Kind::Double),
        singular(exponential_histogram_data_point::ZERO_THRESHOLD, "zero_threshold", "zeroThreshold", Kind::Double),
    }
    /// `Buckets`.
    BUCKETS = "Buckets" Node {
        singular(buckets::OFFSET, "offset", "offset", Kind::Sint32),
        repeated(buckets::BUCKET_COUNTS, "bucket_counts", "bucketCounts", Kind::Uint64),
    }
    /// `SummaryDataPoint`.
    SUMMARY_DATA_POINT = "SummaryDataPoint" Item {
        singular(summary_data_point::START_TIME_UNIX_NANO, "start_time_unix_nano", "startTimeUnixNano", Kind::Fixed64),
        singular(summary_data_point::TIME_UNIX_NANO, "time_unix_nano", "timeUnixNano", Kind::Fixed64),
        singular(summary_data_point::COUNT, "count", "count", Kind::Fixed64),
        singular(summary_data_point::SUM, "sum", "sum", Kind::Double),
        repeated(summary_data_point::QUANTILE_VALUES, "quantile_values", "quantileValues", Kind::Message(&VALUE_AT_QUANTILE)),
        repeated(summary_data_point::ATTRIBUTES, "attributes", "attributes", Kind::Message(&KEY_VALUE)),
        singular(summary_data_point::FLAGS, "flags", "flags", Kind::Uint32),
    }
    /// `ValueAtQuantile`.
    VALUE_AT_QUANTILE = "ValueAtQuantile" Node {
        singular(value_at_quantile::QUANTILE, "quantile", "quantile", Kind::Double),
        singular(value_at_quantile::VALUE, "value", "value", Kind::Double),
    }
    /// `Exemplar`.
    EXEMPLAR = "Exemplar" Node {
        singular(exemplar::TIME_UNIX_NANO, "time_unix_nano", "timeUnixNano", Kind::Fixed64),
        oneof(exemplar::AS_DOUBLE, "as_double", "asDouble", Kind::Double),
        singular(exemplar::SPAN_ID, "span_id", "spanId", Kind::SpanId),
        singular(exemplar::TRACE_ID, "trace_id", "traceId", Kind::TraceId),
        oneof(exemplar::AS_INT, "as_int", "asInt", Kind::Sfixed64),
        repeated(exemplar::FILTERED_ATTRIBUTES, "filtered_attributes", "filteredAttributes", Kind::Message(&KEY_VALUE)),
    }
    /// `LogRecord`.
    LOG_RECORD = "LogRecord" Item {
        singular(log_record::TIME_UNIX_NANO, "time_unix_nano", "timeUnixNano", Kind::Fixed64),
        singular(log_record::SEVERITY_NUMBER, "severity_number", "severityNumber", Kind::Enum(&enums::SEVERITY_NUMBER)),
        singular(log_record::SEVERITY_TEXT, "severity_text", "severityText", Kind::String),
        singular(log_record::BODY, "body", "body", Kind::Message(&ANY_VALUE)),
        repeated(log_record::ATTRIBUTES, "attributes", "attributes", Kind::Message(&KEY_VALUE)),
        singular(log_record::DROPPED_ATTRIBUTES_COUNT, "dropped_attributes_count", "droppedAttributesCount", Kind::Uint32),
        singular(log_record::FLAGS, "flags", "flags", Kind::Fixed32),
        singular(log_record::TRACE_ID, "trace_id", "traceId", Kind::TraceId),
        singular(log_record::SPAN_ID, "span_id", "spanId", Kind::SpanId),
        singular(log_record::OBSERVED_TIME_UNIX_NANO, "observed_time_unix_nano", "observedTimeUnixNano", Kind::Fixed64),
        singular(log_record::EVENT_NAME, "event_name", "eventName", Kind::String),
    }
}
