//! Percent signs in URLs, as Go's `net/url` reads and writes them.

use std::fmt::Write as _;

use crate::ottl::failure::Failure;

/// Where in a URL a text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    Zone,
    User,
    Query,
    Fragment,
}

impl Part {
    /// Whether a byte stands there as it is.
    fn allows(self, byte: u8) -> bool {
        let others: &[u8] = match self {
            Self::Path => b"-_.~$&+,/:;=@",
            Self::Host | Self::Zone => b"-_.~!$&'()*+,;=:[]<>\"",
            Self::User => b"-_.~$&+,;=",
            Self::Query => b"-_.~",
            Self::Fragment => b"-_.~$&+,/:;=?@!()*",
        };
        byte.is_ascii_alphanumeric() || others.contains(&byte)
    }
}

/// Reads a text.
pub(super) fn unescape(text: &str, part: Part) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'%' => {
                let found = behind.split_first_chunk::<2>();
                let found = found.and_then(|(digits, behind)| Some((hex(*digits)?, behind)));
                let Some((byte, behind)) = found.filter(|(byte, _)| is_right(*byte, part)) else {
                    return Err(Failure::new(
                        "a percent sign in a URL has no two hex digits that fit",
                    ));
                };
                bytes.push(byte);
                rest = behind;
            }
            b'+' if part == Part::Query => bytes.push(b' '),
            _ if matches!(part, Part::Host | Part::Zone)
                && byte.is_ascii()
                && !part.allows(byte) =>
            {
                let char = char::from(byte);
                return Err(Failure::new(format!("{char:?} cannot stand in the host of a URL")));
            }
            _ => bytes.push(byte),
        }
    }
    Ok(bytes)
}

/// Whether a byte may be written in digits.
fn is_right(byte: u8, part: Part) -> bool {
    match part {
        Part::Host => byte >= 0x80 || byte == b'%',
        Part::Zone => byte == b'%' || byte == b' ' || Part::Host.allows(byte),
        _ => true,
    }
}

fn hex([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Writes a text.
pub(super) fn escape(bytes: &[u8], part: Part, out: &mut String) {
    for byte in bytes {
        if part.allows(*byte) {
            out.push(char::from(*byte));
        } else if *byte == b' ' && part == Part::Query {
            out.push('+');
        } else {
            // Writing to a string does not fail.
            write!(out, "%{byte:02X}").unwrap_or_default();
        }
    }
}

/// Whether a text stands as Go could have written it, which then leaves it as it is.
pub(super) fn is_written(text: &str, part: Part) -> bool {
    text.bytes().all(|byte| b"!$&'()*+,;=:@[]%".contains(&byte) || part.allows(byte))
}

/// The text of bytes; what is no text becomes replacement characters.
pub(super) fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
