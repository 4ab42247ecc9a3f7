//! Which value a share of all values is not greater than, as far as buckets tell.

use std::f64::consts::LN_2;

use crate::{
    otlp::metric::{BucketsView, DataPointView},
    ottl::Failure,
};

type Estimate = Result<Option<f64>, Failure>;

/// A bucket as the search for a rank comes upon it.
struct Found {
    index: usize,
    /// How far into the bucket the rank is, from 0 to 1.
    ratio: f64,
}

/// The bucket that a rank is in, counted from 1, or how many values there are.
fn find(counts: impl Iterator<Item = u64>, before: u64, rank: u64) -> Result<Found, u64> {
    let mut seen = before;
    for (index, count) in counts.enumerate() {
        let after = seen.saturating_add(count);
        if after >= rank {
            let ratio = rank.saturating_sub(seen) as f64 / count as f64;
            return Ok(Found { index, ratio });
        }
        seen = after;
    }
    Err(seen)
}

fn rank(count: u64, percentile: f64) -> u64 {
    (count as f64 * (percentile / 100.0)).ceil() as u64
}

fn too_few(rank: u64, seen: u64) -> Failure {
    Failure::new(format!(
        "the histogram is broken: its buckets hold {seen} values, so there is no value {rank}"
    ))
}

/// The estimate from a histogram with bounds; none if there are no buckets to estimate from.
pub(super) fn explicit(point: DataPointView<'_>, percentile: f64) -> Estimate {
    let count = point.count().unwrap_or_default();
    let counts: Vec<u64> = point.bucket_counts().collect();
    let bounds: Vec<f64> = point.explicit_bounds().collect();
    if count == 0 || counts.is_empty() {
        return Ok(None);
    }
    if counts.len() != bounds.len() + 1 {
        let (counts, bounds) = (counts.len(), bounds.len());
        let message =
            format!("the histogram is broken: it has {counts} buckets for {bounds} bounds");
        return Err(Failure::new(message));
    }
    let rank = rank(count, percentile);
    let (min, max) = (point.min(), point.max());
    let (Some(first), Some(last)) = (bounds.first().copied(), bounds.last().copied()) else {
        let (Some(min), Some(max)) = (min, max) else { return Ok(None) };
        let held = counts.first().copied().unwrap_or_default();
        return linear(min, max, rank as f64 / held as f64);
    };
    let Found { index, ratio } =
        find(counts.iter().copied(), 0, rank).map_err(|seen| too_few(rank, seen))?;
    if index == 0 {
        return match min.filter(|min| *min < first) {
            Some(min) => linear(min, first, ratio),
            // Nothing is known of how far below the bound the values are.
            None if first < 0.0 => Ok(Some(first)),
            None => linear(0.0, first, ratio),
        };
    }
    let lower = bounds.get(index - 1).copied().unwrap_or(last);
    match bounds.get(index).copied().or_else(|| max.filter(|max| *max > last)) {
        Some(upper) => linear(lower, upper, ratio),
        None => Ok(Some(lower)),
    }
}

/// The estimate from an exponential histogram; none if there are no buckets to estimate from.
pub(super) fn exponential(point: DataPointView<'_>, percentile: f64) -> Estimate {
    let counts = |side: Option<BucketsView<'_>>| -> Vec<u64> {
        side.map(|side| side.bucket_counts().collect()).unwrap_or_default()
    };
    let offset = |side: Option<BucketsView<'_>>| side.map_or(0, |side| i64::from(side.offset()));
    let count = point.count().unwrap_or_default();
    let zeros = point.zero_count().unwrap_or_default();
    let scale = point.scale().unwrap_or_default();
    let (negative, positive) = (counts(point.negative()), counts(point.positive()));
    if count == 0 || (negative.is_empty() && positive.is_empty() && zeros == 0) {
        return Ok(None);
    }
    let rank = rank(count, percentile);
    // The smallest values are in the last of the negative buckets.
    let below = match find(negative.iter().rev().copied(), 0, rank) {
        Ok(Found { index, ratio }) => {
            let index = (negative.len() - 1 - index) as i64 + offset(point.negative());
            let size = logarithmic(index, scale, 1.0 - ratio)?;
            return Ok(Some(-size));
        }
        Err(below) => below,
    };
    if let Ok(Found { ratio, .. }) = find(std::iter::once(zeros), below, rank) {
        let threshold = point.zero_threshold().unwrap_or_default();
        let lower = if negative.is_empty() && !positive.is_empty() { 0.0 } else { -threshold };
        let upper = if positive.is_empty() && !negative.is_empty() { 0.0 } else { threshold };
        return linear(lower, upper, ratio);
    }
    let before = below.saturating_add(zeros);
    let Found { index, ratio } =
        find(positive.iter().copied(), before, rank).map_err(|seen| too_few(rank, seen))?;
    logarithmic(index as i64 + offset(point.positive()), scale, ratio).map(Some)
}

fn linear(lower: f64, upper: f64, ratio: f64) -> Estimate {
    check(ratio)?;
    Ok(Some(lower + ratio * (upper - lower)))
}

fn check(ratio: f64) -> Result<(), Failure> {
    if !(0.0..=1.0).contains(&ratio) {
        return Err(Failure::new(
            "the histogram is broken: its buckets do not hold all its values",
        ));
    }
    Ok(())
}

/// The value so far into an exponential bucket.
fn logarithmic(index: i64, scale: i32, ratio: f64) -> Result<f64, Failure> {
    check(ratio)?;
    let (lower, upper) = (bound(index, scale), bound(index.saturating_add(1), scale));
    if lower <= 0.0 || lower >= upper {
        return Err(Failure::new(format!(
            "the histogram is broken: bucket {index} of scale {scale} lies outside of all numbers"
        )));
    }
    let (low, high) = (lower.log2(), upper.log2());
    Ok((low + (high - low) * ratio).exp2())
}

/// The lower bound of an exponential bucket.
fn bound(index: i64, scale: i32) -> f64 {
    if scale <= 0 {
        let exponent = index.saturating_mul(2_i64.saturating_pow(scale.unsigned_abs()));
        return (exponent as f64).exp2();
    }
    let factor = LN_2 * (-f64::from(scale)).exp2();
    (index as f64 * factor).exp()
}
