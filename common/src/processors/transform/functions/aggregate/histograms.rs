//! Points of histograms that become one, with the exemplars of all.

use std::cmp::Ordering;

use super::super::set_fixed64s;
use crate::{
    otlp::{
        edit::Draft,
        field_numbers::{
            buckets, exponential_histogram_data_point as exponential,
            histogram_data_point as histogram,
        },
        metric::{BucketsView, DataPointView},
    },
    ottl::Failure,
    wire::writer::{put_bytes_field, put_varint, put_varint_field},
};

/// The most buckets that one side of an exponential histogram may come to have.
const MAX_BUCKETS: i64 = 1 << 14;

/// Joins points with the same bounds.
pub(super) fn join_explicit(
    point: &mut Draft<'_>,
    first: DataPointView<'_>,
    others: &[DataPointView<'_>],
) -> Result<(), Failure> {
    let mut total = Total::of(first);
    let mut counts: Vec<u64> = first.bucket_counts().collect();
    for other in others.iter().filter(|other| other.count() != Some(0)) {
        total.add(*other);
        let theirs: Vec<u64> = other.bucket_counts().collect();
        if theirs.len() > counts.len() {
            let (theirs, ours) = (theirs.len(), counts.len());
            let message =
                format!("{theirs} buckets cannot be added to {ours} with the same bounds");
            return Err(Failure::new(message));
        }
        for (ours, theirs) in counts.iter_mut().zip(theirs) {
            *ours = ours.wrapping_add(theirs);
        }
    }
    if total.is_changed {
        total.write(point, [histogram::MIN, histogram::MAX], histogram::EXEMPLARS);
        set_fixed64s(point, histogram::BUCKET_COUNTS, &counts);
    }
    Ok(())
}

/// Joins points of the same scale.
pub(super) fn join_exponential(
    point: &mut Draft<'_>,
    first: DataPointView<'_>,
    others: &[DataPointView<'_>],
) -> Result<(), Failure> {
    let mut total = Total::of(first);
    let mut zero = first.zero_count().unwrap_or_default();
    let [mut negative, mut positive] = [first.negative(), first.positive()].map(Side::of);
    for other in others.iter().filter(|other| other.count() != Some(0)) {
        total.add(*other);
        zero = zero.wrapping_add(other.zero_count().unwrap_or_default());
        negative.add(Side::of(other.negative()))?;
        positive.add(Side::of(other.positive()))?;
    }
    if total.is_changed {
        total.write(point, [exponential::MIN, exponential::MAX], exponential::EXEMPLARS);
        point.set_fixed64(exponential::ZERO_COUNT, zero);
        negative.write(point, exponential::NEGATIVE);
        positive.write(point, exponential::POSITIVE);
    }
    Ok(())
}

/// What all histograms have.
struct Total<'a> {
    is_changed: bool,
    count: u64,
    sum: f64,
    min: Option<f64>,
    max: Option<f64>,
    start: u64,
    exemplars: Vec<&'a [u8]>,
}

impl<'a> Total<'a> {
    fn of(point: DataPointView<'a>) -> Self {
        Self {
            is_changed: false,
            count: point.count().unwrap_or_default(),
            sum: point.sum().unwrap_or_default(),
            min: point.min(),
            max: point.max(),
            start: point.start_time(),
            exemplars: point.encoded_exemplars().collect(),
        }
    }

    fn add(&mut self, other: DataPointView<'a>) {
        self.is_changed = true;
        self.count = self.count.wrapping_add(other.count().unwrap_or_default());
        self.sum += other.sum().unwrap_or_default();
        for (ours, theirs, beyond) in [
            (&mut self.min, other.min(), Ordering::Less),
            (&mut self.max, other.max(), Ordering::Greater),
        ] {
            if let (Some(ours), Some(theirs)) = (ours, theirs)
                && theirs.partial_cmp(ours) == Some(beyond)
            {
                *ours = theirs;
            }
        }
        self.start = self.start.min(other.start_time());
        self.exemplars.extend(other.encoded_exemplars());
    }

    fn write(&self, point: &mut Draft<'_>, [min, max]: [u32; 2], exemplars: u32) {
        // These three are the same fields in both kinds.
        point.set_fixed64(histogram::START_TIME_UNIX_NANO, self.start);
        point.set_fixed64(histogram::COUNT, self.count);
        point.set_double(histogram::SUM, self.sum);
        for (number, value) in [(min, self.min), (max, self.max)] {
            if let Some(value) = value {
                point.set_double(number, value);
            }
        }
        point.set_repeated(exemplars, self.exemplars.iter().copied());
    }
}

/// The buckets above or below zero.
#[derive(Debug, Default)]
struct Side {
    offset: i64,
    counts: Vec<u64>,
}

impl Side {
    fn of(buckets: Option<BucketsView<'_>>) -> Self {
        buckets.map_or_else(Self::default, |buckets| Self {
            offset: buckets.offset().into(),
            counts: buckets.bucket_counts().collect(),
        })
    }

    fn end(&self) -> i64 {
        self.offset + self.counts.len() as i64
    }

    fn add(&mut self, other: Self) -> Result<(), Failure> {
        if other.counts.is_empty() {
            return Ok(());
        }
        if self.counts.is_empty() {
            *self = other;
            return Ok(());
        }
        let offset = self.offset.min(other.offset);
        let buckets = self.end().max(other.end()) - offset;
        if buckets > MAX_BUCKETS.max(self.counts.len().max(other.counts.len()) as i64) {
            return Err(Failure::new(format!(
                "the joined histogram would have {buckets} buckets, which are more than {MAX_BUCKETS}"
            )));
        }
        let mut counts = vec![0_u64; buckets as usize];
        for side in [&*self, &other] {
            let places = counts.iter_mut().skip((side.offset - offset) as usize);
            for (place, count) in places.zip(&side.counts) {
                *place = place.wrapping_add(*count);
            }
        }
        *self = Self { offset, counts };
        Ok(())
    }

    fn write(&self, point: &mut Draft<'_>, number: u32) {
        if self.counts.is_empty() {
            return;
        }
        let mut packed = Vec::new();
        self.counts.iter().for_each(|count| put_varint(&mut packed, *count));
        let offset = self.offset as i32;
        let mut out = Vec::new();
        // Small negative numbers are short.
        let zigzag = ((offset << 1) ^ (offset >> 31)) as u32;
        put_varint_field(&mut out, buckets::OFFSET, zigzag.into());
        put_bytes_field(&mut out, buckets::BUCKET_COUNTS, &packed);
        point.set_bytes(number, &out);
    }
}
