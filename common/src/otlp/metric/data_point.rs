//! Data points of all five kinds, read in place.
//!
//! What a kind does not have reads as nothing, so that a condition may ask any point for anything.

use super::{Attributes, DataKind, ExemplarView, Message};
use crate::{
    otlp::field_numbers::{
        buckets, exponential_histogram_data_point as exponential,
        histogram_data_point as histogram, number_data_point as number,
        summary_data_point as summary, value_at_quantile,
    },
    wire::Value,
};

/// A data point.
#[derive(Clone, Copy, Debug)]
pub struct DataPointView<'a> {
    kind: DataKind,
    message: Message<'a>,
}

impl<'a> DataPointView<'a> {
    /// Reads an encoded data point of a kind.
    #[must_use]
    pub const fn new(kind: DataKind, point: &'a [u8]) -> Self {
        Self { kind, message: Message::new(point) }
    }

    /// What kind of point it is.
    #[must_use]
    pub const fn kind(self) -> DataKind {
        self.kind
    }

    /// The attributes.
    #[must_use]
    pub const fn attributes(self) -> Attributes<'a> {
        Attributes::new(self.message, attributes_field(self.kind))
    }

    /// The encoded point, if it stands in one piece, as all points of a list do.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        match self.message.whole() {
            Some(bytes) => bytes,
            None => &[],
        }
    }

    /// The exemplars as they are encoded.
    pub fn encoded_exemplars(self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let (message, number) = match exemplars_field(self.kind) {
            Some(number) => (self.message, number),
            None => (Message::EMPTY, 0),
        };
        message.repeated(number)
    }

    /// The attributes as they are encoded, each a `KeyValue`.
    pub fn encoded_attributes(self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        self.message.repeated(attributes_field(self.kind))
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub fn start_time(self) -> u64 {
        // The same field in every kind, as is the time.
        self.message.fixed64(number::START_TIME_UNIX_NANO)
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub fn time(self) -> u64 {
        self.message.fixed64(number::TIME_UNIX_NANO)
    }

    /// Whether the point says that there is no value, and bits yet unknown.
    #[must_use]
    pub fn flags(self) -> u32 {
        self.message.uint32(match self.kind {
            DataKind::Gauge | DataKind::Sum => number::FLAGS,
            DataKind::Histogram => histogram::FLAGS,
            DataKind::ExponentialHistogram => exponential::FLAGS,
            DataKind::Summary => summary::FLAGS,
        })
    }

    /// The value of a gauge or sum.
    #[must_use]
    pub fn value(self) -> Option<NumberValue> {
        self.is_number()
            .then(|| NumberValue::read(self.message, number::AS_DOUBLE, number::AS_INT))?
    }

    /// How many values there were, in a histogram or summary.
    #[must_use]
    pub fn count(self) -> Option<u64> {
        (!self.is_number()).then(|| self.message.fixed64(histogram::COUNT))
    }

    /// The sum of the values, in a histogram or summary.
    #[must_use]
    pub fn sum(self) -> Option<f64> {
        match self.kind {
            DataKind::Gauge | DataKind::Sum => None,
            DataKind::Summary => Some(self.message.double(summary::SUM).unwrap_or_default()),
            _ => self.message.double(histogram::SUM),
        }
    }

    /// The smallest value, in a histogram.
    #[must_use]
    pub fn min(self) -> Option<f64> {
        self.in_histogram(histogram::MIN, exponential::MIN)
    }

    /// The greatest value, in a histogram.
    #[must_use]
    pub fn max(self) -> Option<f64> {
        self.in_histogram(histogram::MAX, exponential::MAX)
    }

    /// The counts of a histogram with explicit bounds.
    pub fn bucket_counts(self) -> impl Iterator<Item = u64> + Clone + use<'a> {
        self.if_kind(DataKind::Histogram).fixed64s(histogram::BUCKET_COUNTS)
    }

    /// The bounds of a histogram with explicit bounds.
    pub fn explicit_bounds(self) -> impl Iterator<Item = f64> + Clone + use<'a> {
        self.if_kind(DataKind::Histogram).doubles(histogram::EXPLICIT_BOUNDS)
    }

    /// The scale of an exponential histogram.
    #[must_use]
    pub fn scale(self) -> Option<i32> {
        self.exponential().map(|message| zigzag(message.varint(exponential::SCALE)))
    }

    /// The values around zero of an exponential histogram.
    #[must_use]
    pub fn zero_count(self) -> Option<u64> {
        self.exponential().map(|message| message.fixed64(exponential::ZERO_COUNT))
    }

    /// How wide "around zero" is in an exponential histogram.
    #[must_use]
    pub fn zero_threshold(self) -> Option<f64> {
        let message = self.exponential()?;
        Some(message.double(exponential::ZERO_THRESHOLD).unwrap_or_default())
    }

    /// The buckets above zero of an exponential histogram.
    #[must_use]
    pub fn positive(self) -> Option<BucketsView<'a>> {
        self.exponential()?.message(exponential::POSITIVE).map(BucketsView)
    }

    /// The buckets below zero of an exponential histogram.
    #[must_use]
    pub fn negative(self) -> Option<BucketsView<'a>> {
        self.exponential()?.message(exponential::NEGATIVE).map(BucketsView)
    }

    /// The quantiles of a summary with their values.
    pub fn quantiles(self) -> impl Iterator<Item = (f64, f64)> + Clone + use<'a> {
        self.if_kind(DataKind::Summary).repeated(summary::QUANTILE_VALUES).map(|pair| {
            let pair = Message::new(pair);
            let double = |number| pair.double(number).unwrap_or_default();
            (double(value_at_quantile::QUANTILE), double(value_at_quantile::VALUE))
        })
    }

    /// The exemplars; summaries have none.
    pub fn exemplars(self) -> impl Iterator<Item = ExemplarView<'a>> + Clone + use<'a> {
        self.encoded_exemplars().map(ExemplarView::new)
    }

    const fn is_number(self) -> bool {
        matches!(self.kind, DataKind::Gauge | DataKind::Sum)
    }

    fn if_kind(self, kind: DataKind) -> Message<'a> {
        if self.kind == kind { self.message } else { Message::EMPTY }
    }

    fn exponential(self) -> Option<Message<'a>> {
        (self.kind == DataKind::ExponentialHistogram).then_some(self.message)
    }

    fn in_histogram(self, explicit: u32, exponential: u32) -> Option<f64> {
        match self.kind {
            DataKind::Histogram => self.message.double(explicit),
            DataKind::ExponentialHistogram => self.message.double(exponential),
            _ => None,
        }
    }
}

/// The field that holds the attributes of a data point.
#[must_use]
pub const fn attributes_field(kind: DataKind) -> u32 {
    match kind {
        DataKind::Gauge | DataKind::Sum => number::ATTRIBUTES,
        DataKind::Histogram => histogram::ATTRIBUTES,
        DataKind::ExponentialHistogram => exponential::ATTRIBUTES,
        DataKind::Summary => summary::ATTRIBUTES,
    }
}

/// The field that holds the exemplars of a data point, if the kind has them.
#[must_use]
pub const fn exemplars_field(kind: DataKind) -> Option<u32> {
    match kind {
        DataKind::Gauge | DataKind::Sum => Some(number::EXEMPLARS),
        DataKind::Histogram => Some(histogram::EXEMPLARS),
        DataKind::ExponentialHistogram => Some(exponential::EXEMPLARS),
        DataKind::Summary => None,
    }
}

/// The buckets of one side of an exponential histogram.
#[derive(Clone, Copy, Debug)]
pub struct BucketsView<'a>(Message<'a>);

impl<'a> BucketsView<'a> {
    /// The index of the first bucket.
    #[must_use]
    pub fn offset(self) -> i32 {
        zigzag(self.0.varint(buckets::OFFSET))
    }

    /// The counts from there on.
    pub fn bucket_counts(self) -> impl Iterator<Item = u64> + Clone + use<'a> {
        self.0.varints(buckets::BUCKET_COUNTS)
    }
}

/// The value of a gauge, a sum or an exemplar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NumberValue {
    /// An integer.
    Int(i64),
    /// A floating point number.
    Double(f64),
}

impl NumberValue {
    pub(super) fn read(message: Message<'_>, double: u32, int: u32) -> Option<Self> {
        let last = message.fields().filter(|field| [double, int].contains(&field.number)).last()?;
        match last.value {
            Value::Fixed64(bits) if last.number == int => Some(Self::Int(bits as i64)),
            Value::Fixed64(bits) => Some(Self::Double(f64::from_bits(bits))),
            _ => None,
        }
    }
}

const fn zigzag(encoded: u64) -> i32 {
    let encoded = encoded as u32;
    (encoded >> 1) as i32 ^ -((encoded & 1) as i32)
}
