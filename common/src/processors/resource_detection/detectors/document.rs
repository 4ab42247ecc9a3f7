//! An answer in JSON, of which a few texts are taken.

use serde::Deserialize;
use serde_json::{Map, Value};

/// A JSON object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Document(Map<String, Value>);

impl Document {
    /// The text under these keys, or the number as a text; empty if there is neither.
    pub(super) fn text(&self, keys: &[&str]) -> String {
        match self.value(keys) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// The texts of an object, with their keys.
    pub(super) fn texts(&self, keys: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        let object = self.value(keys).and_then(Value::as_object);
        let entries = object.into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }

    fn value(&self, keys: &[&str]) -> Option<&Value> {
        let (first, rest) = keys.split_first()?;
        rest.iter().try_fold(self.0.get(*first)?, |value, key| value.get(key))
    }
}
