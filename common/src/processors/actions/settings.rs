//! Actions as they are written in YAML.

use serde::{Deserialize, Serialize};

use crate::{
    otlp::any_value::PlainValue,
    settings::{Issues, Pattern, any_case},
};

/// One action on one attribute, or on all whose key matches a pattern.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct ActionSettings {
    /// The attribute to act on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// What to do with it.
    #[serde(deserialize_with = "any_case")]
    pub action: ActionKind,
    /// The value to put, of the type that it has here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<PlainValue>,
    /// The attribute whose value to put.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from_attribute: String,
    /// What to put of the request: `client.address`, `metadata.<key>` or `auth.<attribute>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from_context: String,
    /// The value to put where there is none to take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<PlainValue>,
    /// A regular expression: for the keys to delete or hash, or with named groups for what to extract.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pattern: String,
    /// The type to convert to: `string`, `int` or `double`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub converted_type: String,
}

/// What is done with an attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Nothing was written.
    #[default]
    #[serde(skip_deserializing)]
    Missing,
    /// Puts a value if the key is not there.
    Insert,
    /// Puts a value if the key is there.
    Update,
    /// Puts a value.
    Upsert,
    /// Removes the attribute.
    Delete,
    /// Puts its SHA-256 in the place of its value.
    Hash,
    /// Makes an attribute of each named group of a pattern.
    Extract,
    /// Changes the type of the value.
    Convert,
}

/// Reports what is wrong with a list of actions.
pub(in crate::processors) fn check(actions: &[ActionSettings], issues: &mut Issues) {
    for (index, action) in actions.iter().enumerate() {
        issues.within(&index.to_string(), |issues| action.check(issues));
    }
}

impl ActionSettings {
    fn check(&self, issues: &mut Issues) {
        use ActionKind::{Convert, Delete, Extract, Hash, Insert, Missing, Update, Upsert};
        let takes_patterns = matches!(self.action, Delete | Hash);
        if self.key.is_empty() && (self.pattern.is_empty() || !takes_patterns) {
            let message = if takes_patterns { "key or pattern must be set" } else { "must be set" };
            issues.error("key", message);
        }
        match self.action {
            Missing => issues.error(
                "action",
                "must be insert, update, upsert, delete, hash, extract or convert",
            ),
            Insert | Update | Upsert => {
                self.check_sources(issues);
                self.forbid(&["pattern", "converted_type"], issues);
            }
            Delete | Hash => {
                self.forbid(&["value", "from_attribute", "converted_type"], issues);
                self.ignore(&["from_context", "default_value"], issues);
            }
            Extract => {
                self.forbid(&["value", "from_attribute", "from_context", "converted_type"], issues);
                self.ignore(&["default_value"], issues);
            }
            Convert => {
                self.forbid(&["value", "from_attribute", "from_context", "pattern"], issues);
                self.ignore(&["default_value"], issues);
                if !["string", "int", "double"].contains(&self.converted_type.as_str()) {
                    let message =
                        format!("must be string, int or double, not {:?}", self.converted_type);
                    issues.error("converted_type", message);
                }
            }
        }
        if matches!(self.action, Delete | Hash | Extract) {
            self.check_pattern(issues);
        }
    }

    fn check_sources(&self, issues: &mut Issues) {
        let written = ["value", "from_attribute", "from_context"].map(|key| self.has(key));
        match written.iter().filter(|is_written| **is_written).count() {
            0 if self.default_value.is_none() => issues.error(
                "",
                "one of value, from_attribute, from_context or default_value must be set; a variable \
                 that is not set is no value",
            ),
            0 | 1 => {}
            _ => issues.error("", "only one of value, from_attribute and from_context may be set"),
        }
    }

    fn check_pattern(&self, issues: &mut Issues) {
        let is_extract = self.action == ActionKind::Extract;
        if self.pattern.is_empty() {
            if is_extract {
                issues.error("pattern", "must be set, with a named group for each new attribute");
            }
            return;
        }
        match Pattern::new(&self.pattern) {
            Err(error) => issues.error("pattern", error.to_string()),
            Ok(pattern) if is_extract && pattern.groups().is_empty() => issues.error(
                "pattern",
                format!("{:?} has no group, such as (?P<name>.*)", self.pattern),
            ),
            Ok(pattern) if is_extract && pattern.groups().iter().any(String::is_empty) => issues
                .error(
                    "pattern",
                    format!(
                        "{:?} has a group without a name; write (?P<name>...), or (?:...) for one that is not extracted",
                        self.pattern
                    ),
                ),
            Ok(_) => {}
        }
    }

    fn forbid(&self, keys: &[&str], issues: &mut Issues) {
        self.unused(keys).for_each(|(key, message)| issues.error(key, message));
    }

    /// Upstream lets these pass, so they may stand in configs that run there.
    fn ignore(&self, keys: &[&str], issues: &mut Issues) {
        self.unused(keys).for_each(|(key, message)| issues.warn(key, message));
    }

    fn unused<'k>(&self, keys: &'k [&str]) -> impl Iterator<Item = (&'k str, String)> {
        let action = format!("{:?}", self.action).to_lowercase();
        keys.iter()
            .filter(|key| self.has(key))
            .map(move |key| (*key, format!("is not used by the action {action}")))
    }

    fn has(&self, key: &str) -> bool {
        match key {
            "value" => self.value.is_some(),
            "default_value" => self.default_value.is_some(),
            "from_attribute" => !self.from_attribute.is_empty(),
            "from_context" => !self.from_context.is_empty(),
            "pattern" => !self.pattern.is_empty(),
            _ => !self.converted_type.is_empty(),
        }
    }
}
