//! Counts items without looking into them.

use crate::{
    otlp::field_numbers::{gauge, metric, request, resource_group, scope_group},
    signal::Signal,
    wire::Fields,
};

/// A message between the request and its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Request,
    Resource,
    Scope,
    Metric,
    Data,
    Item,
}

impl Level {
    /// What a field of this message is, if it leads to items.
    #[inline]
    pub(super) fn child(self, signal: Signal, number: u32) -> Option<Self> {
        match self {
            Self::Request => (number == request::RESOURCES).then_some(Self::Resource),
            Self::Resource => (number == resource_group::SCOPES).then_some(Self::Scope),
            Self::Scope if number != scope_group::ITEMS => None,
            Self::Scope if signal == Signal::Metrics => Some(Self::Metric),
            Self::Scope => Some(Self::Item),
            Self::Metric => is_metric_data(number).then_some(Self::Data),
            // All five kinds of data have their points in the same field.
            Self::Data => (number == gauge::DATA_POINTS).then_some(Self::Item),
            Self::Item => None,
        }
    }
}

#[inline]
const fn is_metric_data(number: u32) -> bool {
    matches!(
        number,
        metric::GAUGE
            | metric::SUM
            | metric::HISTOGRAM
            | metric::EXPONENTIAL_HISTOGRAM
            | metric::SUMMARY
    )
}

/// Spans, data points or log records of a request; what is behind a broken field does not count.
#[must_use]
pub fn count_items(signal: Signal, request: &[u8]) -> usize {
    count(Level::Request, signal, request)
}

/// Items inside a message, or one if it is an item.
pub(super) fn count(level: Level, signal: Signal, message: &[u8]) -> usize {
    if level == Level::Item {
        return 1;
    }
    let mut items = 0;
    let mut fields = Fields::new(message);
    while let Ok(Some(field)) = fields.read() {
        if let (Some(child), Some(content)) = (level.child(signal, field.number), field.bytes()) {
            items += count(child, signal, content);
        }
    }
    items
}
