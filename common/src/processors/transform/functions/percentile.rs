//! `extract_percentile_metric`.

mod estimate;

use crate::{
    otlp::{
        any_value::AnyValue,
        metric::{DataKind, NumberValue},
    },
    ottl::{
        Context, Error,
        functions::{Arg, Arguments, Editor, Function, Make},
    },
};

use super::extract::Points;

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "extract_percentile_metric",
    parameters: &["percentile", "suffix?"],
    about: "adds a gauge of a percentile of a histogram, estimated from its buckets",
    contexts: &[Context::Metric],
    make: Make::Editor(extract_percentile_metric),
}];

fn extract_percentile_metric(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let percentile = arguments.get("percentile")?;
    let share = percentile.literal_double()?;
    if !(share > 0.0 && share < 100.0) {
        let message = format!("the percentile must be between 0.0 and 100.0, not {share}");
        return Err(percentile.error(message));
    }
    let name = short(share);
    let suffix = arguments.find("suffix").map(Arg::literal_text).transpose()?;
    let suffix = suffix.filter(|text| !text.is_empty()).unwrap_or_else(|| format!("_p{name}"));
    Ok(Editor::new(move |cursor| {
        let source = cursor.place.metric_view();
        let Some(data) = source.data() else { return Ok(()) };
        let estimate = match data.kind() {
            DataKind::Histogram => estimate::explicit,
            DataKind::ExponentialHistogram => estimate::exponential,
            _ => return Ok(()),
        };
        let mut points = Points::default();
        for point in data.points() {
            if let Some(value) = estimate(point, share)? {
                points.add(point, NumberValue::Double(value), None);
            }
        }
        if !points.is_empty() {
            let description = match source.description() {
                "" => format!("p{name}"),
                text => format!("{text} (p{name})"),
            };
            let labels = [&suffix, &description, source.unit()];
            cursor.place.append_to_scope(&points.into_metric(source.name(), labels, None));
        }
        Ok(())
    }))
}

/// The number as Go's `%g` has it, which differs for tiny ones.
fn short(share: f64) -> String {
    if share >= 1e-4 {
        return AnyValue::Double(share).to_text().into_owned();
    }
    let text = format!("{share:e}");
    match text.split_once("e-") {
        Some((digits, exponent)) => format!("{digits}e-{exponent:0>2}"),
        None => text,
    }
}
