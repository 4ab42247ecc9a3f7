//! ArcSight's Common Event Format: `CEF:version|six|fields|...|key=value key=value`.

use super::{Entries, text_entry};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{failure::Failure, value::last_of_each_key},
};

const NAMES: [&str; 6] = [
    "cef.device_vendor",
    "cef.device_product",
    "cef.device_version",
    "cef.device_event_class_id",
    "cef.name",
    "cef.severity",
];

pub(super) fn parse(line: &str) -> Result<Entries, Failure> {
    let Some((_, rest)) = line.split_once("CEF:") else {
        return Err(Failure::new("this is no CEF: it has no \"CEF:\""));
    };
    let (version, mut rest) = take_field(rest);
    let mut entries = vec![text_entry("cef.version", version)];
    for name in NAMES {
        let Some(behind) = rest else {
            return Err(Failure::new("this is no CEF: its header has less than seven fields"));
        };
        let field;
        (field, rest) = take_field(behind);
        entries.push(text_entry(name, unescape(field, &[('|', '|'), ('\\', '\\')])));
    }
    if version.is_empty() {
        return Err(Failure::new("this is no CEF: it has no version"));
    }
    let extensions = extensions(rest.unwrap_or_default());
    entries.push(("cef.extensions".to_owned(), OwnedValue::KvList(extensions)));
    Ok(entries)
}

/// What stands before the next pipe that has no backslash, and what stands behind it.
fn take_field(text: &str) -> (&str, Option<&str>) {
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'|' => return (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
            b'\\' if matches!(text.as_bytes().get(at + 1), Some(b'|' | b'\\')) => {
                bytes.next();
            }
            _ => {}
        }
    }
    (text, None)
}

/// Puts in what stands for a letter behind a backslash.
fn unescape(text: &str, letters: &[(char, char)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        let next = chars.clone().next();
        let found = letters.iter().find(|(letter, _)| Some(*letter) == next);
        match found {
            Some((_, meant)) if char == '\\' => {
                chars.next();
                out.push(*meant);
            }
            _ => out.push(char),
        }
    }
    out
}

/// A value ends where a blank, a key and an equals sign come.
fn extensions(text: &str) -> Entries {
    let mut entries = Vec::new();
    let mut begun: Option<(&str, usize)> = None;
    let mut end_value = |begun: Option<(&str, usize)>, end: usize| {
        if let Some((key, start)) = begun {
            let value = text.get(start..end).unwrap_or_default().trim_end_matches(' ');
            let letters = [('\\', '\\'), ('=', '='), ('n', '\n'), ('r', '\r')];
            entries.push(text_entry(key, unescape(value, &letters)));
        }
    };
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        if let Some(key) = key_at_start(rest) {
            end_value(begun, at);
            begun = Some((key, at + key.len() + 1));
        }
        // A key stands at the start or behind a blank, but also right behind an equals sign none.
        let from = begun.map_or(at, |(_, start)| start.max(at));
        at = text
            .get(from..)
            .and_then(|rest| rest.find(' '))
            .map_or(text.len(), |blank| from + blank + 1);
    }
    end_value(begun, text.len());
    last_of_each_key(entries)
}

fn key_at_start(text: &str) -> Option<&str> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let end = text.bytes().position(|byte| !is_part(byte))?;
    let is_key = end > 0 && text.as_bytes().get(end) == Some(&b'=');
    text.get(..end).filter(|_| is_key)
}
