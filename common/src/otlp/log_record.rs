//! A log record, read in place.

#[cfg(test)]
mod tests;

use super::{
    any_value::AnyValue, attributes::Attributes, field_numbers::log_record, message::Message,
};

/// A log record.
#[derive(Clone, Copy, Debug)]
pub struct LogRecordView<'a>(Message<'a>);

impl<'a> LogRecordView<'a> {
    /// Reads an encoded log record.
    #[must_use]
    pub const fn new(record: &'a [u8]) -> Self {
        Self(Message::new(record))
    }

    /// Nanoseconds since 1970, or zero if unknown.
    #[must_use]
    pub fn time(self) -> u64 {
        self.0.fixed64(log_record::TIME_UNIX_NANO)
    }

    /// When the record was collected, in nanoseconds since 1970.
    #[must_use]
    pub fn observed_time(self) -> u64 {
        self.0.fixed64(log_record::OBSERVED_TIME_UNIX_NANO)
    }

    /// The number of the severity, 1 (trace) to 24 (fatal 4), or zero.
    #[must_use]
    pub fn severity_number(self) -> i32 {
        self.0.int32(log_record::SEVERITY_NUMBER)
    }

    /// The severity as the source called it.
    #[must_use]
    pub fn severity_text(self) -> &'a str {
        self.0.string(log_record::SEVERITY_TEXT)
    }

    /// The body.
    #[must_use]
    pub fn body(self) -> AnyValue<'a> {
        self.0.message(log_record::BODY).map(AnyValue::read).unwrap_or_default()
    }

    /// The attributes.
    #[must_use]
    pub const fn attributes(self) -> Attributes<'a> {
        Attributes::new(self.0, log_record::ATTRIBUTES)
    }

    /// How many attributes the SDK dropped.
    #[must_use]
    pub fn dropped_attributes_count(self) -> u32 {
        self.0.uint32(log_record::DROPPED_ATTRIBUTES_COUNT)
    }

    /// The trace flags.
    #[must_use]
    pub fn flags(self) -> u32 {
        self.0.fixed32(log_record::FLAGS)
    }

    /// Sixteen bytes, or none.
    #[must_use]
    pub fn trace_id(self) -> &'a [u8] {
        self.0.bytes(log_record::TRACE_ID)
    }

    /// Eight bytes, or none.
    #[must_use]
    pub fn span_id(self) -> &'a [u8] {
        self.0.bytes(log_record::SPAN_ID)
    }

    /// The name of the event that the record is, if any.
    #[must_use]
    pub fn event_name(self) -> &'a str {
        self.0.string(log_record::EVENT_NAME)
    }
}
