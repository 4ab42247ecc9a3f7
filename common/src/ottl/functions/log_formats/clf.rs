//! The Common Log Format of web servers, and the combined one that ends in who referred and who asked.

use super::{Entries, text_entry};
use crate::{
    otlp::any_value::{OwnedValue, number},
    ottl::failure::Failure,
};

pub(super) fn parse(line: &str, is_combined: bool) -> Result<Entries, Failure> {
    let format = if is_combined { "combined" } else { "clf" };
    let wrong = || Failure::new(format!("this is no line of the format {format}"));
    let mut line = Line { rest: line.trim() };
    let fields = line.fields(is_combined).ok_or_else(wrong)?;
    let Fields { host, identity, user, time, request, status, bytes, ends } = fields;
    let request = unescape(request);
    let mut entries = vec![
        text_entry("clf.remote_host", host),
        text_entry("clf.rfc931", identity),
        text_entry("clf.auth_user", user),
        text_entry("clf.timestamp", time),
        text_entry("clf.request", request.as_str()),
    ];
    let mut parts = request.splitn(3, ' ');
    if let (Some(method), Some(uri), Some(protocol)) = (parts.next(), parts.next(), parts.next()) {
        entries.push(text_entry("clf.method", method));
        entries.push(text_entry("clf.request_uri", uri));
        entries.push(text_entry("clf.protocol", protocol));
    }
    let number = |key: &str, text: &str| match number::parse_int(text) {
        Some(int) => Ok((key.to_owned(), OwnedValue::Int(int))),
        None => Err(Failure::new(format!("{key} is no number: {text:?}"))),
    };
    entries.push(number("clf.status", status)?);
    if bytes != "-" {
        entries.push(number("clf.bytes", bytes)?);
    }
    if let Some((referer, agent)) = ends {
        entries.push(text_entry("clf.referer", unescape(referer)));
        entries.push(text_entry("clf.user_agent", unescape(agent)));
    }
    Ok(entries)
}

struct Fields<'t> {
    host: &'t str,
    identity: &'t str,
    user: &'t str,
    time: &'t str,
    request: &'t str,
    status: &'t str,
    bytes: &'t str,
    ends: Option<(&'t str, &'t str)>,
}

struct Line<'t> {
    rest: &'t str,
}

impl<'t> Line<'t> {
    fn fields(&mut self, is_combined: bool) -> Option<Fields<'t>> {
        let (host, identity, user) = (self.word()?, self.word()?, self.word()?);
        let time = self.bracketed()?;
        let request = self.quoted()?;
        self.blank()?;
        let status = self.word()?;
        let (bytes, ends) = if is_combined {
            let bytes = self.word()?;
            let referer = self.quoted()?;
            self.blank()?;
            (bytes, Some((referer, self.quoted()?)))
        } else {
            (std::mem::take(&mut self.rest), None)
        };
        let is_whole = self.rest.is_empty() && !bytes.is_empty() && !bytes.contains(is_space);
        is_whole.then_some(Fields { host, identity, user, time, request, status, bytes, ends })
    }

    fn blank(&mut self) -> Option<()> {
        self.rest = self.rest.strip_prefix(' ')?;
        Some(())
    }

    /// What stands before a blank.
    fn word(&mut self) -> Option<&'t str> {
        let (word, rest) = self.rest.split_once(' ')?;
        self.rest = rest;
        Some(word).filter(|word| !word.is_empty() && !word.contains(is_space))
    }

    fn bracketed(&mut self) -> Option<&'t str> {
        let (inside, rest) = self.rest.strip_prefix('[')?.split_once("] ")?;
        self.rest = rest;
        Some(inside).filter(|inside| !inside.is_empty() && !inside.contains(']'))
    }

    /// What stands between quotes that have no backslash. One before the end of a line is none.
    fn quoted(&mut self) -> Option<&'t str> {
        let inside = self.rest.strip_prefix('"')?;
        let mut bytes = inside.bytes().enumerate();
        loop {
            match bytes.next()? {
                (end, b'"') => {
                    self.rest = inside.get(end + 1..)?;
                    return inside.get(..end);
                }
                (_, b'\\') if bytes.next()?.1 == b'\n' => return None,
                _ => {}
            }
        }
    }
}

/// What Go's expressions call space.
const fn is_space(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\u{c}' | '\r' | ' ')
}

/// Takes back the escapes of Apache and nginx. What is none stays as it is.
fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        let meant = match (byte, behind.split_first()) {
            (b'\\', Some((letter, behind))) => {
                rest = behind;
                match letter {
                    b'\\' | b'"' => *letter,
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'b' => 8,
                    b'f' => 12,
                    b'v' => 11,
                    b'x' if let Some(value) = hex(behind) => {
                        rest = behind.get(2..).unwrap_or_default();
                        value
                    }
                    _ => {
                        out.push(b'\\');
                        *letter
                    }
                }
            }
            _ => byte,
        };
        out.push(meant);
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(text: &[u8]) -> Option<u8> {
    let [high, low] = *text.first_chunk::<2>()?;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}
