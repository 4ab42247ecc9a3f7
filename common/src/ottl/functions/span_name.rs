//! `set_semconv_span_name`, for the transform processor.

use std::borrow::Cow;

use super::{Arguments, Context, Editor, Function, Make};
use crate::{
    otlp::{
        any_value::{AnyValue, OwnedValue},
        attributes::Attributes,
        edit::Draft,
        field_numbers::span,
        span::SpanView,
    },
    ottl::{context::Level, error::Error},
};

/// What statements on spans have besides the functions of all.
pub const SPAN_FUNCTIONS: &[Function] = &[Function {
    name: "set_semconv_span_name",
    parameters: &["semconv_version", "original_span_name_attribute?"],
    about: "names a span as the semantic conventions say, from its attributes; the name that it had \
            may be kept as an attribute",
    contexts: &[Context::Span],
    make: Make::Editor(set_semconv_span_name),
}];

/// Versions of the conventions, in all of which spans are named alike.
const VERSIONS: [[u32; 3]; 2] = [[1, 37, 0], [1, 43, 0]];

fn set_semconv_span_name(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let version = arguments.get("semconv_version")?;
    let [first, last] = VERSIONS;
    if !version_of(&version.literal_text()?).is_some_and(|one| (first..=last).contains(&one)) {
        return Err(version.error("semconv_version must be between 1.37.0 and 1.43.0"));
    }
    let kept = match arguments.find("original_span_name_attribute") {
        None => None,
        Some(kept) => match kept.literal_text()? {
            key if key.is_empty() => return Err(kept.error("an attribute must have a name")),
            key => Some(key),
        },
    };
    Ok(Editor::new(move |cursor| {
        cursor.edit(Level::Item, |draft| rename(draft, kept.as_deref()));
        Ok(())
    }))
}

/// The numbers of a version, of which the later ones may be left out.
fn version_of(text: &str) -> Option<[u32; 3]> {
    let mut numbers = [0; 3];
    let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
    for (place, number) in numbers.iter_mut().enumerate() {
        match parts.next() {
            Some(part) if part.bytes().all(|byte| byte.is_ascii_digit()) => {
                *number = part.parse().ok()?;
            }
            None if place > 0 => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(numbers)
}

fn rename(draft: &mut Draft<'_>, kept: Option<&str>) {
    let view = SpanView::new(draft.bytes());
    let Some(name) = name(i64::from(view.kind()), Span(draft.attributes())) else { return };
    let before = view.name();
    if before == name {
        return;
    }
    let before = before.to_owned();
    let name = name.into_owned();
    draft.set_string(span::NAME, &name);
    if let Some(key) = kept {
        draft.set_attribute(key, &OwnedValue::Str(before));
    }
}

/// The name for a kind of span; nothing if the conventions have none.
fn name(kind: i64, span: Span<'_>) -> Option<Cow<'_, str>> {
    const SERVER: i64 = 2;
    const CLIENT: i64 = 3;
    const PRODUCER: i64 = 4;
    const CONSUMER: i64 = 5;
    match kind {
        SERVER => span.http("http.route").or_else(|| span.rpc()).or_else(|| span.messaging()),
        CLIENT => span
            .http("url.template")
            .or_else(|| span.rpc())
            .or_else(|| span.database())
            .or_else(|| span.messaging()),
        PRODUCER | CONSUMER => span.messaging(),
        _ => None,
    }
}

#[derive(Clone, Copy)]
struct Span<'a>(Attributes<'a>);

impl<'a> Span<'a> {
    fn get(self, key: &str) -> Option<Cow<'a, str>> {
        self.0.get(key).map(AnyValue::to_text)
    }

    /// The attribute by its name, or by the one that it had before.
    fn either(self, key: &str, before: &str) -> Option<Cow<'a, str>> {
        self.get(key).or_else(|| self.get(before))
    }

    fn is_true(self, key: &str) -> bool {
        matches!(self.0.get(key), Some(AnyValue::Bool(true)))
    }

    fn http(self, subject: &str) -> Option<Cow<'a, str>> {
        let method = self.either("http.request.method", "http.method")?;
        Some(match self.get(subject) {
            Some(subject) => format!("{method} {subject}").into(),
            None => method,
        })
        .filter(|name| !name.is_empty())
    }

    fn rpc(self) -> Option<Cow<'a, str>> {
        let system = self.either("rpc.system.name", "rpc.system")?;
        let method = self.either("rpc.method", "rpc.grpc.method");
        let service = self.either("rpc.service", "rpc.grpc.service");
        Some(match (service, method) {
            (Some(service), Some(method)) => format!("{service}/{method}").into(),
            (None, Some(method)) => method,
            (Some(service), None) => format!("{service}/*").into(),
            (None, None) => system,
        })
        .filter(|name| !name.is_empty())
    }

    fn database(self) -> Option<Cow<'a, str>> {
        let system = self.either("db.system.name", "db.system")?;
        if let Some(summary) = self.get("db.query.summary") {
            return Some(summary).filter(|name| !name.is_empty());
        }
        let is_there = |name: &Cow<'_, str>| !name.is_empty();
        let operation = self.either("db.operation.name", "db.operation").filter(is_there);
        let target = self.database_target().filter(is_there);
        Some(match (operation, target) {
            (Some(operation), Some(target)) => format!("{operation} {target}").into(),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => system,
        })
        .filter(is_there)
    }

    fn database_target(self) -> Option<Cow<'a, str>> {
        let namespace = self.either("db.namespace", "db.name").filter(|name| !name.is_empty());
        match (namespace, self.either("db.collection.name", "db.stored_procedure.name")) {
            (Some(namespace), Some(inside)) => Some(format!("{namespace}.{inside}").into()),
            (Some(one), None) | (None, Some(one)) => Some(one),
            (None, None) => self.server(),
        }
    }

    fn messaging(self) -> Option<Cow<'a, str>> {
        let system = self.get("messaging.system")?;
        let operation = self.either("messaging.operation.name", "messaging.operation");
        let destination = self.destination().filter(|name| !name.is_empty());
        Some(match (operation, destination) {
            (Some(operation), Some(destination)) => format!("{operation} {destination}").into(),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => system,
        })
        .filter(|name| !name.is_empty())
    }

    fn destination(self) -> Option<Cow<'a, str>> {
        if self.is_true("messaging.destination.temporary") {
            return Some("(temporary)".into());
        }
        if self.is_true("messaging.destination.anonymous") {
            return Some("(anonymous)".into());
        }
        self.get("messaging.destination.template")
            .or_else(|| self.either("messaging.destination.name", "messaging.destination"))
            .or_else(|| self.server())
    }

    fn server(self) -> Option<Cow<'a, str>> {
        let address = self.get("server.address")?;
        Some(match self.get("server.port") {
            Some(port) => format!("{address}:{port}").into(),
            None => address,
        })
    }
}

#[cfg(test)]
mod tests;
