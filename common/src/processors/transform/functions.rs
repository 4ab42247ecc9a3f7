//! The functions on metrics that only `transform` has.
//!
//! Source: `internal/metrics` of the Collector's `transformprocessor`.

mod buckets;
mod extract;
mod kinds;
mod scale;

use crate::{
    otlp::{
        edit::Draft,
        field_numbers::gauge,
        metric::{DataKind, attributes_field},
    },
    ottl::functions::Function,
};

/// All of them, one list for each kind of work.
pub(super) const METRIC_FUNCTIONS: [&[Function]; 4] =
    [buckets::FUNCTIONS, extract::FUNCTIONS, kinds::FUNCTIONS, scale::FUNCTIONS];

/// Edits each data point of a metric.
fn edit_points(metric: &mut Draft<'_>, kind: DataKind, mut edit: impl FnMut(&mut Draft<'_>)) {
    metric.edit_message(kind.field(), 0, |data| {
        let edited: Vec<Vec<u8>> = data
            .message()
            .repeated(gauge::DATA_POINTS)
            .map(|point| {
                let mut point = Draft::new(point, attributes_field(kind));
                edit(&mut point);
                point.bytes().to_vec()
            })
            .collect();
        data.set_repeated(gauge::DATA_POINTS, edited.iter().map(Vec::as_slice));
    });
}
