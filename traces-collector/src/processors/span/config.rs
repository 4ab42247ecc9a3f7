//! Settings of the span processor.

use common::{
    processors::MatchSettings,
    settings::{Issues, Pattern, Settings},
    signal::Signal,
};
use serde::{Deserialize, Serialize};

/// Settings of `span`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct SpanProcessorConfig {
    /// Which spans are changed; all if nothing is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<MatchSettings>,
    /// Which of them are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<MatchSettings>,
    /// What is done with the name.
    pub name: NameSettings,
    /// The status that spans get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusSettings>,
}

/// What is done with the name of a span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct NameSettings {
    /// The attributes whose values make the new name.
    pub from_attributes: Vec<String>,
    /// What stands between the values.
    pub separator: String,
    /// How attributes are made of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_attributes: Option<ToAttributesSettings>,
}

/// How attributes are made of the name of a span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ToAttributesSettings {
    /// Regular expressions whose named groups become attributes.
    pub rules: Vec<String>,
    /// Whether the first rule that matches is the last.
    pub break_after_match: bool,
    /// Whether the name stays as it is.
    pub keep_original_name: bool,
}

/// The status that spans get.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct StatusSettings {
    /// `Ok`, `Error` or `Unset`.
    pub code: StatusWord,
    /// What went wrong, with `Error`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// The code of a status, as upstream spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum StatusWord {
    /// Nothing was written.
    #[default]
    #[serde(skip_deserializing)]
    Missing,
    /// All went well.
    Ok,
    /// Something went wrong.
    Error,
    /// Nothing is said.
    Unset,
}

impl Settings for SpanProcessorConfig {
    fn validate(&self, issues: &mut Issues) {
        let rules = self.name.to_attributes.as_ref().map_or(&[][..], |to| &to.rules);
        if self.name.from_attributes.is_empty() && rules.is_empty() && self.status.is_none() {
            let message =
                "one of name::from_attributes, name::to_attributes::rules, status must be set";
            issues.error("", message);
        }
        for (key, settings) in [("include", &self.include), ("exclude", &self.exclude)] {
            if let Some(settings) = settings {
                issues.within(key, |issues| settings.check(issues));
                if let Some(problem) = settings.problem_for(Signal::Traces) {
                    issues.error(key, problem);
                }
            }
        }
        if !self.name.separator.is_empty() && self.name.from_attributes.is_empty() {
            issues.warn("name::separator", "has no effect without from_attributes");
        }
        for (index, rule) in rules.iter().enumerate() {
            check_rule(rule, &format!("name::to_attributes::rules::{index}"), issues);
        }
        if let Some(status) = &self.status {
            issues.within("status", |issues| status.check(issues));
        }
    }
}

fn check_rule(rule: &str, path: &str, issues: &mut Issues) {
    match Pattern::new(rule) {
        Err(error) => issues.error(path, error.to_string()),
        Ok(pattern) if pattern.groups().is_empty() => {
            issues.warn(path, "has no group (?P<name>...), so it makes no attribute");
        }
        Ok(pattern) if pattern.groups().iter().any(String::is_empty) => {
            let message = "has a group without a name, which becomes an attribute without a key: \
                           write (?P<name>...), or (?:...) for a group that is none";
            issues.warn(path, message);
        }
        Ok(_) => {}
    }
}

impl StatusSettings {
    fn check(&self, issues: &mut Issues) {
        if self.code == StatusWord::Missing {
            issues.error("code", "must be Ok, Error or Unset");
        }
        if !self.description.is_empty() && self.code != StatusWord::Error {
            issues.error("description", "can be set only with code Error");
        }
    }
}
