//! A span, read in place.

#[cfg(test)]
mod tests;

use super::{
    attributes::Attributes,
    field_numbers::{span, span_event, span_link, span_status},
    message::Message,
};

/// A span.
#[derive(Clone, Copy, Debug)]
pub struct SpanView<'a>(Message<'a>);

impl<'a> SpanView<'a> {
    /// Reads an encoded span.
    #[must_use]
    pub const fn new(span: &'a [u8]) -> Self {
        Self(Message::new(span))
    }

    /// Sixteen bytes.
    #[must_use]
    pub fn trace_id(self) -> &'a [u8] {
        self.0.bytes(span::TRACE_ID)
    }

    /// Eight bytes.
    #[must_use]
    pub fn span_id(self) -> &'a [u8] {
        self.0.bytes(span::SPAN_ID)
    }

    /// Eight bytes, or none for a root.
    #[must_use]
    pub fn parent_span_id(self) -> &'a [u8] {
        self.0.bytes(span::PARENT_SPAN_ID)
    }

    /// The W3C trace state.
    #[must_use]
    pub fn trace_state(self) -> &'a str {
        self.0.string(span::TRACE_STATE)
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.0.string(span::NAME)
    }

    /// The number of the `SpanKind`.
    #[must_use]
    pub fn kind(self) -> i32 {
        self.0.int32(span::KIND)
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub fn start_time(self) -> u64 {
        self.0.fixed64(span::START_TIME_UNIX_NANO)
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub fn end_time(self) -> u64 {
        self.0.fixed64(span::END_TIME_UNIX_NANO)
    }

    /// The attributes.
    #[must_use]
    pub const fn attributes(self) -> Attributes<'a> {
        Attributes::new(self.0, span::ATTRIBUTES)
    }

    /// How many attributes the SDK dropped.
    #[must_use]
    pub fn dropped_attributes_count(self) -> u32 {
        self.0.uint32(span::DROPPED_ATTRIBUTES_COUNT)
    }

    /// The events.
    pub fn events(self) -> impl Iterator<Item = EventView<'a>> + Clone + use<'a> {
        self.0.repeated(span::EVENTS).map(EventView::new)
    }

    /// How many events the SDK dropped.
    #[must_use]
    pub fn dropped_events_count(self) -> u32 {
        self.0.uint32(span::DROPPED_EVENTS_COUNT)
    }

    /// The links.
    pub fn links(self) -> impl Iterator<Item = LinkView<'a>> + Clone + use<'a> {
        self.0.repeated(span::LINKS).map(LinkView::new)
    }

    /// How many links the SDK dropped.
    #[must_use]
    pub fn dropped_links_count(self) -> u32 {
        self.0.uint32(span::DROPPED_LINKS_COUNT)
    }

    /// The number of the `StatusCode`.
    #[must_use]
    pub fn status_code(self) -> i32 {
        self.status().int32(span_status::CODE)
    }

    /// What went wrong.
    #[must_use]
    pub fn status_message(self) -> &'a str {
        self.status().string(span_status::MESSAGE)
    }

    /// Trace flags and whether the parent is remote.
    #[must_use]
    pub fn flags(self) -> u32 {
        self.0.fixed32(span::FLAGS)
    }

    fn status(self) -> Message<'a> {
        self.0.message(span::STATUS).unwrap_or(Message::EMPTY)
    }
}

/// An event of a span.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a>(Message<'a>);

impl<'a> EventView<'a> {
    /// Reads an encoded event.
    #[must_use]
    pub const fn new(event: &'a [u8]) -> Self {
        Self(Message::new(event))
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub fn time(self) -> u64 {
        self.0.fixed64(span_event::TIME_UNIX_NANO)
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.0.string(span_event::NAME)
    }

    /// The attributes.
    #[must_use]
    pub const fn attributes(self) -> Attributes<'a> {
        Attributes::new(self.0, span_event::ATTRIBUTES)
    }

    /// How many attributes the SDK dropped.
    #[must_use]
    pub fn dropped_attributes_count(self) -> u32 {
        self.0.uint32(span_event::DROPPED_ATTRIBUTES_COUNT)
    }
}

/// A link to another span.
#[derive(Clone, Copy, Debug)]
pub struct LinkView<'a>(Message<'a>);

impl<'a> LinkView<'a> {
    /// Reads an encoded link.
    #[must_use]
    pub const fn new(link: &'a [u8]) -> Self {
        Self(Message::new(link))
    }

    /// Sixteen bytes.
    #[must_use]
    pub fn trace_id(self) -> &'a [u8] {
        self.0.bytes(span_link::TRACE_ID)
    }

    /// Eight bytes.
    #[must_use]
    pub fn span_id(self) -> &'a [u8] {
        self.0.bytes(span_link::SPAN_ID)
    }

    /// The W3C trace state.
    #[must_use]
    pub fn trace_state(self) -> &'a str {
        self.0.string(span_link::TRACE_STATE)
    }

    /// The attributes.
    #[must_use]
    pub const fn attributes(self) -> Attributes<'a> {
        Attributes::new(self.0, span_link::ATTRIBUTES)
    }

    /// How many attributes the SDK dropped.
    #[must_use]
    pub fn dropped_attributes_count(self) -> u32 {
        self.0.uint32(span_link::DROPPED_ATTRIBUTES_COUNT)
    }

    /// Trace flags and whether the other span is remote.
    #[must_use]
    pub fn flags(self) -> u32 {
        self.0.fixed32(span_link::FLAGS)
    }
}
