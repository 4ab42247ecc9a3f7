//! The value types of the YAML, and how a component's settings are read from it.

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
}
