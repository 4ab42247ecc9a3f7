//! `convert_exponential_histogram_to_histogram`.

mod spread;

use self::spread::Spread;
use super::set_data;
use crate::{
    otlp::{
        edit::Draft,
        field_numbers::{gauge, histogram_data_point as histogram, sum},
        metric::{DataKind, DataPointView},
    },
    ottl::{
        Context, Error,
        functions::{Arg, Arguments, Editor, Function, Make},
    },
    wire::writer::{put_bytes_field, put_fixed64_field, put_varint_field},
};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "convert_exponential_histogram_to_histogram",
    parameters: &["distribution_fn", "explicit_bounds"],
    about: "makes a histogram with given bounds of an exponential one: values go by the upper bound of their bucket (\"upper\"), its middle (\"midpoint\"), evenly (\"uniform\") or at random (\"random\")",
    contexts: &[Context::Metric],
    make: Make::Editor(convert),
}];

fn convert(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let name = arguments.get("distribution_fn")?;
    let spread = match name.literal_text()?.as_str() {
        "upper" => Spread::Upper,
        "midpoint" => Spread::Midpoint,
        "uniform" => Spread::Uniform,
        "random" | "" => Spread::Random,
        other => {
            let known = "must be \"upper\", \"midpoint\", \"uniform\" or \"random\"";
            return Err(name.error(format!("{other:?} {known}")));
        }
    };
    let list = arguments.get("explicit_bounds")?;
    let bounds: Vec<f64> =
        list.elements()?.into_iter().map(Arg::literal_double).collect::<Result<_, _>>()?;
    if bounds.is_empty() {
        return Err(list.error("explicit_bounds must have at least one bound"));
    }
    Ok(Editor::new(move |cursor| {
        let source = cursor.place.metric_view().data();
        let Some(data) = source.filter(|data| data.kind() == DataKind::ExponentialHistogram) else {
            return Ok(());
        };
        let mut out = Vec::new();
        for point in data.points() {
            put_bytes_field(&mut out, gauge::DATA_POINTS, &converted(point, &bounds, spread));
        }
        let temporality = data.aggregation_temporality().unwrap_or_default();
        put_varint_field(&mut out, sum::AGGREGATION_TEMPORALITY, temporality as u64);
        set_data(&mut cursor.place.metric, DataKind::Histogram, &out);
        Ok(())
    }))
}

fn converted(point: DataPointView<'_>, bounds: &[f64], spread: Spread) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, value) in [
        (histogram::START_TIME_UNIX_NANO, point.start_time()),
        (histogram::TIME_UNIX_NANO, point.time()),
        (histogram::COUNT, point.count().unwrap_or_default()),
        // What is not known reads as 0 upstream.
        (histogram::SUM, point.sum().unwrap_or_default().to_bits()),
        (histogram::MIN, point.min().unwrap_or_default().to_bits()),
        (histogram::MAX, point.max().unwrap_or_default().to_bits()),
    ] {
        put_fixed64_field(&mut out, number, value);
    }
    for entry in point.encoded_attributes() {
        put_bytes_field(&mut out, histogram::ATTRIBUTES, entry);
    }
    for exemplar in point.encoded_exemplars() {
        put_bytes_field(&mut out, histogram::EXEMPLARS, exemplar);
    }
    let mut draft = Draft::new(&out, histogram::ATTRIBUTES);
    super::set_doubles(&mut draft, histogram::EXPLICIT_BOUNDS, bounds);
    super::set_fixed64s(&mut draft, histogram::BUCKET_COUNTS, &spread.counts(point, bounds));
    draft.bytes().to_vec()
}
