//! Items: what is counted, dropped and conditioned on. Spans, log records and data points.

#[cfg(test)]
mod tests;

use super::{
    attributes::Attributes,
    field_numbers::{log_record, span},
    log_record::LogRecordView,
    message::contents,
    metric::{DataPointView, MetricView, encoded_points},
    scope::ScopeView,
    span::SpanView,
};
use crate::{
    otlp::field_numbers::{resource_group, scope_group},
    signal::Signal,
};

/// An item, read in place.
#[derive(Clone, Copy, Debug)]
pub enum ItemView<'a> {
    /// A span.
    Span(SpanView<'a>),
    /// A log record.
    LogRecord(LogRecordView<'a>),
    /// A data point with the metric it is of.
    DataPoint(MetricView<'a>, DataPointView<'a>),
}

impl<'a> ItemView<'a> {
    /// The attributes.
    #[must_use]
    pub const fn attributes(self) -> Attributes<'a> {
        match self {
            Self::Span(span) => span.attributes(),
            Self::LogRecord(record) => record.attributes(),
            Self::DataPoint(_, point) => point.attributes(),
        }
    }
}

/// The items of a scope.
pub fn items<'a>(
    signal: Signal,
    scope: &ScopeView<'a>,
) -> impl Iterator<Item = ItemView<'a>> + use<'a> {
    scope.entries().flat_map(move |(_, entry)| {
        let single = match signal {
            Signal::Traces => Some(ItemView::Span(SpanView::new(entry))),
            Signal::Logs => Some(ItemView::LogRecord(LogRecordView::new(entry))),
            Signal::Metrics => None,
        };
        let points = if single.is_none() { entry } else { &[] };
        single.into_iter().chain(encoded_points(points).map(move |(kind, point)| {
            ItemView::DataPoint(MetricView::new(entry), DataPointView::new(kind, point))
        }))
    })
}

/// The data points of a metric.
pub fn points(metric: &[u8]) -> impl Iterator<Item = DataPointView<'_>> {
    encoded_points(metric).map(|(kind, point)| DataPointView::new(kind, point))
}

/// The field that holds the attributes of a span or log record, or the metadata of a metric.
pub(super) const fn entry_attributes(signal: Signal) -> u32 {
    match signal {
        Signal::Traces => span::ATTRIBUTES,
        Signal::Logs => log_record::ATTRIBUTES,
        Signal::Metrics => super::field_numbers::metric::METADATA,
    }
}

/// Items in the wrapper of a resource.
pub(super) fn count_in_resource(signal: Signal, wrapper: &[u8]) -> usize {
    contents(wrapper, resource_group::SCOPES).map(|scope| count_in_scope(signal, scope)).sum()
}

/// Items in the wrapper of a scope.
pub(super) fn count_in_scope(signal: Signal, wrapper: &[u8]) -> usize {
    contents(wrapper, scope_group::ITEMS).map(|entry| count_in_entry(signal, entry)).sum()
}

/// Items in what a scope lists: a span, a log record or a metric.
pub(super) fn count_in_entry(signal: Signal, entry: &[u8]) -> usize {
    match signal {
        Signal::Traces | Signal::Logs => 1,
        Signal::Metrics => encoded_points(entry).count(),
    }
}
