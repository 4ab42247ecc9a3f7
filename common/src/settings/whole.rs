//! Settings as a whole: whether they are the same as before, and two readers of one map.

use super::{Node, Style, Value};

impl Node {
    /// A text that is the same for the same values, wherever they stand. It holds secrets in the clear,
    /// so it is compared and never shown.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut text = String::new();
        self.write_fingerprint(&mut text);
        text
    }

    fn write_fingerprint(&self, out: &mut String) {
        match &self.value {
            Value::Null => out.push('~'),
            Value::Scalar { text, style: Style::Plain } => out.push_str(&format!("{text:?}")),
            Value::Scalar { text, style: Style::Quoted } => out.push_str(&format!("={text:?}")),
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
                    out.push_str(&format!("{:?}:", entry.key));
                    entry.value.write_fingerprint(out);
                    out.push(',');
                }
                out.push('}');
            }
        }
        if let Some(raw) = &self.raw {
            out.push_str(&format!("${raw:?}"));
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
