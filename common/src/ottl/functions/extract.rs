//! `ExtractPatterns`.

use super::{Arguments, Converter, Function, Make};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{
        error::Error,
        failure::Failure,
        value::{Map, Value, last_of_each_key},
    },
    settings::Pattern,
};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "ExtractPatterns",
    parameters: &["target", "pattern"],
    about: "what the named groups of a regular expression find in a text; an empty map if it does \
            not match",
    contexts: &[],
    make: Make::Converter(extract_patterns),
}];

fn extract_patterns(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let given = arguments.get("pattern")?;
    let pattern = given.pattern()?;
    if pattern.known().is_some_and(|pattern| !has_names(pattern)) {
        return Err(given.error("the pattern has no named group, such as (?P<name>...)"));
    }
    Ok(Converter::pure(move |view| {
        let pattern = pattern.get(view)?;
        if !has_names(&pattern) {
            return Err(Failure::new("the pattern has no named group, such as (?P<name>...)"));
        }
        let text = target.text(view)?;
        let Some(found) = pattern.captures(&text) else {
            return Ok(Value::Map(Map::new(Vec::new())));
        };
        let groups = pattern.groups().iter().zip(1..).filter(|(name, _)| !name.is_empty());
        let entries = groups.map(|(name, number)| {
            let text = found.get(number).map_or("", |part| part.as_str());
            (name.clone(), OwnedValue::Str(text.to_owned()))
        });
        Ok(Value::Map(Map::new(last_of_each_key(entries.collect()))))
    }))
}

fn has_names(pattern: &Pattern) -> bool {
    pattern.groups().iter().any(|name| !name.is_empty())
}
