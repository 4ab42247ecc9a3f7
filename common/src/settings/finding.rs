//! What is wrong with a config, and where.

use std::{fmt, sync::Arc};

use super::Position;

/// Whether the collector can start all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can.
    Warning,
}

/// One thing that is wrong with a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it stops the start.
    pub severity: Severity,
    /// The file, or another name of the source; empty if it concerns none.
    pub source: Arc<str>,
    /// From 1; 0 if it concerns no line.
    pub line: u32,
    /// From 1; 0 if it concerns no line.
    pub column: u32,
    /// Keys joined by `::`, such as `receivers::otlp::protocols`; empty for the whole.
    pub path: String,
    /// Lower case, no full stop.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl Finding {
    /// An error at a position.
    pub fn error(position: &Position, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            source: Arc::clone(&position.source),
            line: position.line,
            column: position.column,
            path: path.into(),
            message: message.into(),
            suggestion: None,
        }
    }

    /// A warning at a position.
    pub fn warning(
        position: &Position,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(position, path, message) }
    }

    /// An error that has no position, such as an argument's.
    pub fn unplaced(message: impl Into<String>) -> Self {
        let nowhere = Position { source: "".into(), line: 0, column: 0 };
        Self::error(&nowhere, "", message)
    }

    /// The same with what was probably meant.
    #[must_use]
    pub fn with_suggestion(mut self, suggestion: Option<impl Into<String>>) -> Self {
        self.suggestion = suggestion.map(Into::into);
        self
    }

    /// Whether it stops the start.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "{}:{}:{}: ", self.source, self.line, self.column)?;
        } else if !self.source.is_empty() {
            write!(f, "{}: ", self.source)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, ", did you mean {suggestion:?}?"),
            None => Ok(()),
        }
    }
}

/// The word that was probably meant, if one is near enough.
#[must_use]
pub fn nearest<'a>(word: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1) + 1;
    // Comparing costs the product of the lengths, and no key is this long.
    if word.len() > 128 {
        return None;
    }
    valid
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
