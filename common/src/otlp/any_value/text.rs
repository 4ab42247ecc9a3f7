//! Values as text, as upstream's `AsString` writes them.

use std::{borrow::Cow, fmt::Write as _};

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{AnyValue, MAX_DEPTH};
use crate::otlp::attributes::Attributes;

impl<'a> AnyValue<'a> {
    /// The value as text: strings as they are, bytes in base64, lists and maps in JSON with sorted keys.
    #[must_use]
    pub fn to_text(self) -> Cow<'a, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Str(text) => Cow::Borrowed(text),
            Self::Bool(bit) => Cow::Borrowed(if bit { "true" } else { "false" }),
            Self::Int(int) => Cow::Owned(int.to_string()),
            Self::Double(double) => Cow::Owned(double_text(double)),
            Self::Bytes(bytes) => Cow::Owned(BASE64_STANDARD.encode(bytes)),
            // JSON knows no infinity; upstream is left with an empty text then.
            Self::Array(_) | Self::KvList(_) => Cow::Owned(self.to_json().unwrap_or_default()),
        }
    }

    /// The value as JSON, if it knows all that is in it.
    #[must_use]
    pub fn to_json(self) -> Option<String> {
        let mut out = String::new();
        put_json(self, 0, &mut out)?;
        Some(out)
    }
}

impl Attributes<'_> {
    /// The attributes as a JSON object with sorted keys, if it knows all that is in them.
    #[must_use]
    pub fn to_json(self) -> Option<String> {
        let mut out = String::new();
        put_map(self, 0, &mut out)?;
        Some(out)
    }
}

fn double_text(double: f64) -> String {
    let size = double.abs();
    if double.is_nan() {
        "NaN".to_owned()
    } else if double.is_infinite() {
        if double > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{double:e}");
        if size < 1.0 { text } else { text.replace('e', "e+") }
    } else {
        double.to_string()
    }
}

fn put_json(value: AnyValue<'_>, depth: usize, out: &mut String) -> Option<()> {
    match value {
        _ if depth > MAX_DEPTH => out.push_str("null"),
        AnyValue::Empty => out.push_str("null"),
        // Upstream's copy of no bytes is no list of bytes.
        AnyValue::Bytes([]) => out.push_str("null"),
        AnyValue::Bytes(_) => {
            out.push('"');
            out.push_str(&value.to_text());
            out.push('"');
        }
        AnyValue::Str(text) => put_quoted(text, out),
        AnyValue::Double(double) if !double.is_finite() => return None,
        AnyValue::Bool(_) | AnyValue::Int(_) | AnyValue::Double(_) => {
            out.push_str(&value.to_text());
        }
        AnyValue::Array(array) => {
            out.push('[');
            for (index, element) in array.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                put_json(element, depth + 1, out)?;
            }
            out.push(']');
        }
        AnyValue::KvList(map) => put_map(map.entries(), depth, out)?,
    }
    Some(())
}

fn put_map(entries: Attributes<'_>, depth: usize, out: &mut String) -> Option<()> {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    out.push('{');
    let start = out.len();
    let mut entries = entries.into_iter().peekable();
    while let Some((key, value)) = entries.next() {
        // The last of a key is what upstream's map keeps.
        if entries.peek().is_some_and(|(next, _)| *next == key) {
            continue;
        }
        if out.len() > start {
            out.push(',');
        }
        put_quoted(key, out);
        out.push(':');
        put_json(value, depth + 1, out)?;
    }
    out.push('}');
    Some(())
}

fn put_quoted(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => {
                out.push('\\');
                out.push(char);
            }
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string does not fail.
                write!(out, "\\u{:04x}", u32::from(char)).unwrap_or_default();
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests;
