//! `ParseCSV`.

mod row;

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
    name: "ParseCSV",
    parameters: &["target", "header", "delimiter?", "header_delimiter?", "mode?"],
    about: "the map that a row of CSV and its header make; the mode is strict, lazyQuotes or \
            ignoreQuotes",
    contexts: &[],
    make: Make::Converter(parse_csv),
}];

#[derive(Clone, Copy)]
enum Mode {
    Strict,
    LazyQuotes,
    IgnoreQuotes,
}

fn parse_csv(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let header = arguments.get("header")?.text()?;
    let delimiter = delimiter(arguments.find("delimiter"), ',')?;
    let header_delimiter = self::delimiter(arguments.find("header_delimiter"), delimiter)?;
    let mode = match arguments.find("mode") {
        None => Mode::Strict,
        Some(mode) => match mode.literal_text()?.as_str() {
            "strict" => Mode::Strict,
            "lazyQuotes" => Mode::LazyQuotes,
            "ignoreQuotes" => Mode::IgnoreQuotes,
            _ => return Err(mode.error("mode must be strict, lazyQuotes or ignoreQuotes")),
        },
    };
    if !matches!(mode, Mode::IgnoreQuotes)
        && matches!(delimiter, '"' | '\r' | '\n' | '\0' | '\u{fffd}')
    {
        return Err(arguments.error(format!("{delimiter:?} cannot be a delimiter of CSV")));
    }
    Ok(Converter::pure(move |view| {
        let (text, header) = (target.text(view)?, header.text(view)?);
        if header.is_empty() {
            return Err(Failure::new("the header is empty"));
        }
        let fields = match mode {
            Mode::Strict => row::fields(&text, delimiter, false)?,
            Mode::LazyQuotes => row::fields(&text, delimiter, true)?,
            Mode::IgnoreQuotes => text.split(delimiter).map(str::to_owned).collect(),
        };
        let names = header.split(header_delimiter);
        let expected = names.clone().count();
        if fields.len() != expected {
            let found = fields.len();
            return Err(Failure::new(format!("the row has {found} fields, its header {expected}")));
        }
        let entries = names.map(str::to_owned).zip(fields.into_iter().map(OwnedValue::Str));
        Ok(Value::Map(Map::new(last_of_each_key(entries.collect()))))
    }))
}

fn delimiter(given: Option<Arg<'_>>, default: char) -> Result<char, Error> {
    let Some(given) = given else { return Ok(default) };
    let text = given.literal_text()?;
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(char), None) => Ok(char),
        _ => Err(given.error("a delimiter is one character")),
    }
}
