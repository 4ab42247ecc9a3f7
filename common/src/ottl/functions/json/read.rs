//! Reads JSON as the Collector's `ParseJSON` does.
//!
//! It takes a little more than the standard: control characters may stand in strings as they are, and
//! numbers may have zeros in front or end in a point. All of that is found in logs.

use crate::{
    otlp::any_value::{OwnedValue, number},
    ottl::{failure::Failure, value::last_of_each_key},
};

/// Deeper values cannot be stored in a payload.
const MAX_DEPTH: usize = 64;

/// Reads a whole text.
pub(super) fn read(text: &str) -> Result<OwnedValue, Failure> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    match reader.peek() {
        // What the Collector takes for the end.
        None | Some(0) => Ok(value),
        Some(_) => Err(reader.wrong("the end")),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn wrong(&self, expected: &str) -> Failure {
        Failure::new(format!("this is no JSON: expected {expected} at byte {}", self.at))
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte behind white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    fn between(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn value(&mut self, depth: usize) -> Result<OwnedValue, Failure> {
        match self.peek() {
            Some(b'{' | b'[') if depth >= MAX_DEPTH => {
                Err(Failure::new(format!("the JSON is nested more than {MAX_DEPTH} deep")))
            }
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(OwnedValue::Str),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", OwnedValue::Bool(true)),
            Some(b'f') => self.word("false", OwnedValue::Bool(false)),
            Some(b'n') => self.word("null", OwnedValue::Empty),
            _ => Err(self.wrong("a value")),
        }
    }

    fn word(&mut self, word: &str, value: OwnedValue) -> Result<OwnedValue, Failure> {
        let end = self.at + word.len();
        if self.between(self.at, end) != word {
            return Err(self.wrong(word));
        }
        self.at = end;
        Ok(value)
    }

    fn object(&mut self, depth: usize) -> Result<OwnedValue, Failure> {
        self.at += 1;
        let mut entries = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(OwnedValue::KvList(entries));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key in quotes"));
            }
            let key = self.string()?;
            if self.peek() != Some(b':') {
                return Err(self.wrong("a colon"));
            }
            self.at += 1;
            entries.push((key, self.value(depth + 1)?));
            let found = self.peek();
            match found {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.wrong("a comma or a brace")),
            }
        }
        self.at += 1;
        Ok(OwnedValue::KvList(last_of_each_key(entries)))
    }

    fn array(&mut self, depth: usize) -> Result<OwnedValue, Failure> {
        self.at += 1;
        let mut elements = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(OwnedValue::Array(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.wrong("a comma or a bracket")),
            }
        }
        self.at += 1;
        Ok(OwnedValue::Array(elements))
    }

    fn number(&mut self) -> Result<OwnedValue, Failure> {
        let start = self.at;
        while let Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') = self.byte() {
            self.at += 1;
        }
        let is_ended = matches!(
            self.byte(),
            None | Some(0 | b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' | b'}' | b']')
        );
        match number::parse_double(self.between(start, self.at)) {
            Some(number) if is_ended => Ok(OwnedValue::Double(number)),
            _ => Err(Failure::new(format!("this is no JSON: expected a number at byte {start}"))),
        }
    }

    fn string(&mut self) -> Result<String, Failure> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let start = self.at;
            while !matches!(self.byte(), None | Some(0 | b'"' | b'\\')) {
                self.at += 1;
            }
            text.push_str(self.between(start, self.at));
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => return Err(self.wrong("the end of a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Failure> {
        self.at += 1;
        let char = match self.byte() {
            Some(char @ (b'"' | b'\\' | b'/')) => char::from(char),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong("an escape")),
        };
        self.at += 1;
        Ok(char)
    }

    /// Behind `\`, at `u`. Half of a pair alone is a replacement character.
    fn unicode(&mut self) -> Result<char, Failure> {
        let first = self.hex(self.at + 1).ok_or_else(|| self.wrong("four hex digits"))?;
        self.at += 5;
        if (0xd800..0xdc00).contains(&first)
            && self.between(self.at, self.at + 2) == "\\u"
            && let Some(second @ 0xdc00..0xe000) = self.hex(self.at + 2)
        {
            self.at += 6;
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&self, start: usize) -> Option<u32> {
        let digits = self.text.get(start..start + 4)?;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }
}
