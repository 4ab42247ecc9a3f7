//! Points of gauges and sums that become one, in the type of the first.

use std::cmp::Ordering::Equal;

use super::Aggregation;
use crate::otlp::{
    edit::Draft,
    field_numbers::number_data_point as number,
    metric::{DataPointView, NumberValue},
};

/// Joins a group in its first point.
pub(super) fn join(point: &mut Draft<'_>, group: &[DataPointView<'_>], aggregation: Aggregation) {
    // One point stays what it is, also where points are counted: so it is upstream.
    let Some((first, [_, ..])) = group.split_first() else { return };
    match first.value() {
        Some(NumberValue::Int(_)) => {
            point.clear(number::AS_DOUBLE);
            point.set_fixed64(number::AS_INT, int(group, aggregation) as u64);
        }
        Some(NumberValue::Double(_)) => {
            point.clear(number::AS_INT);
            point.set_double(number::AS_DOUBLE, double(group, aggregation));
        }
        None => return,
    }
    if let Some(start) = group.iter().map(|one| one.start_time()).min()
        && start < first.start_time()
    {
        point.set_fixed64(number::START_TIME_UNIX_NANO, start);
    }
}

fn int(group: &[DataPointView<'_>], aggregation: Aggregation) -> i64 {
    let count = group.len() as i64;
    let mut ints: Vec<i64> = group.iter().map(|one| as_int(*one)).collect();
    // Upstream adds up what is an integer only.
    let exact = group.iter().filter_map(|one| match one.value() {
        Some(NumberValue::Int(int)) => Some(int),
        _ => None,
    });
    let sum = exact.fold(0_i64, i64::wrapping_add);
    match aggregation {
        Aggregation::Sum => sum,
        Aggregation::Mean => sum.wrapping_div(count.max(1)),
        Aggregation::Min => ints.into_iter().min().unwrap_or_default(),
        Aggregation::Max => ints.into_iter().max().unwrap_or_default(),
        Aggregation::Count => count,
        Aggregation::Median => {
            ints.sort_unstable();
            match middle(&ints) {
                [below, above] if ints.len().is_multiple_of(2) => below.wrapping_add(above) / 2,
                [_, above] => above,
            }
        }
    }
}

fn double(group: &[DataPointView<'_>], aggregation: Aggregation) -> f64 {
    let count = group.len() as f64;
    let mut doubles: Vec<f64> = group.iter().map(|one| as_double(*one)).collect();
    let (first, others) = doubles.split_first().map_or((0.0, &[][..]), |(a, b)| (*a, b));
    let fold = |with: fn(f64, f64) -> f64| others.iter().fold(first, |a, b| with(a, *b));
    match aggregation {
        Aggregation::Sum => fold(|a, b| a + b),
        Aggregation::Mean => fold(|a, b| a + b) / count,
        Aggregation::Min => fold(|a, b| extreme(a, b, f64::NEG_INFINITY, f64::min)),
        Aggregation::Max => fold(|a, b| extreme(a, b, f64::INFINITY, f64::max)),
        Aggregation::Count => count,
        Aggregation::Median => {
            // What is no number comes first.
            doubles.sort_by(|a, b| {
                b.is_nan().cmp(&a.is_nan()).then_with(|| a.partial_cmp(b).unwrap_or(Equal))
            });
            match middle(&doubles) {
                [below, above] if doubles.len().is_multiple_of(2) => (below + above) / 2.0,
                [_, above] => above,
            }
        }
    }
}

/// The smaller or greater of two, which is none if one of them is no number, except at the very end.
fn extreme(a: f64, b: f64, end: f64, choose: fn(f64, f64) -> f64) -> f64 {
    if a == end || b == end {
        end
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        choose(a, b)
    }
}

/// The two in the middle of a sorted list, which are the same one if their number is odd.
fn middle<T: Copy + Default>(sorted: &[T]) -> [T; 2] {
    let at = |index| sorted.get(index).copied().unwrap_or_default();
    let half = sorted.len() / 2;
    let below = if sorted.len().is_multiple_of(2) { half.saturating_sub(1) } else { half };
    [at(below), at(half)]
}

fn as_int(point: DataPointView<'_>) -> i64 {
    match point.value() {
        Some(NumberValue::Int(int)) => int,
        Some(NumberValue::Double(double)) => double as i64,
        None => 0,
    }
}

fn as_double(point: DataPointView<'_>) -> f64 {
    match point.value() {
        Some(NumberValue::Int(int)) => int as f64,
        Some(NumberValue::Double(double)) => double,
        None => 0.0,
    }
}
