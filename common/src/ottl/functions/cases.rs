//! Upper and lower case: `ConvertCase` and its like.
//!
//! Source: Go's `strings` and its `strcase` package, which knows words of ASCII letters alone.

use super::{Arguments, Converter, Function, converter};
use crate::ottl::{error::Error, value::Value};

pub(super) const FUNCTIONS: &[Function] = &[
    converter(
        "ConvertCase",
        &["target", "to_case"],
        "a text in the case `lower`, `upper`, `snake` or `camel`",
        convert_case,
    ),
    converter("ToLowerCase", &["target"], "a text in lower case", |given| of(given, lower)),
    converter("ToUpperCase", &["target"], "a text in upper case", |given| of(given, upper)),
    converter("ToSnakeCase", &["target"], "a text in `snake_case`", |given| of(given, snake)),
    converter("ToCamelCase", &["target"], "a text in `CamelCase`", |given| of(given, camel)),
];

fn of(arguments: &Arguments<'_>, convert: fn(&str) -> String) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    Ok(Converter::pure(move |view| Ok(Value::from(convert(&target.text(view)?)))))
}

fn convert_case(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let to_case = arguments.get("to_case")?;
    let convert = match to_case.literal_text()?.as_str() {
        "lower" => lower,
        "upper" => upper,
        "snake" => snake,
        "camel" => camel,
        other => {
            let message = format!("there is no case {other:?}, only lower, upper, snake and camel");
            return Err(to_case.error(message));
        }
    };
    of(arguments, convert)
}

/// Go gives each character at most one for it, whatever the language says.
fn lower(text: &str) -> String {
    let lower = |character: char| {
        let mut all = character.to_lowercase();
        if all.len() == 1 { all.next().unwrap_or(character) } else { 'i' }
    };
    text.chars().map(lower).collect()
}

fn upper(text: &str) -> String {
    let upper = |character: char| {
        let mut all = character.to_uppercase();
        if all.len() == 1 {
            return all.next().unwrap_or(character);
        }
        // Greek letters with an iota below have one for them that is no whole upper case.
        let beyond = match u32::from(character) {
            0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7 => 8,
            0x1fb3 | 0x1fc3 | 0x1ff3 => 9,
            _ => 0,
        };
        char::from_u32(u32::from(character) + beyond).unwrap_or(character)
    };
    text.chars().map(upper).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Upper,
    Lower,
    Digit,
    Other,
}

fn class(character: char) -> Class {
    match character {
        'A'..='Z' => Class::Upper,
        'a'..='z' => Class::Lower,
        '0'..='9' => Class::Digit,
        _ => Class::Other,
    }
}

const fn is_gap(character: char) -> bool {
    matches!(character, ' ' | '_' | '-' | '.')
}

fn snake(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let mut before = Class::Other;
    let mut characters = text.trim().chars().peekable();
    while let Some(character) = characters.next() {
        let this = class(character);
        let next = characters.peek().map_or(Class::Other, |next| class(*next));
        // The last capital of several begins the next word: `JSONData`.
        if this == Class::Upper && next == Class::Lower && before == Class::Upper {
            out.push('_');
        }
        out.push(if is_gap(character) { '_' } else { character.to_ascii_lowercase() });
        let is_other = this != next && this != Class::Other && next != Class::Other;
        if is_other && (this != Class::Upper || next == Class::Digit) {
            out.push('_');
        }
        before = this;
    }
    out
}

fn camel(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins_word = true;
    let mut before = Class::Other;
    for character in text.trim().chars() {
        let this = class(character);
        match this {
            Class::Other => begins_word = is_gap(character),
            Class::Digit => {
                out.push(character);
                begins_word = true;
            }
            Class::Upper | Class::Lower => {
                let is_inside = this == Class::Upper && before == Class::Upper && !begins_word;
                out.push(match (begins_word, is_inside) {
                    (true, _) => character.to_ascii_uppercase(),
                    (_, true) => character.to_ascii_lowercase(),
                    _ => character,
                });
                begins_word = false;
            }
        }
        before = this;
    }
    out
}
