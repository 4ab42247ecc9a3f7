//! The value types of the YAML, and how a component's settings are read from it.

pub mod any_case;
pub mod both;
pub mod decode;
pub mod duration;
pub mod finding;
pub mod named_file;
pub mod node;
pub mod optional;
pub mod pattern;
mod scalar;
pub mod secret;
pub mod tls;
mod whole;

pub use any_case::any_case;
pub use both::Both;
pub use decode::{decode, decode_leaving, decode_own};
pub use duration::Duration;
pub use finding::{Finding, Severity, nearest};
pub use node::{Entry, Node, Position, Style, Value};
pub use optional::{DefaultOnNull, NoneByDefault, SomeByDefault};
pub use pattern::{Pattern, PatternError};
pub use scalar::Scalar;
pub(crate) use scalar::is_null;
pub use secret::{Secret, SecretMap, Unredacted, without_passwords};
pub use tls::{TlsClientSettings, TlsServerSettings, TlsSettings};

use serde::{Serialize, de::DeserializeOwned};

/// Settings of a component: read from YAML by serde, then checked as a whole.
///
/// Implementors derive `Deserialize` with `#[serde(default)]` on structs, and `Serialize` so that
/// `print-config` can show them. Unknown keys are refused by the decoder, not by serde.
pub trait Settings: DeserializeOwned + Serialize + Send + Sync + 'static {
    /// Reports what is wrong with values that are each valid by themselves.
    fn validate(&self, _issues: &mut Issues) {}
}

/// What validation found, each with the path inside the settings (`sending_queue::batch`).
#[derive(Debug, Default)]
pub struct Issues {
    /// In the order they were found.
    pub list: Vec<Issue>,
}

/// One thing that validation found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Keys joined by `::`, empty for the settings as a whole.
    pub path: String,
    /// Lower case, no full stop; names the value and what would be right.
    pub message: String,
    /// Whether the collector can start all the same.
    pub is_warning: bool,
}

impl Issues {
    /// Reports what makes the settings unusable.
    pub fn error(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.list.push(Issue { path: path.into(), message: message.into(), is_warning: false });
    }

    /// Reports what the user should know.
    pub fn warn(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.list.push(Issue { path: path.into(), message: message.into(), is_warning: true });
    }

    /// Runs the checks of a section and files what they find under its key.
    pub fn within(&mut self, key: &str, check: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        check(&mut inner);
        self.list.extend(inner.list.into_iter().map(|issue| Issue {
            path: if issue.path.is_empty() {
                key.to_owned()
            } else {
                format!("{key}::{}", issue.path)
            },
            ..issue
        }));
    }

    /// What was found, with its place in the settings that were checked; `path` is where they stand.
    #[must_use]
    pub fn into_findings(self, node: &Node, path: &str) -> Vec<Finding> {
        let place = |issue: Issue| {
            let position = node.locate(&issue.path);
            let path = match (path, issue.path.as_str()) {
                ("", inner) => inner.to_owned(),
                (path, "") => path.to_owned(),
                (path, inner) => format!("{path}::{inner}"),
            };
            match issue.is_warning {
                true => Finding::warning(position, path, issue.message),
                false => Finding::error(position, path, issue.message),
            }
        };
        self.list.into_iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests;
