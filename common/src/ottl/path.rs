//! Paths: fields of telemetry by name, found once when a statement is compiled.
//!
//! Source: the `contexts` of the Collector's `pkg/ottl`. What a kind of data point does not have reads
//! as nil and cannot be set.

mod data_point;
mod fields;
mod ids;
pub(super) mod keys;
mod read;
mod request;
mod span_fields;
mod write;

pub(super) use fields::find;
pub use fields::names;
pub use keys::Key;
pub(super) use request::RequestField;

use super::context::Level;

/// A field of what a statement works on.
#[derive(Debug)]
pub struct Path {
    pub(super) source: Source,
    /// What is in brackets behind it.
    pub(super) keys: Vec<Key>,
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A field of the message at a level.
    Field(Level, Access),
    /// What statements keep for each other.
    Cache,
    /// Something of the request.
    Request(RequestField),
}

impl Source {
    /// Whether something can stand in brackets behind it.
    pub(super) const fn has_keys(self) -> bool {
        match self {
            Self::Cache | Self::Request(RequestField::AuthAttributes | RequestField::Metadata) => {
                true
            }
            Self::Request(RequestField::Address) => false,
            Self::Field(_, access) => matches!(
                access,
                Access::Attributes
                    | Access::Any(_)
                    | Access::TraceState
                    | Access::Point(
                        PointField::BucketCounts
                            | PointField::ExplicitBounds
                            | PointField::CountsOf(_)
                    )
            ),
        }
    }
}

/// How a field is read and written; with its number in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Attributes, wherever the message has them.
    Attributes,
    /// A value of any type.
    Any(u32),
    /// The same as text.
    AnyText(u32),
    /// A string.
    Text(u32),
    /// An int32, uint32 or enum as varint.
    Varint(u32),
    /// A fixed32.
    Fixed32(u32),
    /// Nanoseconds since 1970, as a number.
    Nanos(u32),
    /// The same as a time.
    Time(u32),
    /// Sixteen bytes.
    TraceId(u32),
    /// The same as hex digits.
    TraceIdText(u32),
    /// Eight bytes.
    SpanId(u32),
    /// The same as hex digits.
    SpanIdText(u32),
    /// A W3C trace state.
    TraceState,
    /// The kind of a span by its name.
    SpanKindText,
    /// The same as protobuf calls it.
    SpanKindName,
    /// The status of a span.
    Status,
    /// Its code.
    StatusCode,
    /// Its message.
    StatusMessage,
    /// Repeated messages.
    Messages(u32, &'static str),
    /// Where an event stands among those of its span.
    Index,
    /// The schema beside a resource or scope.
    SchemaUrl,
    /// A property of a metric's data.
    Metric(MetricField),
    /// A field that depends on the kind of data point.
    Point(PointField),
    /// The value of an exemplar, if it is a double.
    ExemplarDouble,
    /// The value of an exemplar, if it is an integer.
    ExemplarInt,
}

/// Properties of a metric's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MetricField {
    Type,
    Temporality,
    Monotonic,
    DataPoints,
}

/// Fields that depend on the kind of data point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PointField {
    Double,
    Int,
    Exemplars,
    Flags,
    Count,
    Sum,
    BucketCounts,
    ExplicitBounds,
    Scale,
    ZeroCount,
    Buckets(Side),
    Offset(Side),
    CountsOf(Side),
    Quantiles,
}

/// The two sides of an exponential histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Positive,
    Negative,
}

#[cfg(test)]
mod tests;
