//! `ParseJSON`.

mod read;

use super::{Arguments, Converter, Function, Make};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{error::Error, failure::Failure, value::Value},
};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "ParseJSON",
    parameters: &["target"],
    about: "the map or list that a text has as JSON; its numbers are doubles",
    contexts: &[],
    make: Make::Converter(parse_json),
}];

fn parse_json(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    Ok(Converter::pure(move |view| match read::read(&target.text(view)?)? {
        found @ (OwnedValue::Array(_) | OwnedValue::KvList(_)) => Ok(Value::from(found)),
        _ => Err(Failure::new("the JSON is neither an object nor an array")),
    }))
}
