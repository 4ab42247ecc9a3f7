//! Questions that only `filter` asks: of the data points of a metric.

use crate::{
    otlp::item,
    ottl::{
        Context, Error,
        functions::{Arguments, Converter, Function, Make},
        value::Value,
    },
};

/// The functions that conditions on metrics have besides the common ones.
pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "HasAttrKeyOnDatapoint",
        parameters: &["key"],
        about: "whether a data point of the metric has an attribute",
        contexts: &[Context::Metric],
        make: Make::Converter(has_key),
    },
    Function {
        name: "HasAttrOnDatapoint",
        parameters: &["key", "expected_val"],
        about: "whether a data point of the metric has an attribute with this text as value",
        contexts: &[Context::Metric],
        make: Make::Converter(has_value),
    },
];

fn has_key(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let key = arguments.get("key")?.literal_text()?;
    Ok(Converter::new(move |view| {
        let mut points = item::points(view.place.metric.bytes());
        Ok(Value::Bool(points.any(|point| point.attributes().contains(&key))))
    }))
}

fn has_value(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let key = arguments.get("key")?.literal_text()?;
    let value = arguments.get("expected_val")?.literal_text()?;
    Ok(Converter::new(move |view| {
        let mut points = item::points(view.place.metric.bytes());
        let has = points.any(|point| {
            point.attributes().get(&key).and_then(|found| found.as_str()) == Some(&value)
        });
        Ok(Value::Bool(has))
    }))
}
