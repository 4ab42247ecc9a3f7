//! Charsets by the names that the IANA has for them.
//!
//! Where web browsers take one charset for another, as `iso-8859-1`, it is not taken here. The code
//! pages of IBM are not there but for 866.

use encoding_rs::{Encoding, ISO_8859_2, UTF_16BE, UTF_16LE, WINDOWS_1254};

/// A charset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Charset {
    /// UTF-8, which also stands for what says nothing.
    Utf8,
    /// Bytes below 0x80.
    Ascii,
    /// Bytes as the characters of their number.
    Latin1,
    /// The same but for six Turkish letters.
    Latin5,
    /// UTF-16 that may say its byte order first; big endian if not.
    Utf16,
    /// Another.
    Other(&'static Encoding),
}

impl Charset {
    /// The charset of a name.
    pub(super) fn of_name(name: &str) -> Result<Self, String> {
        let lower = name.trim().to_ascii_lowercase();
        Ok(match lower.as_str() {
            "" | "utf8" | "utf-8" | "csutf8" | "utf8-raw" | "utf-8-raw" | "nop" | "ascii"
            | "us-ascii" => Self::Utf8,
            "ansi_x3.4-1968" | "ansi_x3.4-1986" | "iso-ir-6" | "iso_646.irv:1991" | "iso646-us"
            | "us" | "ibm367" | "cp367" | "csascii" => Self::Ascii,
            "iso-8859-1" | "iso_8859-1" | "iso_8859-1:1987" | "iso-ir-100" | "latin1" | "l1"
            | "ibm819" | "cp819" | "csisolatin1" => Self::Latin1,
            "iso-8859-9" | "iso_8859-9" | "iso_8859-9:1989" | "iso-ir-148" | "latin5" | "l5"
            | "csisolatin5" => Self::Latin5,
            "utf-16" | "utf16" | "utf-16le" | "csutf16le" => Self::Other(UTF_16LE),
            "utf-16be" | "csutf16be" => Self::Other(UTF_16BE),
            "csutf16" => Self::Utf16,
            other => match Encoding::for_label_no_replacement(other.as_bytes()) {
                Some(encoding) => Self::Other(encoding),
                None => return Err(unknown(name)),
            },
        })
    }

    /// The text; what is not in the charset is replaced.
    pub(super) fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Ascii => {
                let character = |byte: &u8| {
                    if byte.is_ascii() { char::from(*byte) } else { char::REPLACEMENT_CHARACTER }
                };
                bytes.iter().map(character).collect()
            }
            Self::Latin1 => bytes.iter().copied().map(char::from).collect(),
            Self::Latin5 => {
                let turkish = |byte: &u8| match byte {
                    0xd0 | 0xdd | 0xde | 0xf0 | 0xfd | 0xfe => {
                        let (text, _) =
                            WINDOWS_1254.decode_without_bom_handling(std::slice::from_ref(byte));
                        text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
                    }
                    byte => char::from(*byte),
                };
                bytes.iter().map(turkish).collect()
            }
            Self::Utf16 => match bytes {
                [0xff, 0xfe, rest @ ..] => Self::Other(UTF_16LE).decode(rest),
                [0xfe, 0xff, rest @ ..] => Self::Other(UTF_16BE).decode(rest),
                bytes => Self::Other(UTF_16BE).decode(bytes),
            },
            Self::Other(encoding) => {
                let (text, _) = encoding.decode_without_bom_handling(bytes);
                if encoding.is_single_byte() {
                    // Browsers have control characters where there is nothing.
                    text.replace(|one| matches!(one, '\u{80}'..='\u{9f}'), "\u{fffd}")
                } else {
                    text.into_owned()
                }
            }
        }
    }
}

fn unknown(name: &str) -> String {
    let example = ISO_8859_2.name();
    format!(
        "there is no decoder for {name:?}: known are base64, base64-raw, base64-url, \
         base64-raw-url, utf-8, utf-16, iso-8859-1 and other charsets such as {example}, \
         windows-1252, koi8-r, shift_jis, euc-jp, gb18030, big5 and euc-kr"
    )
}
