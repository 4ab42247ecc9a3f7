//! `env`: what `OTEL_RESOURCE_ATTRIBUTES` says.

use super::{Attempt, Detected, Failure, Outcome};

const VARIABLES: [&str; 2] = ["OTEL_RESOURCE_ATTRIBUTES", "OTEL_RESOURCE"];
const MAX_BYTES: usize = 256;

pub(in super::super) fn detect(attempt: &Attempt<'_>) -> Outcome {
    let set = VARIABLES.into_iter().find_map(|name| {
        let text = attempt.variable(name)?.trim().to_owned();
        (!text.is_empty()).then_some((name, text))
    });
    let Some((name, text)) = set else {
        return Ok(Detected::default());
    };
    read(&text).map_err(|error| Failure::invalid(format!("{name} cannot be read: {error}")))
}

/// Reads `key=value,key=value`; a comma may stand at the end.
fn read(text: &str) -> Result<Detected, String> {
    let mut found = Detected::default();
    let pairs = text.strip_suffix(',').unwrap_or(text);
    for pair in pairs.split(',') {
        let (key, value) = pair
            .split_once('=')
            .map(|(key, value)| (key.trim(), value.trim()))
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| format!("{pair:?} is no pair, expected key=value"))?;
        if let Some(long) = [key, value].into_iter().find(|part| part.len() > MAX_BYTES) {
            let bytes = long.len();
            return Err(format!("a part of {key:.40?} has {bytes} bytes, expected at most 256"));
        }
        if !pair.is_ascii() {
            return Err(format!("{pair:?} is not ASCII, write other characters as %XX"));
        }
        found.attributes.retain(|(known, _)| known != key);
        found.attributes.push((key.to_owned(), unescape(value)?.into()));
    }
    Ok(found)
}

/// A value as it is meant: `%XX` is a byte, `+` a space.
fn unescape(value: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
                let escaped = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                let escaped = escaped.and_then(|byte| u8::try_from(byte).ok());
                escaped.ok_or_else(|| format!("{value:?} has a % without two hex digits"))?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| format!("{value:?} stands for what is not UTF-8"))
}
