//! Who we say we are.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::telemetry::BuildInfo;

/// One for the whole run, so that logs, metrics and traces agree, also after a reload.
static INSTANCE_ID: LazyLock<String> = LazyLock::new(|| uuid::Uuid::new_v4().to_string());

/// The attributes that stand on all our own telemetry, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    attributes: BTreeMap<String, String>,
}

impl Resource {
    /// `service.name`, `service.version` and a random `service.instance.id`, then what the user
    /// set: a value replaces, no value removes.
    #[must_use]
    pub fn new<'a>(
        build: &BuildInfo,
        configured: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Self {
        let defaults = [
            ("service.instance.id", &**INSTANCE_ID),
            ("service.name", &*build.command),
            ("service.version", &*build.version),
        ];
        let mut attributes: BTreeMap<_, _> = defaults
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        for (name, value) in configured {
            match value {
                Some(value) => attributes.insert(name.to_owned(), value.to_owned()),
                None => attributes.remove(name),
            };
        }
        Self { attributes }
    }

    /// Names and values, sorted by name.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes
            .iter()
            .map(|(name, value)| (&**name, &**value))
    }
}
