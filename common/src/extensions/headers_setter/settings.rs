//! The settings of `headers_setter`.

use http::{HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};

use crate::{
    component::ComponentId,
    settings::{Issues, Secret, Settings},
};

/// What the transport says of itself, and would be wrong if anybody else did.
const OF_TRANSPORT: [HeaderName; 6] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// All keys of `headers_setter`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct HeadersSetterConfig {
    /// What to set, in this order.
    pub headers: Vec<HeaderSettings>,
    /// An authenticator whose headers come first.
    pub additional_auth: Option<ComponentId>,
}

/// One of `headers`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct HeaderSettings {
    /// The header's name.
    pub key: String,
    /// `insert`, `update`, `upsert` or `delete`.
    pub action: String,
    /// The value itself.
    pub value: Option<Secret>,
    /// A file with the value.
    pub value_file: Option<String>,
    /// Metadata of the request that the telemetry came with.
    pub from_context: Option<String>,
    /// An attribute of who sent that request.
    pub from_attribute: Option<String>,
    /// The value where that request has none.
    pub default_value: Option<Secret>,
}

/// What is done with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Insert,
    Update,
    Upsert,
    Delete,
}

impl HeaderSettings {
    /// The action; nothing for a word that is none, or no word.
    pub(super) fn action(&self) -> Option<Action> {
        match self.action.as_str() {
            "insert" => Some(Action::Insert),
            "update" => Some(Action::Update),
            "upsert" => Some(Action::Upsert),
            "delete" => Some(Action::Delete),
            _ => None,
        }
    }

    fn validate(&self, path: &str, issues: &mut Issues) {
        match HeaderName::try_from(&self.key) {
            _ if self.key.is_empty() => issues.error(path, "missing header name"),
            Err(_) => {
                issues.error(
                    format!("{path}::key"),
                    format!("{:?} is no valid header name", self.key),
                );
            }
            Ok(name) if OF_TRANSPORT.contains(&name) => issues.error(
                format!("{path}::key"),
                format!("{name} is set by the transport and cannot be changed"),
            ),
            Ok(_) => {}
        }
        if self.action.is_empty() {
            issues.warn(
                format!("{path}::action"),
                "is not set, using upsert; expected one of insert, update, upsert, delete",
            );
        } else if self.action().is_none() {
            let message = format!(
                "unknown action {:?}, expected one of insert, update, upsert, delete",
                self.action
            );
            issues.error(format!("{path}::action"), message);
        }
        self.validate_source(path, issues);
        for (key, value) in [("value", &self.value), ("default_value", &self.default_value)] {
            if value.as_ref().is_some_and(|value| HeaderValue::try_from(value.reveal()).is_err()) {
                issues.error(format!("{path}::{key}"), "is no valid header value");
            }
        }
    }

    fn validate_source(&self, path: &str, issues: &mut Issues) {
        let is_set = [
            self.from_context.is_some(),
            self.from_attribute.is_some(),
            self.value.is_some(),
            self.value_file.is_some(),
        ];
        let sources = is_set.into_iter().filter(|is_set| *is_set).count();
        if self.action() == Some(Action::Delete) {
            if sources > 0 || self.default_value.is_some() {
                issues.warn(path, "delete needs no value, so that none is used");
            }
            return;
        }
        match sources {
            0 => issues.error(
                path,
                "missing header source, must be 'from_context', 'from_attribute', 'value', or \
                 'value_file'",
            ),
            1 => {}
            _ => issues.error(
                path,
                "invalid header source, must be only one of 'from_context', 'from_attribute', \
                 'value', or 'value_file'",
            ),
        }
        if self.value_file.as_ref().is_some_and(String::is_empty) {
            issues.error(format!("{path}::value_file"), "must be a path, got \"\"");
        }
        if self.default_value.is_some() && (self.value.is_some() || self.value_file.is_some()) {
            let message = "has no effect without from_context or from_attribute";
            issues.warn(format!("{path}::default_value"), message);
        }
    }
}

impl Settings for HeadersSetterConfig {
    fn validate(&self, issues: &mut Issues) {
        if self.headers.is_empty() {
            issues.error("", "missing headers configuration");
        }
        for (index, header) in self.headers.iter().enumerate() {
            header.validate(&format!("headers::{index}"), issues);
        }
    }
}
