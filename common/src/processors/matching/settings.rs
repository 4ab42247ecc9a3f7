//! `include` and `exclude` as they are written in YAML.

use serde::{Deserialize, Serialize};

use crate::{
    otlp::{
        any_value::{OwnedValue, PlainValue},
        schema::enums,
    },
    settings::{Issues, Pattern},
    signal::Signal,
};

/// How texts are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchType {
    /// Nothing was written, which will do where no text is compared.
    #[default]
    #[serde(skip_deserializing)]
    Missing,
    /// They must be equal.
    Strict,
    /// What is written is a regular expression that must be found.
    Regexp,
}

/// Properties that an item must have, all of them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct MatchSettings {
    /// How texts are compared.
    pub match_type: MatchType,
    /// A cache of matches, which upstream has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regexp: Option<CacheSettings>,
    /// Values of the resource's `service.name`, any of them; for spans.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Names of spans, any of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub span_names: Vec<String>,
    /// Kinds of spans such as `SPAN_KIND_SERVER`, any of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub span_kinds: Vec<String>,
    /// Bodies of log records as text, any of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log_bodies: Vec<String>,
    /// Severity texts of log records, any of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log_severity_texts: Vec<String>,
    /// Severity numbers of log records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_severity_number: Option<SeveritySettings>,
    /// Names of metrics, any of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metric_names: Vec<String>,
    /// Attributes of the span or log record, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<PropertySettings>,
    /// Attributes of the resource, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<PropertySettings>,
    /// Names and versions that the scope must have, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<LibrarySettings>,
}

/// Upstream's cache of matches; nothing is cached here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct CacheSettings {
    /// Whether there is one.
    pub cacheenabled: bool,
    /// How much it holds.
    pub cachemaxnumentries: u64,
}

/// An attribute.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct PropertySettings {
    /// Its key.
    pub key: String,
    /// Its value; any if nothing is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<PlainValue>,
}

/// A scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct LibrarySettings {
    /// Its name.
    pub name: String,
    /// Its version; any if nothing is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Severity numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct SeveritySettings {
    /// The lowest.
    pub min: i32,
    /// Whether a record without a number matches.
    pub match_undefined: bool,
}

impl SeveritySettings {
    pub(super) const fn matches(self, number: i32) -> bool {
        if number == 0 { self.match_undefined } else { number >= self.min }
    }
}

impl MatchSettings {
    /// Reports what is wrong whatever the signal.
    pub fn check(&self, issues: &mut Issues) {
        let has_value = |list: &[PropertySettings]| list.iter().any(|one| one.value.is_some());
        let compares_texts = self.texts().iter().any(|(_, texts)| !texts.is_empty())
            || !self.libraries.is_empty()
            || has_value(&self.attributes)
            || has_value(&self.resources);
        if compares_texts && self.match_type == MatchType::Missing {
            issues.error("match_type", "must be strict or regexp");
        }
        if self.regexp.is_some_and(|cache| cache.cacheenabled) {
            issues.warn("regexp::cacheenabled", "has no effect, matches are not cached");
        }
        for (key, texts) in self.texts() {
            for (index, text) in texts.iter().enumerate() {
                self.check_text(&format!("{key}::{index}"), text, issues);
            }
        }
        let known = enums::SPAN_KIND.map(|(name, _)| name);
        let known = known.get(1..).unwrap_or_default();
        for (index, kind) in self.span_kinds.iter().enumerate() {
            if self.match_type == MatchType::Strict && !known.contains(&kind.as_str()) {
                let message = format!("{kind:?} must be one of {}", known.join(", "));
                issues.error(format!("span_kinds::{index}"), message);
            }
        }
        for (index, library) in self.libraries.iter().enumerate() {
            self.check_text(&format!("libraries::{index}::name"), &library.name, issues);
            if let Some(version) = &library.version {
                self.check_text(&format!("libraries::{index}::version"), version, issues);
            }
        }
        self.check_properties("attributes", &self.attributes, issues);
        self.check_properties("resources", &self.resources, issues);
    }

    fn check_properties(&self, key: &str, list: &[PropertySettings], issues: &mut Issues) {
        for (index, property) in list.iter().enumerate() {
            if property.key.is_empty() {
                issues.error(format!("{key}::{index}::key"), "must be set");
            }
            let path = format!("{key}::{index}::value");
            match property.value.as_ref().map(|value| &value.0) {
                Some(OwnedValue::Str(text)) => self.check_text(&path, text, issues),
                Some(_) if self.match_type == MatchType::Regexp => {
                    issues.error(path, "must be a string with match_type regexp");
                }
                _ => {}
            }
        }
    }

    fn check_text(&self, path: &str, text: &str, issues: &mut Issues) {
        if self.match_type == MatchType::Regexp
            && let Err(error) = Pattern::new(text)
        {
            issues.error(path, error.to_string());
        }
    }

    /// What is wrong for a signal: the key, and what is said of it.
    #[must_use]
    pub fn problem_for(&self, signal: Signal) -> Option<String> {
        let written = self.written();
        let allowed: &[&str] = match signal {
            Signal::Traces => {
                &["services", "span_names", "span_kinds", "attributes", "resources", "libraries"]
            }
            Signal::Metrics => &["metric_names", "resources"],
            Signal::Logs => &[
                "log_bodies",
                "log_severity_texts",
                "log_severity_number",
                "attributes",
                "resources",
                "libraries",
            ],
        };
        let list = allowed.join(", ");
        match written.iter().find(|key| !allowed.contains(key)) {
            Some(key) => Some(format!("{key} is not for {signal}, which know {list}")),
            None if written.is_empty() => Some(format!("one of {list} must be set for {signal}")),
            None => None,
        }
    }

    /// The properties that are written.
    fn written(&self) -> Vec<&'static str> {
        let texts = self.texts();
        let texts = texts.iter().filter(|(_, texts)| !texts.is_empty()).map(|(key, _)| *key);
        let others = [
            ("log_severity_number", self.log_severity_number.is_some()),
            ("attributes", !self.attributes.is_empty()),
            ("resources", !self.resources.is_empty()),
            ("libraries", !self.libraries.is_empty()),
        ];
        texts.chain(others.iter().filter(|(_, is_set)| *is_set).map(|(key, _)| *key)).collect()
    }

    fn texts(&self) -> [(&'static str, &[String]); 6] {
        [
            ("services", &self.services),
            ("span_names", &self.span_names),
            ("span_kinds", &self.span_kinds),
            ("log_bodies", &self.log_bodies),
            ("log_severity_texts", &self.log_severity_texts),
            ("metric_names", &self.metric_names),
        ]
    }
}
