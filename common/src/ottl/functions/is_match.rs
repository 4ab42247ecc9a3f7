//! `IsMatch` and other questions about texts.

use super::{Arguments, Converter, Function, Make};
use crate::ottl::{error::Error, value::Value};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "IsMatch",
    parameters: &["target", "pattern"],
    about: "whether a pattern is found in a text; false for nil",
    contexts: &[],
    make: Make::Converter(is_match),
}];

fn is_match(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text_like()?;
    let pattern = arguments.get("pattern")?.pattern()?;
    Ok(Converter::new(move |view| {
        let found = match target.text_like(view)? {
            None => false,
            Some(text) => pattern.get(view)?.is_match(&text),
        };
        Ok(Value::Bool(found))
    }))
}
