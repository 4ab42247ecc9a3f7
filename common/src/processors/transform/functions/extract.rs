//! New metrics from what is in histograms and summaries.

use super::kinds::temporality;
use crate::{
    otlp::{
        field_numbers::{any_value, gauge, key_value, metric, number_data_point as number, sum},
        metric::{DataKind, DataPointView, NumberValue},
    },
    ottl::{
        Context, Cursor, Error, Failure,
        functions::{Arg, Arguments, Editor, Function, Make},
    },
    wire::writer::{put_bytes_field, put_fixed64_field, put_varint_field},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "extract_count_metric",
        parameters: &["monotonic", "suffix?"],
        about: "adds a sum of the counts of a histogram or summary",
        contexts: &[Context::Metric],
        make: Make::Editor(|arguments| extract(arguments, What::Count)),
    },
    Function {
        name: "extract_sum_metric",
        parameters: &["monotonic", "suffix?"],
        about: "adds a sum of the sums of a histogram or summary",
        contexts: &[Context::Metric],
        make: Make::Editor(|arguments| extract(arguments, What::Sum)),
    },
    Function {
        name: "convert_summary_count_val_to_sum",
        parameters: &["string_agg_temp", "monotonic", "suffix?"],
        about: "adds a sum of the count of a summary's point",
        contexts: &[Context::DataPoint],
        make: Make::Editor(|arguments| of_summary_point(arguments, What::Count)),
    },
    Function {
        name: "convert_summary_sum_val_to_sum",
        parameters: &["string_agg_temp", "monotonic", "suffix?"],
        about: "adds a sum of the sum of a summary's point",
        contexts: &[Context::DataPoint],
        make: Make::Editor(|arguments| of_summary_point(arguments, What::Sum)),
    },
    Function {
        name: "convert_summary_quantile_val_to_gauge",
        parameters: &["attribute_key?", "suffix?"],
        about: "adds a gauge of the quantiles of a summary",
        contexts: &[Context::Metric],
        make: Make::Editor(quantiles),
    },
];

/// What is taken from a point.
#[derive(Clone, Copy, PartialEq)]
enum What {
    Count,
    Sum,
}

impl What {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Count => "_count",
            Self::Sum => "_sum",
        }
    }

    fn of(self, point: DataPointView<'_>) -> Option<NumberValue> {
        match self {
            Self::Count => point.count().map(|count| NumberValue::Int(count as i64)),
            Self::Sum => point.sum().map(NumberValue::Double),
        }
    }
}

/// Properties of a sum.
#[derive(Clone, Copy)]
pub(super) struct Properties {
    temporality: u64,
    is_monotonic: bool,
}

/// Data points of numbers, as fields of a message.
#[derive(Default)]
pub(super) struct Points(Vec<u8>);

impl Points {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a point with the times and attributes of another, and maybe one attribute more.
    pub(super) fn add(
        &mut self,
        point: DataPointView<'_>,
        value: NumberValue,
        more: Option<&[u8]>,
    ) {
        let mut out = Vec::new();
        put_fixed64_field(&mut out, number::START_TIME_UNIX_NANO, point.start_time());
        put_fixed64_field(&mut out, number::TIME_UNIX_NANO, point.time());
        match value {
            NumberValue::Int(int) => put_fixed64_field(&mut out, number::AS_INT, int as u64),
            NumberValue::Double(double) => {
                put_fixed64_field(&mut out, number::AS_DOUBLE, double.to_bits());
            }
        }
        for entry in point.encoded_attributes().chain(more) {
            put_bytes_field(&mut out, number::ATTRIBUTES, entry);
        }
        put_bytes_field(&mut self.0, gauge::DATA_POINTS, &out);
    }

    /// The metric of these points: its name is that of another and a suffix.
    pub(super) fn into_metric(
        self,
        name: &str,
        [suffix, description, unit]: [&str; 3],
        sum_of: Option<Properties>,
    ) -> Vec<u8> {
        let mut data = self.0;
        let kind = match sum_of {
            None => DataKind::Gauge,
            Some(Properties { temporality, is_monotonic }) => {
                put_varint_field(&mut data, sum::AGGREGATION_TEMPORALITY, temporality);
                put_varint_field(&mut data, sum::IS_MONOTONIC, is_monotonic.into());
                DataKind::Sum
            }
        };
        let mut out = Vec::new();
        let name = [name, suffix].concat();
        put_bytes_field(&mut out, metric::NAME, name.as_bytes());
        put_bytes_field(&mut out, metric::DESCRIPTION, description.as_bytes());
        put_bytes_field(&mut out, metric::UNIT, unit.as_bytes());
        put_bytes_field(&mut out, kind.field(), &data);
        out
    }
}

fn suffix(arguments: &Arguments<'_>, default: &str) -> Result<String, Error> {
    let suffix = arguments.find("suffix").map(Arg::literal_text).transpose()?;
    Ok(suffix.unwrap_or_else(|| default.to_owned()))
}

fn extract(arguments: &Arguments<'_>, what: What) -> Result<Editor, Error> {
    let is_monotonic = arguments.get("monotonic")?.literal_bool()?;
    let suffix = suffix(arguments, what.suffix())?;
    Ok(Editor::new(move |cursor| {
        let source = cursor.place.metric_view();
        let data = source.data().filter(|data| match data.kind() {
            DataKind::Gauge | DataKind::Sum => false,
            // A summary has no temporality, and is cumulative by its definition.
            DataKind::Summary => true,
            _ => data.aggregation_temporality() != Some(0),
        });
        let Some(data) = data else {
            return Err(Failure::new("only histograms and summaries have what is to be extracted"));
        };
        let temporality = data.aggregation_temporality().unwrap_or(2) as u64;
        let mut points = Points::default();
        for point in data.points() {
            if let Some(value) = what.of(point) {
                points.add(point, value, None);
            }
        }
        if !points.is_empty() {
            let unit = if what == What::Count { "1" } else { source.unit() };
            let properties = Properties { temporality, is_monotonic };
            let labels = [&suffix, source.description(), unit];
            let extracted = points.into_metric(source.name(), labels, Some(properties));
            cursor.place.append_to_scope(&extracted);
        }
        Ok(())
    }))
}

fn of_summary_point(arguments: &Arguments<'_>, what: What) -> Result<Editor, Error> {
    let temporality = temporality(arguments)?;
    let is_monotonic = arguments.get("monotonic")?.literal_bool()?;
    let suffix = suffix(arguments, what.suffix())?;
    Ok(Editor::new(move |cursor: &mut Cursor<'_, '_, '_>| {
        let point = cursor.place.data_point();
        let (DataKind::Summary, Some(value)) = (point.kind(), what.of(point)) else {
            return Ok(());
        };
        let source = cursor.place.metric_view();
        let mut points = Points::default();
        points.add(point, value, None);
        let properties = Properties { temporality, is_monotonic };
        let labels = [&suffix, source.description(), source.unit()];
        let made = points.into_metric(source.name(), labels, Some(properties));
        cursor.place.append_to_scope(&made);
        Ok(())
    }))
}

fn quantiles(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let key = arguments.find("attribute_key").map(Arg::literal_text).transpose()?;
    let key = key.unwrap_or_else(|| "quantile".to_owned());
    let suffix = suffix(arguments, ".quantiles")?;
    Ok(Editor::new(move |cursor| {
        let source = cursor.place.metric_view();
        let data = source.data().filter(|data| data.kind() == DataKind::Summary);
        let Some(data) = data else { return Ok(()) };
        let mut points = Points::default();
        for point in data.points() {
            for (quantile, value) in point.quantiles() {
                let mut double = Vec::new();
                put_fixed64_field(&mut double, any_value::DOUBLE_VALUE, quantile.to_bits());
                let mut entry = Vec::new();
                put_bytes_field(&mut entry, key_value::KEY, key.as_bytes());
                put_bytes_field(&mut entry, key_value::VALUE, &double);
                points.add(point, NumberValue::Double(value), Some(&entry));
            }
        }
        if !points.is_empty() {
            let labels = [&suffix, source.description(), source.unit()];
            let made = points.into_metric(source.name(), labels, None);
            cursor.place.append_to_scope(&made);
        }
        Ok(())
    }))
}
