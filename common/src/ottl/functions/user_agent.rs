//! `UserAgent`, from the patterns of uap-core.

mod rules;
#[cfg(test)]
mod tests;

use super::{Arguments, Converter, Function, Make};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{
        error::Error,
        value::{Map, Value},
    },
};
use rules::LISTS;

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "UserAgent",
    parameters: &["user_agent"],
    about: "the name and the version of a user agent, and of its operating system, as a map with the \
            names of the semantic conventions, such as user_agent.name; Other if it is on no list",
    contexts: &[],
    make: Make::Converter(user_agent),
}];

fn user_agent(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let agent = arguments.get("user_agent")?.text()?;
    Ok(Converter::pure(move |view| {
        let agent = agent.text(view)?;
        let found = LISTS.find(&agent);
        let mut entries = Vec::with_capacity(5);
        let mut put = |key: &str, value: &str| {
            entries.push((key.to_owned(), OwnedValue::Str(value.to_owned())));
        };
        put("user_agent.name", &found.agent.name);
        put("user_agent.original", &agent);
        put("user_agent.version", &found.agent.version);
        put("os.name", &found.system.name);
        if !found.system.version.is_empty() {
            put("os.version", &found.system.version);
        }
        Ok(Value::Map(Map::new(entries)))
    }))
}
