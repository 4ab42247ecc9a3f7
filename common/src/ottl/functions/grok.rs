//! `ExtractGrokPatterns`.

mod expand;
mod library;
mod services;

use super::{Arguments, Converter, Function, Make};
use crate::{
    otlp::any_value::{OwnedValue, number},
    ottl::{
        error::Error,
        failure::Failure,
        value::{Map, Value, last_of_each_key},
    },
};
use expand::{Definitions, Grok, Kind};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "ExtractGrokPatterns",
    parameters: &["target", "pattern", "named_captures_only?", "pattern_definitions?"],
    about: "what the groups of a grok pattern, such as %{IP:client.ip}, find in a text; an empty map \
            if it does not match",
    contexts: &[],
    make: Make::Converter(extract),
}];

/// Patterns that are kept compiled where they are known only when a statement runs.
const MAX_KEPT: usize = 16;

fn extract(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let is_named_only = match arguments.find("named_captures_only") {
        None => false,
        Some(given) => given.literal_bool()?,
    };
    let definitions = definitions(arguments)?;
    let make = move |text: &str| Grok::new(text, is_named_only, &definitions);
    let grok = arguments.get("pattern")?.compiled(MAX_KEPT, make)?;
    Ok(Converter::pure(move |view| found(&*grok.get(view)?, &target.text(view)?)))
}

fn definitions(arguments: &Arguments<'_>) -> Result<Definitions, Error> {
    let mut definitions = Definitions::default();
    let Some(given) = arguments.find("pattern_definitions") else { return Ok(definitions) };
    for element in given.elements()? {
        let text = element.literal_text()?;
        match text.split_once('=') {
            Some((name, _)) if name.contains(':') => {
                return Err(element.error(format!("the name {name:?} must have no colon")));
            }
            Some((name, pattern)) => definitions.add(name, pattern),
            None => return Err(element.error("a definition must be NAME=pattern")),
        }
    }
    Ok(definitions)
}

fn found(grok: &Grok, text: &str) -> Result<Value<'static>, Failure> {
    let mut entries = Vec::new();
    if let Some(captures) = grok.pattern.captures(text) {
        for (group, number) in grok.groups.iter().zip(1..) {
            let part = captures.get(number).map_or("", |part| part.as_str());
            if let Some((name, kind)) = group
                && !part.is_empty()
            {
                entries.push((name.clone(), typed(part, *kind)?));
            }
        }
    }
    Ok(Value::Map(Map::new(last_of_each_key(entries))))
}

fn typed(text: &str, kind: Kind) -> Result<OwnedValue, Failure> {
    let value = match kind {
        Kind::Text => Some(OwnedValue::Str(text.to_owned())),
        Kind::Int => number::parse_int(text).map(OwnedValue::Int),
        Kind::Double => number::parse_double(text).map(OwnedValue::Double),
        Kind::Bool => match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(OwnedValue::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(OwnedValue::Bool(false)),
            _ => None,
        },
    };
    value.ok_or_else(|| Failure::new(format!("{text:?} is not of the type that the pattern says")))
}
