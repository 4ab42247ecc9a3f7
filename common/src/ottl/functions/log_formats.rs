//! Formats of whole log lines: `ParseCEF`, `ParseCLF`, `ParseELF` and `ParseLEEF`, for the transform
//! processor.

mod cef;
mod clf;
mod elf;
mod leef;

use super::{Arguments, Context, Converter, Function, Make};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{
        error::Error,
        failure::Failure,
        value::{Map, Value},
    },
};

/// What statements on log records have besides the functions of all.
pub const LOG_FUNCTIONS: &[Function] = &[
    Function {
        name: "ParseCEF",
        parameters: &["target"],
        about: "the header and the extensions of a line in ArcSight's Common Event Format",
        contexts: &[Context::Log],
        make: Make::Converter(|arguments| parser(arguments, cef::parse)),
    },
    Function {
        name: "ParseCLF",
        parameters: &["target", "format?"],
        about: "the fields of a line of a web server's log; the format is clf or combined",
        contexts: &[Context::Log],
        make: Make::Converter(parse_clf),
    },
    Function {
        name: "ParseELF",
        parameters: &["target"],
        about: "the directives and the entries of a log in W3C's Extended Log Format",
        contexts: &[Context::Log],
        make: Make::Converter(|arguments| parser(arguments, elf::parse)),
    },
    Function {
        name: "ParseLEEF",
        parameters: &["target"],
        about: "the header and the attributes of a line in QRadar's Log Event Extended Format",
        contexts: &[Context::Log],
        make: Make::Converter(|arguments| parser(arguments, leef::parse)),
    },
];

type Entries = Vec<(String, OwnedValue)>;

fn parser(
    arguments: &Arguments<'_>,
    parse: impl Fn(&str) -> Result<Entries, Failure> + Send + Sync + 'static,
) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    Ok(Converter::pure(move |view| {
        let text = target.text(view)?;
        if text.is_empty() {
            return Err(Failure::new("an empty text has no log format"));
        }
        Ok(Value::Map(Map::new(parse(&text)?)))
    }))
}

fn parse_clf(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let is_combined = match arguments.find("format") {
        None => false,
        Some(format) => match format.literal_text()?.as_str() {
            "clf" => false,
            "combined" => true,
            _ => return Err(format.error("format must be clf or combined")),
        },
    };
    parser(arguments, move |text| clf::parse(text, is_combined))
}

fn text_entry(key: &str, value: impl Into<String>) -> (String, OwnedValue) {
    (key.to_owned(), OwnedValue::Str(value.into()))
}
