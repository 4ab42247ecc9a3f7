//! A parsed document that still knows where each value stands.

use std::{fmt, sync::Arc};

use super::Scalar;

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file, or another name of the source.
    pub source: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl Position {
    /// The start of a source.
    #[must_use]
    pub fn start_of(source: &str) -> Self {
        Self { source: source.into(), line: 1, column: 1 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source, self.line, self.column)
    }
}

/// A value with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What is there.
    pub value: Value,
    /// Where it is.
    pub position: Position,
    /// The text that a string setting takes verbatim, when the value came out of one `${...}`.
    pub raw: Option<Arc<str>>,
}

/// What a document is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`, `~`, or nothing after a key.
    Null,
    /// Text whose type is decided by the setting that takes it.
    Scalar {
        /// As written, without quotes.
        text: String,
        /// Whether it can be anything but a string.
        style: Style,
    },
    /// In order.
    List(Vec<Node>),
    /// In order; keys are unique.
    Map(Vec<Entry>),
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Bare: may be a number or a boolean.
    Plain,
    /// In quotes or as a block: always a string.
    Quoted,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key is.
    pub position: Position,
    /// What it is set to.
    pub value: Node,
}

impl Node {
    /// A value at a position.
    #[must_use]
    pub const fn new(value: Value, position: Position) -> Self {
        Self { value, position, raw: None }
    }

    /// A string, whatever it looks like.
    #[must_use]
    pub fn string(text: impl Into<String>, position: Position) -> Self {
        Self::new(Value::Scalar { text: text.into(), style: Style::Quoted }, position)
    }

    /// Whether nothing is there.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The entries of a map, none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key, if this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Where the value at a path such as `sending_queue::batch` is, or the nearest around it.
    #[must_use]
    pub fn locate(&self, path: &str) -> &Position {
        let mut node = self;
        for key in path.split("::").filter(|key| !key.is_empty()) {
            let inner = match &node.value {
                Value::List(items) => key.parse().ok().and_then(|index: usize| items.get(index)),
                _ => node.get(key),
            };
            match inner {
                Some(inner) => node = inner,
                None => break,
            }
        }
        &node.position
    }

    /// The same, for changing it.
    pub fn value_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Map(entries) => {
                entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
            }
            Value::Null | Value::Scalar { .. } | Value::List(_) => None,
        }
    }

    /// What the scalar is, if it is one.
    #[must_use]
    pub fn scalar(&self) -> Option<Scalar<'_>> {
        match &self.value {
            Value::Scalar { text, style: Style::Plain } => Some(Scalar::of_plain(text)),
            Value::Scalar { text, style: Style::Quoted } => Some(Scalar::String(text)),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The text, if this is a string or stands for one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match (&self.raw, self.scalar()) {
            (Some(raw), _) => Some(raw),
            (None, Some(Scalar::String(text))) => Some(text),
            _ => None,
        }
    }

    /// What is there, for messages. Never the whole text of a long value.
    #[must_use]
    pub fn describe(&self) -> String {
        match (&self.value, self.scalar()) {
            (_, Some(Scalar::String(text))) => format!("the string {:?}", shortened(text)),
            (_, Some(Scalar::Bool(value))) => format!("the boolean {value}"),
            (_, Some(Scalar::Int(value))) => format!("the number {value}"),
            (_, Some(Scalar::Float(value))) => format!("the number {value}"),
            (Value::List(_), _) => "a list".to_owned(),
            (Value::Map(_), _) => "a map".to_owned(),
            _ => "null".to_owned(),
        }
    }
}

fn shortened(text: &str) -> String {
    const LIMIT: usize = 64;
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
