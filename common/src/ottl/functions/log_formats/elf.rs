//! W3C's Extended Log Format: directives such as `#Fields: date time`, and a line for each entry.

use super::{Entries, text_entry};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{failure::Failure, value::last_of_each_key},
};

/// Directives that are kept, and the keys under which they are.
const DIRECTIVES: [(&str, &str); 6] = [
    ("version", "elf.version"),
    ("software", "elf.software"),
    ("date", "elf.date"),
    ("start-date", "elf.start_date"),
    ("end-date", "elf.end_date"),
    ("remark", "elf.remark"),
];

/// What the names of the fields take in all entries together: long names and many short entries would
/// make much of little.
const MAX_NAME_BYTES: usize = 32 << 20;
/// What a value takes besides.
const VALUE_BYTES: usize = 64;

pub(super) fn parse(text: &str) -> Result<Entries, Failure> {
    let mut result = Vec::new();
    let mut entries = Vec::new();
    let mut fields: Vec<&str> = Vec::new();
    let mut bytes_left = MAX_NAME_BYTES;
    let lines = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    for line in lines {
        let Some(directive) = line.strip_prefix('#') else {
            if fields.is_empty() {
                return Err(Failure::new("this is no ELF: an entry stands before #Fields"));
            }
            let bytes = fields.iter().map(|field| field.len() + VALUE_BYTES).sum::<usize>();
            bytes_left = bytes_left.checked_sub(bytes).ok_or_else(|| {
                Failure::new(format!("the ELF would take more than {MAX_NAME_BYTES} bytes"))
            })?;
            entries.push(OwnedValue::KvList(entry(line, &fields)?));
            continue;
        };
        let Some((key, value)) = directive.split_once(':') else {
            let key = directive.trim().as_bytes();
            if key.get(..6).is_some_and(|key| key.eq_ignore_ascii_case(b"fields")) {
                return Err(Failure::new("this is no ELF: #Fields needs a colon"));
            }
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        if key.eq_ignore_ascii_case("fields") {
            fields = value.split_whitespace().collect();
        }
        let known = DIRECTIVES.iter().find(|(known, _)| key.eq_ignore_ascii_case(known));
        result.extend(known.map(|(_, name)| text_entry(name, value)));
    }
    if !result.iter().any(|(key, _)| key == "elf.version") {
        return Err(Failure::new("this is no ELF: #Version is missing"));
    }
    let fields = fields.into_iter().map(|field| OwnedValue::Str(field.to_owned())).collect();
    result.push(("elf.entries".to_owned(), OwnedValue::Array(entries)));
    result.push(("elf.fields".to_owned(), OwnedValue::Array(fields)));
    Ok(last_of_each_key(result))
}

/// A value for each field; a hyphen if there are too few.
fn entry(line: &str, fields: &[&str]) -> Result<Entries, Failure> {
    let mut rest = line;
    let mut entry = Vec::with_capacity(fields.len());
    for field in fields {
        let value = take_value(&mut rest)?.unwrap_or_else(|| "-".to_owned());
        entry.push(text_entry(field, value));
    }
    // Too many are left out, but must be well written too.
    while take_value(&mut rest)?.is_some() {}
    Ok(last_of_each_key(entry))
}

fn take_value(rest: &mut &str) -> Result<Option<String>, Failure> {
    const BLANKS: [char; 2] = [' ', '\t'];
    let text = rest.trim_start_matches(BLANKS);
    let Some(mut quoted) = text.strip_prefix('"') else {
        let end = text.find(BLANKS).unwrap_or(text.len());
        let (value, behind) = text.split_at_checked(end).unwrap_or((text, ""));
        *rest = behind;
        return Ok((!value.is_empty()).then(|| value.to_owned()));
    };
    let mut value = String::new();
    loop {
        let Some((inside, behind)) = quoted.split_once('"') else {
            return Err(Failure::new("this is no ELF: a value in quotes has no end"));
        };
        value.push_str(inside);
        match behind.strip_prefix('"') {
            Some(behind) => {
                value.push('"');
                quoted = behind;
            }
            None => {
                *rest = behind;
                return Ok(Some(value));
            }
        }
    }
}
