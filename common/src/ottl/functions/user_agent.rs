//! `UserAgent`, which is known and refused.

use super::{Arguments, Converter, Function, Make};
use crate::ottl::error::Error;

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "UserAgent",
    parameters: &["user_agent"],
    about: "not in this collector: it needs the list of patterns of uap-core, which is not part of it",
    contexts: &[],
    make: Make::Converter(user_agent),
}];

fn user_agent(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    arguments.get("user_agent")?.text()?;
    Err(arguments.error(
        "UserAgent is not in this collector, which has no list of user agents; use ExtractPatterns \
         for those that matter",
    ))
}
