//! The field numbers of OTLP messages, one module per message.
//!
//! Messages of the same shape share a module: the three requests, `ResourceSpans` with its siblings,
//! `ScopeSpans` with its siblings, and the three responses.

macro_rules! numbers {
    ($($(#[$doc:meta])* $message:ident { $($name:ident = $number:literal,)* })*) => {$(
        $(#[$doc])*
        pub mod $message {
            $(
                #[doc = concat!("Number of the field `", stringify!($name), "`.")]
                pub const $name: u32 = $number;
            )*
        }
    )*};
}

numbers! {
    /// `Export*ServiceRequest` of any signal.
    request {
        RESOURCES = 1,
    }
    /// `ResourceSpans`, `ResourceMetrics` and `ResourceLogs`.
    resource_group {
        RESOURCE = 1,
        SCOPES = 2,
        SCHEMA_URL = 3,
        INSTRUMENTATION_LIBRARIES = 1000,
    }
    /// `ScopeSpans`, `ScopeMetrics` and `ScopeLogs`.
    scope_group {
        SCOPE = 1,
        ITEMS = 2,
        SCHEMA_URL = 3,
    }
    /// `Resource`.
    resource {
        ATTRIBUTES = 1,
        DROPPED_ATTRIBUTES_COUNT = 2,
        ENTITY_REFS = 3,
    }
    /// `EntityRef`.
    entity_ref {
        SCHEMA_URL = 1,
        TYPE = 2,
        ID_KEYS = 3,
        DESCRIPTION_KEYS = 4,
    }
    /// `InstrumentationScope`.
    instrumentation_scope {
        NAME = 1,
        VERSION = 2,
        ATTRIBUTES = 3,
        DROPPED_ATTRIBUTES_COUNT = 4,
    }
    /// `KeyValue`.
    key_value {
        KEY = 1,
        VALUE = 2,
        KEY_STRINDEX = 3,
    }
    /// `AnyValue`.
    any_value {
        STRING_VALUE = 1,
        BOOL_VALUE = 2,
        INT_VALUE = 3,
        DOUBLE_VALUE = 4,
        ARRAY_VALUE = 5,
        KVLIST_VALUE = 6,
        BYTES_VALUE = 7,
        STRING_VALUE_STRINDEX = 8,
    }
    /// `ArrayValue`.
    array_value {
        VALUES = 1,
    }
    /// `KeyValueList`.
    key_value_list {
        VALUES = 1,
    }
    /// `Span`.
    span {
        TRACE_ID = 1,
        SPAN_ID = 2,
        TRACE_STATE = 3,
        PARENT_SPAN_ID = 4,
        NAME = 5,
        KIND = 6,
        START_TIME_UNIX_NANO = 7,
        END_TIME_UNIX_NANO = 8,
        ATTRIBUTES = 9,
        DROPPED_ATTRIBUTES_COUNT = 10,
        EVENTS = 11,
        DROPPED_EVENTS_COUNT = 12,
        LINKS = 13,
        DROPPED_LINKS_COUNT = 14,
        STATUS = 15,
        FLAGS = 16,
    }
    /// `Event`.
    span_event {
        TIME_UNIX_NANO = 1,
        NAME = 2,
        ATTRIBUTES = 3,
        DROPPED_ATTRIBUTES_COUNT = 4,
    }
    /// `Link`.
    span_link {
        TRACE_ID = 1,
        SPAN_ID = 2,
        TRACE_STATE = 3,
        ATTRIBUTES = 4,
        DROPPED_ATTRIBUTES_COUNT = 5,
        FLAGS = 6,
    }
    /// `Status`.
    span_status {
        MESSAGE = 2,
        CODE = 3,
    }
    /// `Metric`.
    metric {
        NAME = 1,
        DESCRIPTION = 2,
        UNIT = 3,
        GAUGE = 5,
        SUM = 7,
        HISTOGRAM = 9,
        EXPONENTIAL_HISTOGRAM = 10,
        SUMMARY = 11,
        METADATA = 12,
    }
    /// `Gauge`.
    gauge {
        DATA_POINTS = 1,
    }
    /// `Sum`.
    sum {
        DATA_POINTS = 1,
        AGGREGATION_TEMPORALITY = 2,
        IS_MONOTONIC = 3,
    }
    /// `Histogram`.
    histogram {
        DATA_POINTS = 1,
        AGGREGATION_TEMPORALITY = 2,
    }
    /// `ExponentialHistogram`.
    exponential_histogram {
        DATA_POINTS = 1,
        AGGREGATION_TEMPORALITY = 2,
    }
    /// `Summary`.
    summary {
        DATA_POINTS = 1,
    }
    /// `NumberDataPoint`.
    number_data_point {
        START_TIME_UNIX_NANO = 2,
        TIME_UNIX_NANO = 3,
        AS_DOUBLE = 4,
        EXEMPLARS = 5,
        AS_INT = 6,
        ATTRIBUTES = 7,
        FLAGS = 8,
    }
    /// `HistogramDataPoint`.
    histogram_data_point {
        START_TIME_UNIX_NANO = 2,
        TIME_UNIX_NANO = 3,
        COUNT = 4,
        SUM = 5,
        BUCKET_COUNTS = 6,
        EXPLICIT_BOUNDS = 7,
        EXEMPLARS = 8,
        ATTRIBUTES = 9,
        FLAGS = 10,
        MIN = 11,
        MAX = 12,
    }
    /// `ExponentialHistogramDataPoint`.
    exponential_histogram_data_point {
        ATTRIBUTES = 1,
        START_TIME_UNIX_NANO = 2,
        TIME_UNIX_NANO = 3,
        COUNT = 4,
        SUM = 5,
        SCALE = 6,
        ZERO_COUNT = 7,
        POSITIVE = 8,
        NEGATIVE = 9,
        FLAGS = 10,
        EXEMPLARS = 11,
        MIN = 12,
        MAX = 13,
        ZERO_THRESHOLD = 14,
    }
    /// `Buckets`.
    buckets {
        OFFSET = 1,
        BUCKET_COUNTS = 2,
    }
    /// `SummaryDataPoint`.
    summary_data_point {
        START_TIME_UNIX_NANO = 2,
        TIME_UNIX_NANO = 3,
        COUNT = 4,
        SUM = 5,
        QUANTILE_VALUES = 6,
        ATTRIBUTES = 7,
        FLAGS = 8,
    }
    /// `ValueAtQuantile`.
    value_at_quantile {
        QUANTILE = 1,
        VALUE = 2,
    }
    /// `Exemplar`.
    exemplar {
        TIME_UNIX_NANO = 2,
        AS_DOUBLE = 3,
        SPAN_ID = 4,
        TRACE_ID = 5,
        AS_INT = 6,
        FILTERED_ATTRIBUTES = 7,
    }
    /// `LogRecord`.
    log_record {
        TIME_UNIX_NANO = 1,
        SEVERITY_NUMBER = 2,
        SEVERITY_TEXT = 3,
        BODY = 5,
        ATTRIBUTES = 6,
        DROPPED_ATTRIBUTES_COUNT = 7,
        FLAGS = 8,
        TRACE_ID = 9,
        SPAN_ID = 10,
        OBSERVED_TIME_UNIX_NANO = 11,
        EVENT_NAME = 12,
    }
    /// `Export*ServiceResponse` of any signal.
    response {
        PARTIAL_SUCCESS = 1,
    }
    /// `Export*PartialSuccess` of any signal.
    partial_success {
        REJECTED = 1,
        ERROR_MESSAGE = 2,
    }
    /// `google.rpc.Status`.
    rpc_status {
        CODE = 1,
        MESSAGE = 2,
        DETAILS = 3,
    }
    /// `google.protobuf.Any`.
    any {
        TYPE_URL = 1,
        VALUE = 2,
    }
    /// `google.rpc.RetryInfo`.
    retry_info {
        RETRY_DELAY = 1,
    }
    /// `google.protobuf.Duration`.
    duration {
        SECONDS = 1,
        NANOS = 2,
    }
}
