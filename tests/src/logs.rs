//! A collector's log lines, in either encoding.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;

/// One log record; a line that is not JSON is a record with that message.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// `info`, `warn` ...; empty for a line that is no record.
    pub level: String,
    /// The message.
    pub message: String,
    /// All fields, by their full names.
    pub fields: Value,
}

impl LogLine {
    /// Reads one line.
    #[must_use]
    pub fn parse(line: &str) -> Self {
        let fields: Value = serde_json::from_str(line).unwrap_or(Value::Null);
        if let [_, level, _, message, rest @ ..] = line.split('\t').collect::<Vec<_>>().as_slice() {
            let fields = rest.first().and_then(|json| serde_json::from_str(json).ok());
            let fields = fields.unwrap_or(Value::Null);
            let (level, message) = ((*level).to_owned(), (*message).to_owned());
            return Self { level, message, fields };
        }
        let text = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            level: text("level").unwrap_or_default(),
            message: text("msg").unwrap_or_else(|| line.to_owned()),
            fields,
        }
    }

    /// A field as text; empty if it is not there.
    #[must_use]
    pub fn field(&self, key: &str) -> String {
        match self.fields.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }
}

/// The lines of one process so far. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Logs(Arc<Mutex<Vec<String>>>);

impl Logs {
    /// Appends one line.
    pub fn push(&self, line: String) {
        self.0.lock().push(line);
    }

    /// The lines as they were written.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.lock().join("\n")
    }

    /// All records.
    #[must_use]
    pub fn lines(&self) -> Vec<LogLine> {
        self.0.lock().iter().map(|line| LogLine::parse(line)).collect()
    }

    /// The first record whose message starts with `message` and that passes.
    #[must_use]
    pub fn find(&self, message: &str, passes: impl Fn(&LogLine) -> bool) -> Option<LogLine> {
        self.lines().into_iter().find(|line| line.message.starts_with(message) && passes(line))
    }

    /// How many records start with `message`.
    #[must_use]
    pub fn count(&self, message: &str) -> usize {
        self.lines().iter().filter(|line| line.message.starts_with(message)).count()
    }
}
