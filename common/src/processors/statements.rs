//! Lists of statements and conditions as settings have them: flat, or in groups.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{
    ottl::{Conditions, Context, Error, ErrorMode, Failure, Functions, Mentions, Statement},
    pipeline::{Reason, Rejected, Seldom},
    settings::{self, Issues},
    signal::Signal,
};

/// An entry of a list: a text by itself, or a group of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Listed<G> {
    /// One of those that make up one group together.
    Text(String),
    /// A group.
    Group(G),
}

impl<'de, G: Deserialize<'de>> Deserialize<'de> for Listed<G> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrGroup(PhantomData))
    }
}

struct TextOrGroup<G>(PhantomData<G>);

impl<'de, G: Deserialize<'de>> Visitor<'de> for TextOrGroup<G> {
    type Value = Listed<G>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a group with its own keys")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Listed<G>, E> {
        Ok(Listed::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Listed<G>, A::Error> {
        G::deserialize(MapAccessDeserializer::new(map)).map(Listed::Group)
    }
}

/// A group of statements of `transform`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatementGroup {
    /// What the statements are run on; told from their paths if it is not written.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub context: String,
    /// The statements are run where one of these holds; everywhere if there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// What is done, in order.
    pub statements: Vec<String>,
    /// What happens when one fails.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some_any_case")]
    pub error_mode: Option<ErrorMode>,
}

/// A group of conditions of `filter`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConditionGroup {
    /// What the conditions are asked of; told from their paths if it is not written.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub context: String,
    /// Where one of them holds, what they are asked of is dropped.
    pub conditions: Vec<String>,
    /// What happens when one fails.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some_any_case")]
    pub error_mode: Option<ErrorMode>,
}

fn some_any_case<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ErrorMode>, D::Error> {
    settings::any_case(deserializer).map(Some)
}

/// Statements and conditions that belong together, compiled.
#[derive(Debug)]
pub(super) struct Group {
    pub context: Context,
    pub conditions: Conditions,
    pub statements: Vec<Statement>,
    pub error_mode: ErrorMode,
}

/// What failed while a request was worked on, so that it is told once and not for each item.
#[derive(Debug, Default)]
pub(super) struct Failures {
    count: u64,
    first: Option<(String, Failure)>,
    /// What failed where a failure stops everything.
    pub stopped: Option<(String, Failure)>,
}

impl Failures {
    /// Notes what failed. Returns whether what comes after it is run.
    pub(super) fn note(&mut self, mode: ErrorMode, text: &str, failure: Failure) -> bool {
        match mode {
            ErrorMode::Silent => true,
            ErrorMode::Ignore => {
                self.count += 1;
                self.first.get_or_insert_with(|| (text.to_owned(), failure));
                true
            }
            ErrorMode::Propagate => {
                self.stopped = Some((text.to_owned(), failure));
                false
            }
        }
    }

    /// Tells what failed, now and then.
    ///
    /// # Errors
    /// [`Rejected`] if a failure stopped everything.
    pub(super) fn settle(self, id: &str, seldom: &Seldom) -> Result<(), Rejected> {
        if let Some((text, failure)) = self.stopped {
            let message = format!("{text:?} failed: {failure}");
            return Err(Rejected::new(Reason::Unavailable, message));
        }
        if let Some((text, failure)) = &self.first
            && let Some(untold) = seldom.is_due()
        {
            let count = self.count;
            tracing::warn!(id, text, error = %failure, count, untold, "could not be run");
        }
        Ok(())
    }
}

/// What the groups of one list have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub signal: Signal,
    /// The contexts that may be named.
    pub contexts: &'a [Context],
    pub functions: &'a Functions,
    pub error_mode: ErrorMode,
}

/// What a list is made of, once flat texts are one group.
#[derive(Clone, Copy, Debug, Default)]
struct Written<'a> {
    context: &'a str,
    conditions: &'a [String],
    statements: &'a [String],
    error_mode: Option<ErrorMode>,
    /// Where it stands in the settings; empty for the whole list.
    place: Option<usize>,
    /// The number of its first text.
    first: usize,
}

impl<'a> From<&'a StatementGroup> for Written<'a> {
    fn from(group: &'a StatementGroup) -> Self {
        let StatementGroup { context, conditions, statements, error_mode } = group;
        Self { context, conditions, statements, error_mode: *error_mode, ..Self::default() }
    }
}

impl<'a> From<&'a ConditionGroup> for Written<'a> {
    fn from(group: &'a ConditionGroup) -> Self {
        let ConditionGroup { context, conditions, error_mode } = group;
        Self { context, conditions, error_mode: *error_mode, ..Self::default() }
    }
}

/// Compiles the list of statements of a signal; what is wrong is told to `issues`.
pub(super) fn compile_statements(
    list: &[Listed<StatementGroup>],
    scope: Scope<'_>,
    issues: &mut Issues,
) -> Vec<Group> {
    let texts = texts(list, "statements", issues);
    let flat = Written { statements: &texts, ..Written::default() };
    let written = groups(list).chain((!texts.is_empty()).then_some(flat));
    written.filter_map(|written| compile(written, scope, issues)).collect()
}

/// Compiles the list of conditions of a signal; what is wrong is told to `issues`.
///
/// Conditions of which nobody says what they are asked of are told apart one by one.
pub(super) fn compile_conditions(
    list: &[Listed<ConditionGroup>],
    scope: Scope<'_>,
    issues: &mut Issues,
) -> Vec<Group> {
    let texts = texts(list, "conditions", issues);
    let flat = Written { conditions: &texts, ..Written::default() };
    let mut compiled = Vec::new();
    for written in groups(list).chain((!texts.is_empty()).then_some(flat)) {
        if !written.context.is_empty() {
            compiled.extend(compile(written, scope, issues));
            continue;
        }
        let conditions = written.conditions.iter().enumerate();
        let mut own: Vec<Group> = conditions
            .filter_map(|(index, condition)| {
                let conditions = std::slice::from_ref(condition);
                compile(Written { conditions, first: index, ..written }, scope, issues)
            })
            .collect();
        // From the outside in: what is dropped as a whole need not be asked for its parts.
        own.sort_by_key(|group| group.context);
        compiled.extend(own);
    }
    compiled
}

/// Compiles conditions of which it is known what they are asked of; their paths may leave it out.
pub(super) fn compile_list(
    conditions: &[String],
    context: Context,
    scope: Scope<'_>,
    issues: &mut Issues,
) -> Option<Group> {
    let written = Written { context: context.name(), conditions, ..Written::default() };
    if conditions.is_empty() { None } else { compile(written, scope, issues) }
}

fn texts<G>(list: &[Listed<G>], what: &str, issues: &mut Issues) -> Vec<String> {
    let texts: Vec<String> = list
        .iter()
        .filter_map(|entry| match entry {
            Listed::Text(text) => Some(text.clone()),
            Listed::Group(_) => None,
        })
        .collect();
    if !texts.is_empty() && texts.len() < list.len() {
        issues.error("", format!("either {what} or groups of them, not both in one list"));
    }
    texts
}

/// The groups of a list.
fn groups<'a, G>(list: &'a [Listed<G>]) -> impl Iterator<Item = Written<'a>>
where
    &'a G: Into<Written<'a>>,
{
    list.iter().enumerate().filter_map(|(place, entry)| match entry {
        Listed::Text(_) => None,
        Listed::Group(group) => Some(Written { place: Some(place), ..group.into() }),
    })
}

fn compile(written: Written<'_>, scope: Scope<'_>, issues: &mut Issues) -> Option<Group> {
    let mut inner = Issues::default();
    let group = compile_group(written, scope, &mut inner);
    match written.place {
        Some(place) => issues.within(&place.to_string(), |issues| issues.list.extend(inner.list)),
        None => issues.list.extend(inner.list),
    }
    group
}

fn compile_group(written: Written<'_>, scope: Scope<'_>, issues: &mut Issues) -> Option<Group> {
    let needs_context = written.context.is_empty();
    let context = if needs_context {
        infer(written, scope, issues)?
    } else {
        named(written.context, scope, issues)?
    };
    let mut statements = Vec::with_capacity(written.statements.len());
    for (index, text) in written.statements.iter().enumerate() {
        match Statement::new(text, context, scope.functions, needs_context) {
            Ok(statement) => statements.push(statement),
            Err(error) => issues.error(path(written, "statements", index), error.to_string()),
        }
    }
    let mut conditions = Conditions::default();
    for (index, text) in written.conditions.iter().enumerate() {
        if let Err(error) = conditions.add(text, context, scope.functions, needs_context) {
            issues.error(path(written, "conditions", index), error.to_string());
        }
    }
    let error_mode = written.error_mode.unwrap_or(scope.error_mode);
    Some(Group { context, conditions, statements, error_mode })
}

/// Where a text stands from the place of its group.
fn path(written: Written<'_>, key: &str, index: usize) -> String {
    let index = written.first + index;
    match written.place {
        Some(_) => format!("{key}::{index}"),
        None => index.to_string(),
    }
}

fn named(name: &str, scope: Scope<'_>, issues: &mut Issues) -> Option<Context> {
    let context = Context::of_name(&name.to_lowercase());
    let context = context.filter(|context| scope.contexts.contains(context));
    if context.is_none() {
        let names: Vec<_> = scope.contexts.iter().map(|context| context.name()).collect();
        let signal = scope.signal;
        let names = names.join(", ");
        issues.error("context", format!("{name:?} is no context of {signal}: {names}"));
    }
    context
}

fn infer(written: Written<'_>, scope: Scope<'_>, issues: &mut Issues) -> Option<Context> {
    let mut mentions = Mentions::default();
    let mut is_sound = true;
    let mut note = |key: &str, index: usize, found: Result<(), Error>| {
        if let Err(error) = found {
            issues.error(path(written, key, index), error.to_string());
            is_sound = false;
        }
    };
    for (index, text) in written.statements.iter().enumerate() {
        note("statements", index, mentions.statement(text));
    }
    for (index, text) in written.conditions.iter().enumerate() {
        note("conditions", index, mentions.condition(text));
    }
    if !is_sound {
        return None;
    }
    let context = mentions.context(scope.contexts, scope.functions);
    if context.is_none() && !(written.statements.is_empty() && written.conditions.is_empty()) {
        let names: Vec<_> = scope.contexts.iter().map(|context| context.name()).collect();
        let names = names.join(", ");
        let message =
            format!("no path says what this is for: begin one with {names}, or set context");
        issues.error("", message);
    }
    context
}
