//! `scale_metric`.

use super::edit_points;
use crate::{
    otlp::{
        edit::Draft,
        field_numbers::{
            exemplar, histogram_data_point as histogram, metric, number_data_point as number,
            summary_data_point as summary, value_at_quantile,
        },
        metric::{DataKind, DataPointView, ExemplarView, NumberValue, exemplars_field},
    },
    ottl::{
        Context, Error, Failure,
        functions::{Arguments, Editor, Function, Make},
    },
};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "scale_metric",
    parameters: &["multiplier", "unit?"],
    about: "multiplies all values of a metric, except of an exponential histogram",
    contexts: &[Context::Metric],
    make: Make::Editor(scale_metric),
}];

fn scale_metric(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let multiplier = arguments.get("multiplier")?.literal_double()?;
    let unit = arguments.find("unit").map(|unit| unit.text()).transpose()?;
    Ok(Editor::new(move |cursor| {
        let view = cursor.view();
        let unit =
            unit.as_ref().map(|unit| unit.text(view)).transpose()?.map(|unit| unit.into_owned());
        let kind = cursor.place.metric_view().data().map(|data| data.kind());
        let metric = &mut cursor.place.metric;
        match kind {
            Some(kind @ (DataKind::Gauge | DataKind::Sum)) => {
                edit_points(metric, kind, |point| scale_number(point, kind, multiplier));
            }
            Some(DataKind::Histogram) => {
                edit_points(metric, DataKind::Histogram, |point| {
                    scale_histogram(point, multiplier)
                });
            }
            Some(DataKind::Summary) => {
                edit_points(metric, DataKind::Summary, |point| scale_summary(point, multiplier));
            }
            Some(DataKind::ExponentialHistogram) => {
                return Err(Failure::new("exponential histograms cannot be scaled"));
            }
            None => return Err(Failure::new("a metric without data cannot be scaled")),
        }
        if let Some(unit) = unit {
            metric.set_string(metric::UNIT, &unit);
        }
        Ok(())
    }))
}

fn scale_number(point: &mut Draft<'_>, kind: DataKind, multiplier: f64) {
    match DataPointView::new(kind, point.bytes()).value() {
        Some(NumberValue::Int(int)) => {
            let scaled = (int as f64 * multiplier) as i64;
            point.set_fixed64(number::AS_INT, scaled as u64);
        }
        Some(NumberValue::Double(double)) => {
            point.set_double(number::AS_DOUBLE, double * multiplier);
        }
        None => {}
    }
}

fn scale_histogram(point: &mut Draft<'_>, multiplier: f64) {
    for field in [histogram::SUM, histogram::MIN, histogram::MAX] {
        if let Some(double) = point.message().double(field) {
            point.set_double(field, double * multiplier);
        }
    }
    let bounds = point.message().doubles(histogram::EXPLICIT_BOUNDS);
    let bounds: Vec<u8> = bounds.flat_map(|bound| (bound * multiplier).to_le_bytes()).collect();
    if !bounds.is_empty() {
        point.set_bytes(histogram::EXPLICIT_BOUNDS, &bounds);
    }
    if let Some(exemplars) = exemplars_field(DataKind::Histogram) {
        scale_each(point, exemplars, |one| scale_exemplar(one, multiplier));
    }
}

fn scale_exemplar(one: &mut Draft<'_>, multiplier: f64) {
    match ExemplarView::new(one.bytes()).value() {
        Some(NumberValue::Int(int)) => {
            let scaled = (int as f64 * multiplier) as i64;
            one.set_fixed64(exemplar::AS_INT, scaled as u64);
        }
        Some(NumberValue::Double(double)) => {
            one.set_double(exemplar::AS_DOUBLE, double * multiplier);
        }
        None => {}
    }
}

fn scale_summary(point: &mut Draft<'_>, multiplier: f64) {
    let sum = point.message().double(summary::SUM).unwrap_or_default();
    point.set_double(summary::SUM, sum * multiplier);
    scale_each(point, summary::QUANTILE_VALUES, |one| {
        let value = one.message().double(value_at_quantile::VALUE).unwrap_or_default();
        one.set_double(value_at_quantile::VALUE, value * multiplier);
    });
}

/// Edits the messages in a repeated field.
fn scale_each(point: &mut Draft<'_>, number: u32, mut edit: impl FnMut(&mut Draft<'_>)) {
    let edited: Vec<Vec<u8>> = point
        .message()
        .repeated(number)
        .map(|one| {
            let mut one = Draft::new(one, 0);
            edit(&mut one);
            one.bytes().to_vec()
        })
        .collect();
    if !edited.is_empty() {
        point.set_repeated(number, edited.iter().map(Vec::as_slice));
    }
}
