//! `ParseKeyValue`.

use super::{Arg, Arguments, Converter, Function, Make};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{
        error::Error,
        failure::Failure,
        value::{Map, Value, last_of_each_key},
    },
};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "ParseKeyValue",
    parameters: &["target", "delimiter?", "pair_delimiter?"],
    about: "the map that a text has as pairs such as a=b, where quotes protect delimiters",
    contexts: &[],
    make: Make::Converter(parse_key_value),
}];

fn parse_key_value(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let delimiter = delimiter(arguments.find("delimiter"), "=")?;
    let pair_delimiter = self::delimiter(arguments.find("pair_delimiter"), " ")?;
    if delimiter == pair_delimiter {
        let message = format!("delimiter and pair_delimiter must differ, both are {delimiter:?}");
        return Err(arguments.error(message));
    }
    Ok(Converter::pure(move |view| {
        let text = target.text(view)?;
        if text.is_empty() {
            return Err(Failure::new("an empty text has no pairs"));
        }
        let pairs = split(&text, &pair_delimiter)?;
        let entries = pairs.iter().map(|pair| match pair.split_once(&delimiter) {
            None => Err(Failure::new(format!("{pair:?} has no {delimiter:?}"))),
            Some((key, value)) => {
                Ok((key.trim().to_owned(), OwnedValue::Str(value.trim().to_owned())))
            }
        });
        let entries = last_of_each_key(entries.collect::<Result<_, _>>()?);
        Ok(Value::Map(Map::new(entries)))
    }))
}

fn delimiter(given: Option<Arg<'_>>, default: &str) -> Result<String, Error> {
    match given {
        None => Ok(default.to_owned()),
        Some(given) => {
            let text = given.literal_text()?;
            if text.is_empty() {
                Err(given.error("a delimiter has a character at least"))
            } else {
                Ok(text)
            }
        }
    }
}

/// The parts of a text between delimiters that stand in no quotes. Those without a character are left
/// out, and so are the quotes; a backslash stays, and takes its meaning from a quote behind it.
fn split(text: &str, delimiter: &str) -> Result<Vec<String>, Failure> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quote = None;
    let mut is_escaped = false;
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        if quote.is_none()
            && let Some(behind) = rest.strip_prefix(delimiter)
        {
            if !part.is_empty() {
                parts.push(std::mem::take(&mut part));
            }
            rest = behind;
            continue;
        }
        rest = rest.get(char.len_utf8()..).unwrap_or_default();
        if !is_escaped {
            if quote.is_none() && matches!(char, '"' | '\'') {
                quote = Some(char);
                continue;
            }
            if quote == Some(char) {
                quote = None;
                continue;
            }
        }
        is_escaped = !is_escaped && char == '\\';
        part.push(char);
    }
    if quote.is_some() {
        return Err(Failure::new("a quoted value has no end"));
    }
    if !part.is_empty() {
        parts.push(part);
    }
    Ok(parts)
}
