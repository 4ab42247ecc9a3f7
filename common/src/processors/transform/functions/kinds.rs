//! Metrics that become metrics of another kind, and copies of metrics.

use crate::{
    otlp::{
        edit::Draft,
        field_numbers::{gauge, metric, sum},
        message::Message,
        metric::DataKind,
    },
    ottl::{
        Context, Error,
        functions::{Arguments, Editor, Function, Make},
    },
    wire::writer::{put_bytes_field, put_varint_field},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "convert_sum_to_gauge",
        parameters: &[],
        about: "makes a gauge of a sum",
        contexts: &[Context::Metric],
        make: Make::Editor(sum_to_gauge),
    },
    Function {
        name: "convert_gauge_to_sum",
        parameters: &["string_agg_temp", "monotonic"],
        about: "makes a sum of a gauge: \"delta\" or \"cumulative\"",
        contexts: &[Context::Metric],
        make: Make::Editor(gauge_to_sum),
    },
    Function {
        name: "copy_metric",
        parameters: &["name?", "description?", "unit?"],
        about: "adds a copy of the metric to its scope",
        contexts: &[Context::Metric],
        make: Make::Editor(copy_metric),
    },
];

/// The temporality of `"delta"` or `"cumulative"`, as OTLP numbers it.
pub(super) fn temporality(arguments: &Arguments<'_>) -> Result<u64, Error> {
    let temporality = arguments.get("string_agg_temp")?;
    match temporality.literal_text()?.as_str() {
        "delta" => Ok(1),
        "cumulative" => Ok(2),
        other => Err(temporality.error(format!("{other:?} must be \"delta\" or \"cumulative\""))),
    }
}

/// The data points of a metric's data, as fields of a message.
fn points(data: Message<'_>) -> Vec<u8> {
    let mut fields = Vec::new();
    for point in data.repeated(gauge::DATA_POINTS) {
        put_bytes_field(&mut fields, gauge::DATA_POINTS, point);
    }
    fields
}

/// Puts other data in the place of a metric's, if that is of a kind.
fn convert(metric: &mut Draft<'_>, kinds: [DataKind; 2], more: impl Fn(&mut Vec<u8>)) {
    let [from, to] = kinds;
    let Some(data) = metric.message().message(from.field()) else { return };
    let mut converted = points(data);
    more(&mut converted);
    metric.clear(from.field());
    metric.set_bytes(to.field(), &converted);
}

fn sum_to_gauge(_: &Arguments<'_>) -> Result<Editor, Error> {
    Ok(Editor::new(|cursor| {
        convert(&mut cursor.place.metric, [DataKind::Sum, DataKind::Gauge], |_| {});
        Ok(())
    }))
}

fn gauge_to_sum(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let temporality = temporality(arguments)?;
    let is_monotonic = arguments.get("monotonic")?.literal_bool()?;
    Ok(Editor::new(move |cursor| {
        convert(&mut cursor.place.metric, [DataKind::Gauge, DataKind::Sum], |out| {
            put_varint_field(out, sum::AGGREGATION_TEMPORALITY, temporality);
            put_varint_field(out, sum::IS_MONOTONIC, is_monotonic.into());
        });
        Ok(())
    }))
}

fn copy_metric(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let text = |name| arguments.find(name).map(|one| one.text()).transpose();
    let fields = [
        (metric::NAME, text("name")?),
        (metric::DESCRIPTION, text("description")?),
        (metric::UNIT, text("unit")?),
    ];
    Ok(Editor::new(move |cursor| {
        let view = cursor.view();
        let mut copy = Draft::new(view.place.metric.bytes(), metric::METADATA);
        for (number, text) in &fields {
            if let Some(text) = text {
                copy.set_string(*number, &text.text(view)?);
            }
        }
        let copy = copy.bytes().to_vec();
        cursor.place.append_to_scope(&copy);
        Ok(())
    }))
}
