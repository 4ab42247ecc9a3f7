//! Data points of a metric that become one.

mod histograms;
mod numbers;

use std::collections::HashMap;

use super::{edit_points, set_data};
use crate::{
    otlp::{
        any_value::{AnyValue, OwnedValue},
        edit::Draft,
        field_numbers::{gauge, metric, sum},
        metric::{DataKind, DataPointView, MetricView, attributes_field},
    },
    ottl::{
        Context, Cursor, Error, Failure,
        functions::{Arg, Arguments, Editor, Function, Make},
    },
    wire::writer::{put_bytes_field, put_varint_field},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "aggregate_on_attributes",
        parameters: &["aggregation_function", "attributes?"],
        about: "joins the data points that have the same values of some attributes and the same time: \"sum\", \"mean\", \"min\", \"max\", \"median\" or \"count\"; histograms are always added up",
        contexts: &[Context::Metric],
        make: Make::Editor(on_attributes),
    },
    Function {
        name: "aggregate_on_attribute_value",
        parameters: &["aggregation_function", "attribute", "values", "new_value"],
        about: "gives an attribute a new value in place of some, and joins the data points that have become alike",
        contexts: &[Context::Metric],
        make: Make::Editor(on_attribute_value),
    },
];

/// What is made of several numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Aggregation {
    Sum,
    Mean,
    Min,
    Max,
    Median,
    Count,
}

impl Aggregation {
    fn of(arguments: &Arguments<'_>) -> Result<Self, Error> {
        let name = arguments.get("aggregation_function")?;
        Ok(match name.literal_text()?.as_str() {
            "sum" => Self::Sum,
            "mean" => Self::Mean,
            "min" => Self::Min,
            "max" => Self::Max,
            "median" => Self::Median,
            "count" => Self::Count,
            other => {
                let known = "must be \"sum\", \"mean\", \"min\", \"max\", \"median\" or \"count\"";
                return Err(name.error(format!("{other:?} {known}")));
            }
        })
    }
}

fn texts(list: Arg<'_>) -> Result<Vec<String>, Error> {
    list.elements()?.into_iter().map(Arg::literal_text).collect()
}

fn on_attributes(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let aggregation = Aggregation::of(arguments)?;
    let keys = arguments.find("attributes").map(texts).transpose()?;
    Ok(Editor::new(move |cursor| {
        aggregate(cursor, aggregation, |point| {
            if let Some(keys) = &keys {
                point.retain_attributes(|key| keys.iter().any(|kept| kept == key));
            }
        })
    }))
}

fn on_attribute_value(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let aggregation = Aggregation::of(arguments)?;
    let key = arguments.get("attribute")?.literal_text()?;
    let values = texts(arguments.get("values")?)?;
    let new_value = OwnedValue::from(arguments.get("new_value")?.literal_text()?);
    Ok(Editor::new(move |cursor| {
        aggregate(cursor, aggregation, |point| {
            if let Some(AnyValue::Str(value)) = point.attributes().get(&key)
                && values.iter().any(|known| known == value)
            {
                point.set_attribute(&key, &new_value);
            }
        })
    }))
}

/// Edits all points and joins those that are alike then.
fn aggregate(
    cursor: &mut Cursor<'_, '_, '_>,
    aggregation: Aggregation,
    edit: impl FnMut(&mut Draft<'_>),
) -> Result<(), Failure> {
    let Some(kind) = cursor.place.metric_view().data().map(|data| data.kind()) else {
        return Ok(());
    };
    if kind == DataKind::Summary {
        return Err(Failure::new("summaries cannot be aggregated"));
    }
    // What fails halfway leaves the metric as it was.
    let original = cursor.place.metric.bytes().to_vec();
    let mut edited = Draft::new(&original, metric::METADATA);
    edit_points(&mut edited, kind, edit);
    let data = joined(edited.bytes(), kind, aggregation)?;
    set_data(&mut cursor.place.metric, kind, &data);
    Ok(())
}

/// The data of a metric with the points that are alike joined, in the order of the first of each.
fn joined(metric: &[u8], kind: DataKind, aggregation: Aggregation) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    let Some(data) = MetricView::new(metric).data() else { return Ok(out) };
    let temporality = data.aggregation_temporality();
    let mut groups: Vec<Vec<DataPointView<'_>>> = Vec::new();
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    for point in data.points() {
        let place = *places.entry(likeness(point, temporality)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(point),
            None => groups.push(vec![point]),
        }
    }
    for group in &groups {
        let Some((first, others)) = group.split_first() else { continue };
        let mut point = Draft::new(first.bytes(), attributes_field(kind));
        match kind {
            DataKind::Gauge | DataKind::Sum => numbers::join(&mut point, group, aggregation),
            DataKind::Histogram => histograms::join_explicit(&mut point, *first, others)?,
            _ => histograms::join_exponential(&mut point, *first, others)?,
        }
        put_bytes_field(&mut out, gauge::DATA_POINTS, point.bytes());
    }
    if let Some(temporality) = temporality {
        put_varint_field(&mut out, sum::AGGREGATION_TEMPORALITY, temporality as u64);
    }
    if let Some(is_monotonic) = data.is_monotonic() {
        put_varint_field(&mut out, sum::IS_MONOTONIC, is_monotonic.into());
    }
    Ok(out)
}

/// What points have in common that can be joined.
fn likeness(point: DataPointView<'_>, temporality: Option<i32>) -> Vec<u8> {
    const DELTA: Option<i32> = Some(1);
    let mut key = point.time().to_le_bytes().to_vec();
    if temporality == DELTA {
        key.extend(point.start_time().to_le_bytes());
    }
    if point.count().is_some() {
        key.extend([u8::from(point.min().is_some()), u8::from(point.max().is_some())]);
        key.extend(point.flags().to_le_bytes());
        key.extend(point.scale().unwrap_or_default().to_le_bytes());
        key.extend((point.explicit_bounds().count() as u64).to_le_bytes());
        key.extend(point.explicit_bounds().flat_map(f64::to_le_bytes));
    }
    match point.attributes().to_json() {
        Some(json) => key.extend(json.bytes()),
        // JSON knows no infinity.
        None => key.extend(point.encoded_attributes().flatten()),
    }
    key
}
