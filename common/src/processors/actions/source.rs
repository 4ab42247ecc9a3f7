//! Where an action takes its value from.

use super::ActionSettings;
use crate::{
    otlp::any_value::{OwnedValue, PlainValue},
    pipeline::RequestContext,
};

/// What joins several values of one name.
const SEPARATOR: &str = ";";

#[derive(Clone, Debug)]
pub(super) enum Source {
    Value(OwnedValue),
    /// Another attribute.
    Attribute(String),
    /// What is known of the request, by its place in the list of what is asked for.
    Context(usize),
    /// Only the default.
    Nothing,
}

impl Source {
    pub(super) fn of(settings: &ActionSettings, context_keys: &mut Vec<ContextKey>) -> Self {
        if let Some(PlainValue(value)) = &settings.value {
            Self::Value(value.clone())
        } else if !settings.from_context.is_empty() {
            context_keys.push(ContextKey::new(&settings.from_context));
            Self::Context(context_keys.len() - 1)
        } else if !settings.from_attribute.is_empty() {
            Self::Attribute(settings.from_attribute.clone())
        } else {
            Self::Nothing
        }
    }
}

/// A name for something that is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ContextKey {
    /// The client's address without its port.
    ClientAddress,
    /// Metadata, by its key in lower case.
    Metadata(String),
    /// What an authenticator knows of the client.
    Identity(String),
}

impl ContextKey {
    fn new(name: &str) -> Self {
        if name == "client.address" {
            return Self::ClientAddress;
        }
        if let Some(name) = name.strip_prefix("auth.") {
            return Self::Identity(name.to_owned());
        }
        // A bare name is one of metadata, as before there was a prefix.
        Self::Metadata(name.strip_prefix("metadata.").unwrap_or(name).to_lowercase())
    }

    pub(super) fn value_in(&self, context: &RequestContext) -> Option<OwnedValue> {
        match self {
            // Upstream has an empty address for a client without one.
            Self::ClientAddress => {
                let address = context.peer().map(|peer| peer.ip().to_canonical().to_string());
                Some(address.unwrap_or_default().into())
            }
            Self::Metadata(key) => {
                let values: Vec<&str> = context.metadata(key).collect();
                (!values.is_empty()).then(|| values.join(SEPARATOR).into())
            }
            Self::Identity(name) => {
                let value = context.identity().get(name)?;
                Some(joined(value).unwrap_or_else(|| value.to_owned()).into())
            }
        }
    }
}

/// The elements of an identity's attribute that was a list of texts, which it holds as JSON.
fn joined(value: &str) -> Option<String> {
    let list: Option<Vec<String>> =
        value.starts_with('[').then(|| serde_json::from_str(value).ok()).flatten();
    list.map(|list| list.join(SEPARATOR))
}
