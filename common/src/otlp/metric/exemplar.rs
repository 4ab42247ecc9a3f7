//! Exemplars of data points.

use super::{Attributes, Message, NumberValue};
use crate::otlp::field_numbers::exemplar;

/// A measurement that went into a data point, with the span it was taken in.
#[derive(Clone, Copy, Debug)]
pub struct ExemplarView<'a>(Message<'a>);

impl<'a> ExemplarView<'a> {
    /// Reads an encoded exemplar.
    #[must_use]
    pub const fn new(exemplar: &'a [u8]) -> Self {
        Self(Message::new(exemplar))
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub fn time(self) -> u64 {
        self.0.fixed64(exemplar::TIME_UNIX_NANO)
    }

    /// The value measured.
    #[must_use]
    pub fn value(self) -> Option<NumberValue> {
        NumberValue::read(self.0, exemplar::AS_DOUBLE, exemplar::AS_INT)
    }

    /// Eight bytes, or none.
    #[must_use]
    pub fn span_id(self) -> &'a [u8] {
        self.0.bytes(exemplar::SPAN_ID)
    }

    /// Sixteen bytes, or none.
    #[must_use]
    pub fn trace_id(self) -> &'a [u8] {
        self.0.bytes(exemplar::TRACE_ID)
    }

    /// The attributes that the aggregation dropped.
    #[must_use]
    pub const fn filtered_attributes(self) -> Attributes<'a> {
        Attributes::new(self.0, exemplar::FILTERED_ATTRIBUTES)
    }
}
