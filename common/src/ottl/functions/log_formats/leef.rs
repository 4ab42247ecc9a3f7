//! QRadar's Log Event Extended Format: `LEEF:2.0|vendor|product|version|event|delimiter|a=b...`.

use super::{Entries, text_entry};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{failure::Failure, value::last_of_each_key},
};

pub(super) fn parse(line: &str) -> Result<Entries, Failure> {
    let Some((_, rest)) = line.split_once("LEEF:") else {
        return Err(Failure::new("this is no LEEF: it has no \"LEEF:\""));
    };
    let Some((version, rest)) = rest.split_once('|') else {
        return Err(Failure::new("this is no LEEF: its header has no pipe"));
    };
    let is_second = match version {
        "1.0" => false,
        "2.0" => true,
        other => {
            return Err(Failure::new(format!("LEEF has the versions 1.0 and 2.0, not {other:?}")));
        }
    };
    let mut parts = rest.splitn(5, '|');
    let [Some(vendor), Some(product), Some(product_version), Some(event)] =
        [parts.next(), parts.next(), parts.next(), parts.next()]
    else {
        return Err(Failure::new("this is no LEEF: its header has less than five fields"));
    };
    let (delimiter, text) = attributes(parts.next().unwrap_or_default(), is_second)?;
    let attributes = last_of_each_key(pairs(text, delimiter));
    Ok(vec![
        text_entry("leef.version", version),
        text_entry("leef.vendor", vendor),
        text_entry("leef.product.name", product),
        text_entry("leef.product.version", product_version),
        text_entry("leef.event.id", event),
        ("leef.attributes".to_owned(), OwnedValue::KvList(attributes)),
    ])
}

/// The delimiter of the attributes, and these.
fn attributes(text: &str, is_second: bool) -> Result<(u8, &str), Failure> {
    let (first, rest) = text.split_once('|').unwrap_or((text, ""));
    // The delimiter may be left out, and an attribute has an equals sign.
    if !is_second || first.contains('=') {
        return Ok((b'\t', text));
    }
    let delimiter = match first.strip_prefix("0x").or_else(|| first.strip_prefix("0X")) {
        None if first.is_empty() => Some(b'\t'),
        None if first.len() == 1 => first.bytes().next(),
        Some(digits) if digits.len() == 2 && digits.bytes().all(|one| one.is_ascii_hexdigit()) => {
            u8::from_str_radix(digits, 16).ok()
        }
        _ => None,
    };
    let wrong =
        || Failure::new(format!("{first:?} is no delimiter of LEEF: it must be one character"));
    Ok((delimiter.ok_or_else(wrong)?, rest))
}

fn pairs(text: &str, delimiter: u8) -> Entries {
    // The delimiter may be half a character.
    let parts = text.as_bytes().split(|byte| *byte == delimiter);
    let pairs = parts.filter_map(|part| {
        let equals = part.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
        let (key, value) = part.split_at_checked(equals)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some((text(key), OwnedValue::Str(text(value.get(1..).unwrap_or_default()))))
    });
    pairs.collect()
}
