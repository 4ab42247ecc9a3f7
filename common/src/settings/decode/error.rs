//! Why a value cannot be read, and which value it is.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::{Path, Session, name_of};
use crate::settings::{Finding, Node, Position, finding::nearest};

/// The reason that an attempt at the settings failed.
#[derive(Debug)]
pub(super) struct DecodeError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    place: Option<Place>,
}

#[derive(Debug)]
enum Kind {
    Wrong {
        message: String,
        suggestion: Option<String>,
    },
    Missing(&'static str),
    /// A null, in whose place the struct's default goes.
    Null,
    /// Follows from what has been reported.
    Silent,
}

#[derive(Debug)]
struct Place {
    node: usize,
    position: Position,
    path: String,
}

impl DecodeError {
    pub(super) fn wrong(message: impl Into<String>) -> Self {
        Self::of(Kind::Wrong { message: message.into(), suggestion: None })
    }

    pub(super) fn null() -> Self {
        Self::of(Kind::Null)
    }

    fn of(kind: Kind) -> Self {
        Self(Box::new(Inner { kind, place: None }))
    }

    /// Says which value failed, unless somebody nearer has said it.
    pub(super) fn at(self, node: &Node, path: &Path<'_>, session: &Session) -> Self {
        self.at_position(node, &node.position, path, session)
    }

    /// The same with another position than the value's, such as its key's.
    pub(super) fn at_position(
        mut self,
        node: &Node,
        position: &Position,
        path: &Path<'_>,
        session: &Session,
    ) -> Self {
        if self.0.place.is_none() {
            let path = path.to_string();
            self.0.place = Some(Place { node: name_of(node), position: position.clone(), path });
            if let Kind::Missing(key) = self.0.kind
                && let Some(child) = node.get(key)
                && !child.is_null()
                && session.is_left_out(child)
            {
                self.0.kind = Kind::Silent;
            }
        }
        self
    }

    /// The failed value's name and what to tell the user about it, if anything.
    pub(super) fn into_finding(self) -> Option<(usize, Option<Finding>)> {
        let place = self.0.place?;
        let (message, suggestion) = match self.0.kind {
            Kind::Null | Kind::Silent => return Some((place.node, None)),
            Kind::Missing(key) => (format!("the key {key:?} is required"), None),
            Kind::Wrong { message, suggestion } => (message, suggestion),
        };
        let finding = Finding::error(&place.position, place.path, message);
        Some((place.node, Some(finding.with_suggestion(suggestion))))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Wrong { message, .. } => f.write_str(message),
            Kind::Missing(key) => write!(f, "the key {key:?} is required"),
            Kind::Null => f.write_str("unexpected null"),
            Kind::Silent => f.write_str("cannot be read"),
        }
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::wrong(message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong(format!("expected {expected}, got {unexpected}"))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong(format!("expected {expected}, got {unexpected}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::of(Kind::Missing(field))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let list: Vec<String> = expected.iter().map(|word| format!("{word:?}")).collect();
        Self::of(Kind::Wrong {
            message: format!("unknown value {variant:?}, expected one of {}", list.join(", ")),
            suggestion: nearest(variant, expected.iter().copied()).map(str::to_owned),
        })
    }
}
