//! What decides of a route, compiled.

use super::{
    request::RequestCondition,
    settings::{RouteContext, RouteSettings},
};
use crate::{
    otlp::overlay::{Grain, Place},
    ottl::{
        Cache, Conditions, Context, Cursor, Error, Functions, Mentions, Statement, View,
        functions::{Editor, Function, Make},
        parse,
    },
    pipeline::RequestContext,
    signal::Signal,
};

/// What decides of a route.
pub(super) enum Rule {
    /// The request, and so the whole payload.
    Request(RequestCondition),
    /// Each resource, metric or item by itself.
    Data(Context, Test),
}

/// What is true or false for a resource, metric or item.
pub(super) enum Test {
    Condition(Conditions),
    /// Changes what it is true for.
    Statement(Statement),
}

/// The contexts that a route can be for.
const CONTEXTS: &[Context] =
    &[Context::Resource, Context::Span, Context::Metric, Context::DataPoint, Context::Log];

/// The editors that upstream has for routes.
const EDITORS: [&str; 3] = ["route", "delete_key", "delete_matching_keys"];

/// The editor that changes nothing, for a statement that only says what goes to a route.
const ROUTE: &[Function] = &[Function {
    name: "route",
    parameters: &[],
    about: "changes nothing; what the condition behind it holds for goes to the route",
    contexts: &[],
    make: Make::Editor(|_| Ok(Editor::new(|_| Ok(())))),
}];

impl Rule {
    /// The rule of a route with either a condition or a statement.
    pub(super) fn new(route: &RouteSettings) -> Result<Self, String> {
        match route.context {
            Some(RouteContext::Request) => {
                let condition = route.condition.parse::<RequestCondition>();
                condition.map(Self::Request).map_err(|error| error.to_string())
            }
            Some(written) => {
                compile(route, written.of_paths(), false).map_err(|error| error.to_string())
            }
            None => inferred(route).map_err(|error| error.to_string()),
        }
    }

    /// What the rule is asked of, in words.
    pub(super) const fn context(&self) -> &'static str {
        match self {
            Self::Request(_) => "request",
            Self::Data(context, _) => context.name(),
        }
    }

    /// Whether payloads of a signal have what the rule is asked of.
    pub(super) fn is_of(&self, signal: Signal) -> bool {
        match self {
            Self::Request(_) => true,
            Self::Data(context, _) => context.is_of(signal),
        }
    }
}

/// The context is told from the paths. Where that fails, bare paths are of the resource, as they were once.
fn inferred(route: &RouteSettings) -> Result<Rule, Error> {
    let mut mentions = Mentions::default();
    match &*route.statement {
        "" => mentions.condition(&route.condition)?,
        statement => mentions.statement(statement)?,
    }
    let context = mentions.context(CONTEXTS, &functions());
    let Some(context) = context else { return compile(route, Context::Resource, false) };
    compile(route, context, true)
        .or_else(|error| compile(route, Context::Resource, false).map_err(|_| error))
}

fn compile(route: &RouteSettings, context: Context, needs_context: bool) -> Result<Rule, Error> {
    let functions = functions();
    let test = match &*route.statement {
        "" => {
            let mut condition = Conditions::default();
            condition.add(&route.condition, context, &functions, needs_context)?;
            Test::Condition(condition)
        }
        text => {
            let editor = parse::statement(text)?.editor;
            if !EDITORS.contains(&&*editor.name) {
                let message =
                    format!("{} cannot be used here, only {}", editor.name, EDITORS.join(", "));
                return Err(Error::at(text, editor.name_extent, message));
            }
            Test::Statement(Statement::new(text, context, &functions, needs_context)?)
        }
    };
    Ok(Rule::Data(context, test))
}

fn functions() -> Functions {
    Functions::all().with(ROUTE)
}

impl Test {
    /// Whether it is true here; a statement has then been run.
    pub(super) fn holds(
        &self,
        place: &mut Place<'_>,
        request: &RequestContext,
    ) -> Result<bool, String> {
        let failed =
            |text: &str, failure: &dyn std::fmt::Display| format!("{text:?} failed: {failure}");
        match self {
            Self::Condition(condition) => {
                let mut failures = None;
                let holds = condition.any(View::new(place, request), |text, failure| {
                    failures = Some(failed(text, &failure));
                    false
                });
                failures.map_or(Ok(holds), Err)
            }
            Self::Statement(statement) => {
                let mut cache = Cache::default();
                let mut cursor = Cursor { place, inner: None, cache: &mut cache, request };
                statement.run(&mut cursor).map_err(|failure| failed(statement.text(), &failure))
            }
        }
    }
}

/// What goes to a route as a whole.
pub(super) const fn grain(context: Context) -> Grain {
    match context {
        Context::Resource | Context::Scope => Grain::Resource,
        Context::Metric => Grain::Metric,
        _ => Grain::Item,
    }
}

#[cfg(test)]
mod tests;
