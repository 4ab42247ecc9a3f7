//! What detectors find.

use crate::otlp::any_value::OwnedValue;

use super::settings::Wanted;

/// The semantic conventions that the names of attributes are from.
pub(super) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.40.0";

/// Attributes, and the schema that they follow; empty if it is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Detected {
    pub(super) attributes: Vec<(String, OwnedValue)>,
    pub(super) schema_url: &'static str,
}

impl Detected {
    /// Nothing yet, of the semantic conventions.
    pub(super) const fn conventional() -> Self {
        Self { attributes: Vec::new(), schema_url: SCHEMA_URL }
    }

    /// Nothing yet, of a cloud and its platform.
    pub(super) fn on(provider: &str, platform: &str) -> Self {
        let mut found = Self::conventional();
        found.put("cloud.provider", provider);
        found.put("cloud.platform", platform);
        found
    }

    /// Adds an attribute. A text without a character says nothing, and would take the place of one that does.
    pub(super) fn put(&mut self, name: &str, value: impl Into<OwnedValue>) {
        let value = value.into();
        let says_nothing = match &value {
            OwnedValue::Str(text) => text.is_empty(),
            OwnedValue::Array(elements) => elements.is_empty(),
            _ => false,
        };
        if !says_nothing {
            self.attributes.retain(|(known, _)| known != name);
            self.attributes.push((name.to_owned(), value));
        }
    }

    /// The same for a value that may be missing.
    pub(super) fn put_some(&mut self, name: &str, value: Option<impl Into<OwnedValue>>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// Adds a list of texts.
    pub(super) fn put_texts(&mut self, name: &str, texts: impl IntoIterator<Item = String>) {
        self.put(name, OwnedValue::Array(texts.into_iter().map(OwnedValue::Str).collect()));
    }

    /// Leaves out what is not wanted. If nothing is left, that follows no schema.
    pub(super) fn only(mut self, wanted: Wanted<'_>) -> Self {
        self.attributes.retain(|(name, _)| wanted.has(name));
        if self.attributes.is_empty() { Self::default() } else { self }
    }

    /// Adds what a later detector found and nobody before.
    pub(super) fn merge(&mut self, later: Self) {
        let known = self.attributes.len();
        for (name, value) in later.attributes {
            if !self.attributes.iter().take(known).any(|(known, _)| *known == name) {
                self.attributes.push((name, value));
            }
        }
        if self.schema_url.is_empty() {
            self.schema_url = later.schema_url;
        }
    }
}
