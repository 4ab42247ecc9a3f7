//! The buckets of an exponential histogram spread over explicit ones.
//!
//! There is one count for each bound, as upstream has it. Values below zero are not among them.

use std::{f64::consts::LN_2, ops::RangeInclusive};

use crate::otlp::metric::DataPointView;

/// Where the values of a bucket go that lies across bounds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spread {
    /// All to where its upper bound is.
    Upper,
    /// All to where its middle is.
    Midpoint,
    /// As many to each of those it touches.
    Uniform,
    /// To those it touches, by how far it reaches into each and by chance.
    Random,
}

impl Spread {
    /// The counts for bounds, of which there is at least one.
    pub(super) fn counts(self, point: DataPointView<'_>, bounds: &[f64]) -> Vec<u64> {
        let mut counts = vec![0_u64; bounds.len()];
        if let (Some(0.0), Some(first)) = (bounds.first(), counts.first_mut()) {
            *first = point.zero_count().unwrap_or_default();
        }
        let Some(positive) = point.positive() else { return counts };
        let factor = LN_2 * (-f64::from(point.scale().unwrap_or_default())).exp2();
        let edge = |index: i32| (f64::from(index) * factor).exp();
        let mut index = positive.offset();
        for count in positive.bucket_counts() {
            let next = index.wrapping_add(1);
            self.put(count, [edge(index), edge(next)], bounds, &mut counts);
            index = next;
        }
        counts
    }

    fn put(self, count: u64, edges: [f64; 2], bounds: &[f64], counts: &mut [u64]) {
        let [lower, upper] = edges;
        let last = bounds.len().saturating_sub(1);
        let is_beyond = bounds.last().is_some_and(|bound| lower > *bound);
        let within = || {
            bounds.windows(2).position(|pair| matches!(pair, [a, b] if lower > *a && upper <= *b))
        };
        if is_beyond {
            return add(counts, last, count);
        }
        if let Some(index) = within() {
            return add(counts, index, count);
        }
        let reached = |value: f64| bounds.iter().position(|bound| value <= *bound);
        match self {
            Self::Upper => add(counts, reached(upper).unwrap_or(last), count),
            Self::Midpoint => {
                let index = reached((upper + lower) / 2.0).map(|index| index.saturating_sub(1));
                add(counts, index.unwrap_or(last), count);
            }
            Self::Uniform | Self::Random => {
                let start = reached(lower).unwrap_or(last);
                let end = reached(upper).unwrap_or(last).max(start);
                match self {
                    Self::Random => by_chance(count, edges, bounds, (start..=end, counts)),
                    _ => evenly(count, (start..=end, counts)),
                }
            }
        }
    }
}

/// Some of the counts.
type Part<'c> = (RangeInclusive<usize>, &'c mut [u64]);

fn add(counts: &mut [u64], index: usize, count: u64) {
    if let Some(place) = counts.get_mut(index) {
        *place = place.wrapping_add(count);
    }
}

fn evenly(count: u64, (range, counts): Part<'_>) {
    let parts = range.clone().count().max(1) as u64;
    let (each, rest) = (count / parts, count % parts);
    for (index, place) in range.enumerate() {
        add(counts, place, each + u64::from((index as u64) < rest));
    }
}

fn by_chance(count: u64, [lower, upper]: [f64; 2], bounds: &[f64], (range, counts): Part<'_>) {
    let bound = |index: usize| bounds.get(index).copied().unwrap_or(upper);
    let mut left = count;
    for index in range.clone().filter(|_| range.start() < range.end()) {
        let from = index.checked_sub(1).map_or(lower, bound).max(lower);
        let share = (bound(index).min(upper) - from) / (upper - lower);
        let chosen = (fastrand::f64() * (count as f64 * share).trunc()) as u64;
        let chosen = chosen.min(left);
        add(counts, index, chosen);
        left -= chosen;
    }
    // The rest could go to any of them one by one, which would take long for many.
    let first = fastrand::usize(range.clone());
    let places = range.clone().count().max(1);
    let (each, rest) = (left / places as u64, left % places as u64);
    for (turn, index) in range.clone().cycle().skip(first - range.start()).take(places).enumerate()
    {
        add(counts, index, each + u64::from((turn as u64) < rest));
    }
}
