//! Text in double quotes.

use crate::ottl::error::Error;

/// How long the text is that begins with a quote, its quotes counted.
///
/// # Errors
///
/// It has no end. This is where it stops being a text.
pub(super) fn length(text: &str) -> Result<usize, usize> {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok(at + 1),
            '\\' if chars.next().is_some_and(|(_, escaped)| escaped == '\n') => return Err(at),
            _ => {}
        }
    }
    Err(text.len())
}

/// Says what is wrong with a text that begins at `start` and has no end.
pub(super) fn unfinished(text: &str, start: usize, stop: usize) -> Error {
    if start + stop < text.len() {
        let message = "expected an escape such as \"\\n\", found a \"\\\" at the end of the line";
        return Error::at(text, start + stop..start + stop + 1, message);
    }
    Error::at(text, start..start + 1, "expected a text, found a quote that is never closed")
}

/// What a text between `start` and `end`, which both are quotes, says.
///
/// # Errors
///
/// An escape in it is none.
pub fn unquote(text: &str, start: usize, end: usize) -> Result<String, Error> {
    let mut rest = text.get(start + 1..end.saturating_sub(1)).unwrap_or_default();
    let mut said = String::with_capacity(rest.len());
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        said.push_str(plain);
        let Some((char, length)) = unescape(escape) else {
            let start = end.saturating_sub(1 + escape.len());
            return Err(no_escape(text, start, escape));
        };
        said.push(char);
        rest = escape.get(length..).unwrap_or_default();
    }
    said.push_str(rest);
    Ok(said)
}

/// The character for which an escape stands, and the length of the escape.
fn unescape(escape: &str) -> Option<(char, usize)> {
    let char = match escape.chars().nth(1)? {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' => '\\',
        '"' => '"',
        // Two digits are a character of Latin-1, not a byte of UTF-8.
        'x' => return Some((char::from_u32(hex(escape, 2)?)?, 4)),
        'u' => return Some((char::from_u32(hex(escape, 4)?)?, 6)),
        'U' => return Some((char::from_u32(hex(escape, 8)?)?, 10)),
        '0'..='7' => return octal(escape).map(|char| (char, 4)),
        _ => return None,
    };
    Some((char, 2))
}

fn hex(escape: &str, digits: usize) -> Option<u32> {
    let digits = escape.get(2..2 + digits)?;
    let all = digits.bytes().all(|b| b.is_ascii_hexdigit());
    all.then(|| u32::from_str_radix(digits, 16).ok())?
}

fn octal(escape: &str) -> Option<char> {
    let digits = escape.get(1..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    u8::from_str_radix(digits, 8).ok().map(char::from)
}

fn no_escape(text: &str, start: usize, escape: &str) -> Error {
    let length = escape.chars().take(2).map(char::len_utf8).sum::<usize>();
    let found = escape.get(..length).unwrap_or_default();
    let message = match escape.chars().nth(1) {
        Some('x') => r#"expected two hexadecimal digits behind "\x""#.into(),
        Some('u') => r#"expected four hexadecimal digits of a character behind "\u""#.into(),
        Some('U') => r#"expected eight hexadecimal digits of a character behind "\U""#.into(),
        Some('0'..='7') => r#"expected three octal digits, at most 377, behind "\""#.into(),
        _ => format!(
            r#"expected an escape such as "\n", found "{found}"; a "\" itself is written "\\""#
        ),
    };
    Error::at(text, start..start + length, message)
}
