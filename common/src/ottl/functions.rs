//! The functions of OTTL.
//!
//! Each is an entry of a list: its name, its parameters, and what makes it of its arguments. Making it
//! happens once, when a statement is compiled: that is where constants are looked at, patterns compiled
//! and mistakes told.

mod arguments;
mod cases;
mod collections;
mod compiled;
mod csv;
mod digests;
mod encodings;
mod entries;
mod extract;
mod format;
mod grok;
mod ids;
mod json;
mod kept;
mod key_value;
mod kinds;
mod lambdas;
mod lists;
mod log_formats;
mod maps;
mod network;
mod replace;
mod set;
mod severity;
mod sort;
mod span_name;
mod texts;
mod time;
mod url;
mod user_agent;
mod xml;

use std::fmt;

pub use arguments::{Arg, Arguments};
pub use compiled::{Compiled, Ready};
pub use log_formats::LOG_FUNCTIONS;
pub use span_name::SPAN_FUNCTIONS;

use super::{
    context::Context,
    cursor::{Cursor, View},
    error::Error,
    failure::Failure,
    value::Value,
};
use crate::{otlp::overlay::Place, pipeline::RequestContext, signal::Signal};

/// A function.
#[derive(Debug)]
pub struct Function {
    /// Converters begin with an upper-case letter, editors with a lower-case one.
    pub name: &'static str,
    /// The names of its parameters in their order; those that may be left out end in `?`.
    pub parameters: &'static [&'static str],
    /// What it does, for the table in the docs.
    pub about: &'static str,
    /// Where it can be used; everywhere if there is none.
    pub contexts: &'static [Context],
    /// Makes it of its arguments.
    pub make: Make,
}

/// A converter for all contexts.
const fn converter(
    name: &'static str,
    parameters: &'static [&'static str],
    about: &'static str,
    make: fn(&Arguments<'_>) -> Result<Converter, Error>,
) -> Function {
    Function { name, parameters, about, contexts: &[], make: Make::Converter(make) }
}

/// What makes a function of its arguments.
#[derive(Clone, Copy, Debug)]
pub enum Make {
    /// It changes telemetry.
    Editor(fn(&Arguments<'_>) -> Result<Editor, Error>),
    /// It gives a value.
    Converter(fn(&Arguments<'_>) -> Result<Converter, Error>),
}

type Convert = dyn Fn(View<'_>) -> Result<Value<'static>, Failure> + Send + Sync;
type Edit = dyn Fn(&mut Cursor<'_, '_, '_>) -> Result<(), Failure> + Send + Sync;

/// A function with its arguments that gives a value.
pub struct Converter(Kind);

enum Kind {
    Constant(Value<'static>),
    Pure(Box<Convert>),
    Any(Box<Convert>),
}

impl Converter {
    /// A converter.
    pub fn new(
        convert: impl Fn(View<'_>) -> Result<Value<'static>, Failure> + Send + Sync + 'static,
    ) -> Self {
        Self(Kind::Any(Box::new(convert)))
    }

    /// A converter that depends on its arguments alone. If these are known, it is called once and for all.
    pub fn pure(
        convert: impl Fn(View<'_>) -> Result<Value<'static>, Failure> + Send + Sync + 'static,
    ) -> Self {
        Self(Kind::Pure(Box::new(convert)))
    }

    /// A converter whose result is known already.
    #[must_use]
    pub const fn constant(value: Value<'static>) -> Self {
        Self(Kind::Constant(value))
    }

    /// The same, called already if it depends on its arguments alone.
    pub(super) fn with_known_arguments(self) -> Result<Self, Failure> {
        match self.0 {
            Kind::Pure(convert) => {
                let (place, request) = (Place::new(Signal::Logs), RequestContext::default());
                convert(View::new(&place, &request)).map(Self::constant)
            }
            kind => Ok(Self(kind)),
        }
    }

    pub(super) fn into_constant(self) -> Result<Value<'static>, Self> {
        match self.0 {
            Kind::Constant(value) => Ok(value),
            kind => Err(Self(kind)),
        }
    }

    /// Calls it.
    ///
    /// # Errors
    /// [`Failure`] if there is no result.
    pub fn call(&self, view: View<'_>) -> Result<Value<'static>, Failure> {
        match &self.0 {
            Kind::Constant(value) => Ok(value.clone()),
            Kind::Pure(convert) | Kind::Any(convert) => convert(view),
        }
    }
}

impl fmt::Debug for Converter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("converter")
    }
}

/// A function with its arguments that changes telemetry.
pub struct Editor(Box<Edit>);

impl Editor {
    /// An editor.
    pub fn new(
        edit: impl Fn(&mut Cursor<'_, '_, '_>) -> Result<(), Failure> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(edit))
    }

    /// Calls it.
    ///
    /// # Errors
    /// [`Failure`] if the edit could not be made.
    pub fn call(&self, cursor: &mut Cursor<'_, '_, '_>) -> Result<(), Failure> {
        (self.0)(cursor)
    }
}

impl fmt::Debug for Editor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("editor")
    }
}

/// The functions that statements of one component may use.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    lists: Vec<&'static [Function]>,
}

impl Functions {
    /// The converters that every component has.
    #[must_use]
    pub fn converters() -> Self {
        Self { lists: CONVERTERS.to_vec() }
    }

    /// The editors and converters that statements may use.
    #[must_use]
    pub fn all() -> Self {
        let mut functions = Self::converters();
        functions.lists.extend(EDITORS);
        functions
    }

    /// The same and some more.
    #[must_use]
    pub fn with(mut self, functions: &'static [Function]) -> Self {
        self.lists.push(functions);
        self
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &'static Function> + Clone {
        self.lists.iter().flat_map(|list| list.iter())
    }

    /// The function of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'static Function> {
        self.iter().find(|function| function.name == name)
    }
}

impl Function {
    /// Whether it changes telemetry.
    #[must_use]
    pub const fn is_editor(&self) -> bool {
        matches!(self.make, Make::Editor(_))
    }

    /// Whether it can be used in a context.
    #[must_use]
    pub fn is_in(&self, context: Context) -> bool {
        self.contexts.is_empty() || self.contexts.contains(&context)
    }
}

/// One list for each kind of work.
const CONVERTERS: &[&[Function]] = &[
    cases::FUNCTIONS,
    collections::FUNCTIONS,
    csv::FUNCTIONS,
    digests::FUNCTIONS,
    encodings::FUNCTIONS,
    extract::FUNCTIONS,
    format::FUNCTIONS,
    grok::FUNCTIONS,
    ids::FUNCTIONS,
    json::FUNCTIONS,
    key_value::FUNCTIONS,
    kinds::FUNCTIONS,
    lambdas::FUNCTIONS,
    network::FUNCTIONS,
    severity::FUNCTIONS,
    sort::FUNCTIONS,
    texts::FUNCTIONS,
    time::FUNCTIONS,
    url::FUNCTIONS,
    user_agent::FUNCTIONS,
    xml::FUNCTIONS,
];

const EDITORS: &[&[Function]] =
    &[entries::FUNCTIONS, lists::FUNCTIONS, maps::FUNCTIONS, replace::FUNCTIONS, set::FUNCTIONS];

#[cfg(test)]
pub(in crate::ottl) mod tests;
