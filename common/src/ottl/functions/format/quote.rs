//! Texts and characters in quotes, as Go's `strconv` writes them.

use std::{fmt::Write as _, sync::LazyLock};

use regex::Regex;

/// Letters, marks, numbers, punctuation, symbols and the space.
static PRINTABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$").ok());

/// Whether a character is seen as such.
pub(super) fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    let text = character.encode_utf8(&mut [0; 4]).to_owned();
    PRINTABLE.as_ref().is_some_and(|printable| printable.is_match(&text))
}

/// Bytes between quotes, what is not seen written in escapes; also what is not ASCII if `is_ascii`.
pub(super) fn quoted(text: &[u8], quote: char, is_ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|character| put(character, quote, is_ascii, &mut out));
        for byte in chunk.invalid() {
            // Writing to a string does not fail.
            write!(out, "\\x{byte:02x}").unwrap_or_default();
        }
    }
    out.push(quote);
    out
}

fn put(character: char, quote: char, is_ascii: bool, out: &mut String) {
    let escape = match character {
        '\\' => Some('\\'),
        '\x07' => Some('a'),
        '\x08' => Some('b'),
        '\x0c' => Some('f'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        '\x0b' => Some('v'),
        other if other == quote => Some(quote),
        _ => None,
    };
    if let Some(escape) = escape {
        out.push('\\');
        out.push(escape);
        return;
    }
    if is_printable(character) && (character.is_ascii() || !is_ascii) {
        out.push(character);
        return;
    }
    let written = match u32::from(character) {
        code @ ..=0x7f => write!(out, "\\x{code:02x}"),
        code @ ..=0xffff => write!(out, "\\u{code:04x}"),
        code => write!(out, "\\U{code:08x}"),
    };
    written.unwrap_or_default();
}

/// Whether a text can stand between backquotes.
pub(super) fn is_raw(text: &[u8]) -> bool {
    str::from_utf8(text).is_ok_and(|text| {
        text.chars().all(|character| {
            character == '\t' || !matches!(character, ..' ' | '`' | '\x7f' | '\u{feff}')
        })
    })
}
