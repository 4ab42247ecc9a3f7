//! Who we say we are.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

use crate::telemetry::{BuildInfo, settings::ResourceSettings};

/// One for the whole run, so that logs, metrics and traces agree, also after a reload.
static INSTANCE_ID: LazyLock<String> = LazyLock::new(|| uuid::Uuid::new_v4().to_string());

/// The attributes that stand on all our own telemetry, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    attributes: BTreeMap<String, String>,
}

impl Resource {
    /// `service.name`, `service.version` and a random `service.instance.id`, then what the user
    /// set: a value replaces, null removes.
    #[must_use]
    pub fn new(build: &BuildInfo, settings: &ResourceSettings) -> Self {
        let defaults = [
            ("service.instance.id", &**INSTANCE_ID),
            ("service.name", &*build.command),
            ("service.version", &*build.version),
        ];
        let mut attributes: BTreeMap<_, _> =
            defaults.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        for attribute in &settings.attributes {
            let name = attribute.name.clone();
            match &attribute.value {
                Value::Null => attributes.remove(&name),
                Value::String(text) => attributes.insert(name, text.clone()),
                other => attributes.insert(name, other.to_string()),
            };
        }
        Self { attributes }
    }

    /// Names and values, sorted by name.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (&**name, &**value))
    }
}

#[cfg(test)]
pub(super) mod tests;
