//! From a path inside settings back to the place in the source, and from settings to an identity.

use std::fmt::Write as _;

use super::{Finding, Issue, Node, Position, Severity, Style, Value};

impl Node {
    /// The position of the deepest part of a `::` path that is written down.
    ///
    /// Defaults are written nowhere, so a finding about one points to the section around it.
    #[must_use]
    pub fn locate(&self, path: &str) -> &Position {
        let mut node = self;
        let mut position = &self.position;
        for key in path.split("::").filter(|key| !key.is_empty()) {
            let next = match &node.value {
                Value::Map(entries) => entries
                    .iter()
                    .find(|entry| entry.key == key)
                    .map(|entry| (&entry.value, &entry.position)),
                Value::List(items) => key
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index))
                    .map(|item| (item, &item.position)),
                Value::Null | Value::Scalar { .. } => None,
            };
            let Some((value, place)) = next else { break };
            (node, position) = (value, place);
        }
        position
    }

    /// An issue of validation as a finding; `base` is the path of these settings in the config.
    #[must_use]
    pub fn finding(&self, base: &str, issue: Issue) -> Finding {
        let path = match (base, &*issue.path) {
            (base, "") => base.to_owned(),
            ("", path) => path.to_owned(),
            (base, path) => format!("{base}::{path}"),
        };
        let severity = if issue.is_warning { Severity::Warning } else { Severity::Error };
        Finding { severity, ..Finding::error(self.locate(&issue.path), path, issue.message) }
    }

    /// A text that is the same for the same values, wherever they stand. It holds secrets in the clear,
    /// so it is compared and never shown.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut text = String::new();
        self.write_fingerprint(&mut text);
        text
    }

    fn write_fingerprint(&self, out: &mut String) {
        // Writing to a string cannot fail, so the results say nothing.
        match &self.value {
            Value::Null => out.push('~'),
            Value::Scalar { text, style: Style::Plain } => drop(write!(out, "{text:?}")),
            Value::Scalar { text, style: Style::Quoted } => drop(write!(out, "={text:?}")),
            Value::List(items) => {
                out.push('[');
                for item in items {
                    item.write_fingerprint(out);
                    out.push(',');
                }
                out.push(']');
            }
            Value::Map(entries) => {
                out.push('{');
                for entry in entries {
                    drop(write!(out, "{:?}:", entry.key));
                    entry.value.write_fingerprint(out);
                    out.push(',');
                }
                out.push('}');
            }
        }
        if let Some(raw) = &self.raw {
            drop(write!(out, "${raw:?}"));
        }
    }

    /// The settings in two maps: the keys that are listed, and the rest. Anything but a map goes to the
    /// rest whole.
    #[must_use]
    pub fn divide(&self, listed: &[&str]) -> (Self, Self) {
        let Value::Map(entries) = &self.value else {
            return (Self::new(Value::Null, self.position.clone()), self.clone());
        };
        let (taken, left): (Vec<_>, Vec<_>) =
            entries.iter().cloned().partition(|entry| listed.contains(&&*entry.key));
        let map = |entries| Self::new(Value::Map(entries), self.position.clone());
        (map(taken), map(left))
    }
}
