//! The functions on metrics that only `transform` has.
//!
//! Source: `internal/metrics` of the Collector's `transformprocessor`.

mod aggregate;
mod buckets;
mod explicit;
mod extract;
mod kinds;
mod percentile;
mod scale;

use crate::{
    otlp::{
        edit::Draft,
        field_numbers::{gauge, metric},
        metric::{DataKind, attributes_field},
    },
    ottl::functions::Function,
};

/// All of them, one list for each kind of work.
pub(super) const METRIC_FUNCTIONS: [&[Function]; 7] = [
    aggregate::FUNCTIONS,
    buckets::FUNCTIONS,
    explicit::FUNCTIONS,
    extract::FUNCTIONS,
    kinds::FUNCTIONS,
    percentile::FUNCTIONS,
    scale::FUNCTIONS,
];

/// Edits each data point of a metric.
fn edit_points(metric: &mut Draft<'_>, kind: DataKind, edit: impl FnMut(&mut Draft<'_>)) {
    metric.edit_message(kind.field(), 0, |data| {
        data.edit_messages(gauge::DATA_POINTS, attributes_field(kind), edit);
    });
}

/// Gives a metric other data, which is all of it but its name, description and unit.
fn set_data(metric: &mut Draft<'_>, kind: DataKind, data: &[u8]) {
    metric.clear(metric::METADATA);
    for other in DataKind::ALL.into_iter().filter(|other| *other != kind) {
        metric.clear(other.field());
    }
    metric.set_bytes(kind.field(), data);
}

/// Sets a field of repeated doubles.
fn set_doubles(point: &mut Draft<'_>, number: u32, doubles: &[f64]) {
    let packed: Vec<u8> = doubles.iter().flat_map(|double| double.to_le_bytes()).collect();
    point.set_bytes(number, &packed);
}

/// Sets a field of repeated integers of eight bytes.
fn set_fixed64s(point: &mut Draft<'_>, number: u32, integers: &[u64]) {
    let packed: Vec<u8> = integers.iter().flat_map(|integer| integer.to_le_bytes()).collect();
    point.set_bytes(number, &packed);
}

#[cfg(test)]
mod tests;
