//! A metric, read in place.

mod data_point;
mod exemplar;
#[cfg(test)]
mod tests;

pub use data_point::{BucketsView, DataPointView, NumberValue, attributes_field, exemplars_field};
pub use exemplar::ExemplarView;

use std::ops::Range;

use super::{
    attributes::Attributes,
    field_numbers::{gauge, metric, sum},
    message::Message,
};
use crate::wire::Fields;

/// Which of the five kinds of data a metric has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataKind {
    /// Current values.
    Gauge,
    /// Sums.
    Sum,
    /// Histograms with explicit bounds.
    Histogram,
    /// Histograms with bounds that grow by a factor.
    ExponentialHistogram,
    /// Quantiles.
    Summary,
}

impl DataKind {
    /// All five.
    pub const ALL: [Self; 5] =
        [Self::Gauge, Self::Sum, Self::Histogram, Self::ExponentialHistogram, Self::Summary];

    /// The kind that a field of a metric holds.
    #[must_use]
    pub const fn of_field(number: u32) -> Option<Self> {
        Some(match number {
            metric::GAUGE => Self::Gauge,
            metric::SUM => Self::Sum,
            metric::HISTOGRAM => Self::Histogram,
            metric::EXPONENTIAL_HISTOGRAM => Self::ExponentialHistogram,
            metric::SUMMARY => Self::Summary,
            _ => return None,
        })
    }

    /// The field of a metric that holds this kind.
    #[must_use]
    pub const fn field(self) -> u32 {
        match self {
            Self::Gauge => metric::GAUGE,
            Self::Sum => metric::SUM,
            Self::Histogram => metric::HISTOGRAM,
            Self::ExponentialHistogram => metric::EXPONENTIAL_HISTOGRAM,
            Self::Summary => metric::SUMMARY,
        }
    }
}

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct MetricView<'a>(&'a [u8]);

impl<'a> MetricView<'a> {
    /// Reads an encoded metric.
    #[must_use]
    pub const fn new(metric: &'a [u8]) -> Self {
        Self(metric)
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.message().string(metric::NAME)
    }

    /// What it measures.
    #[must_use]
    pub fn description(self) -> &'a str {
        self.message().string(metric::DESCRIPTION)
    }

    /// The unit, as UCUM writes it.
    #[must_use]
    pub fn unit(self) -> &'a str {
        self.message().string(metric::UNIT)
    }

    /// What a source wanted to keep of its own model.
    #[must_use]
    pub const fn metadata(self) -> Attributes<'a> {
        Attributes::new(self.message(), metric::METADATA)
    }

    /// The data, if there is any. Of several kinds the last counts.
    #[must_use]
    pub fn data(self) -> Option<DataView<'a>> {
        let mut last: Option<(u32, usize)> = None;
        for field in self.message().fields() {
            if DataKind::of_field(field.number).is_some()
                && last.is_none_or(|(number, _)| number != field.number)
            {
                last = Some((field.number, field.start));
            }
        }
        let (number, start) = last?;
        let message = Message::singular(self.0.get(start..)?, number)?;
        Some(DataView { kind: DataKind::of_field(number)?, message })
    }

    const fn message(self) -> Message<'a> {
        Message::new(self.0)
    }
}

/// The data of a metric.
#[derive(Clone, Copy, Debug)]
pub struct DataView<'a> {
    kind: DataKind,
    message: Message<'a>,
}

impl<'a> DataView<'a> {
    /// What kind of data it is.
    #[must_use]
    pub const fn kind(self) -> DataKind {
        self.kind
    }

    /// The number of the `AggregationTemporality`; gauges and summaries have none.
    #[must_use]
    pub fn aggregation_temporality(self) -> Option<i32> {
        match self.kind {
            DataKind::Gauge | DataKind::Summary => None,
            // Sums and both kinds of histogram have it in the same field.
            _ => Some(self.message.int32(sum::AGGREGATION_TEMPORALITY)),
        }
    }

    /// Whether a sum only grows; other kinds have no such property.
    #[must_use]
    pub fn is_monotonic(self) -> Option<bool> {
        (self.kind == DataKind::Sum).then(|| self.message.varint(sum::IS_MONOTONIC) != 0)
    }

    /// The data points.
    pub fn points(self) -> impl Iterator<Item = DataPointView<'a>> + Clone + use<'a> {
        self.message
            .repeated(gauge::DATA_POINTS)
            .map(move |point| DataPointView::new(self.kind, point))
    }
}

/// Every data point of a metric, also those of a kind that a later one overrides, since they count.
///
/// Told is the kind and the encoded point.
pub(super) fn encoded_points(metric: &[u8]) -> impl Iterator<Item = (DataKind, &[u8])> + Clone {
    encoded_data(metric).flat_map(|(_, kind, data)| {
        super::message::contents(data, gauge::DATA_POINTS).map(move |point| (kind, point))
    })
}

/// The data of a metric, also such as a later one overrides: where the field lies, its kind and content.
pub(super) fn encoded_data(
    metric: &[u8],
) -> impl Iterator<Item = (Range<usize>, DataKind, &[u8])> + Clone {
    Fields::new(metric).map_while(Result::ok).filter_map(|field| {
        Some((field.start..field.end, DataKind::of_field(field.number)?, field.bytes()?))
    })
}
