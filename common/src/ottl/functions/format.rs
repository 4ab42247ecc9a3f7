//! `Format`: texts written as Go's `fmt.Sprintf` writes them.
//!
//! Maps and lists of the payload, for which Go shows where they lie in memory, are written as Go writes
//! a map and a slice: `map[a:1 b:2]`, `[1 2]`.

mod float;
mod print;
mod quote;
mod spec;
mod template;

use super::{Arg, Arguments, Converter, Function, converter};
use crate::ottl::{error::Error, value::Value};
use template::Template;

pub(super) const FUNCTIONS: &[Function] = &[converter(
    "Format",
    &["format", "vals"],
    "a text with values put in, with the verbs of Go",
    format,
)];

fn format(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let format = arguments.get("format")?.literal_text()?;
    let values = arguments.get("vals")?.elements()?.into_iter().map(Arg::expr);
    let values = values.collect::<Result<Vec<_>, _>>()?;
    let template = Template::parse(&format, values.len());
    Ok(Converter::pure(move |view| {
        let mut given = Vec::with_capacity(values.len());
        for value in &values {
            match value.eval(view)? {
                messages @ Value::Messages(_) => {
                    return Err(messages.mismatch("what can be written").into());
                }
                value => given.push(value),
            }
        }
        Ok(Value::from(template.write(&given)))
    }))
}
