//! How functions read arguments of another type than theirs.
//!
//! Source: the `*LikeGetter` types of the Collector's `pkg/ottl`.

use std::borrow::Cow;

use data_encoding::HEXLOWER;

use super::Value;
use crate::otlp::{
    any_value::{AnyValue, OwnedValue, number},
    message::Message,
};

/// A value of another type than expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct Mismatch {
    /// Such as `a string`.
    pub expected: &'static str,
    /// Such as `a map`.
    pub found: &'static str,
}

impl<'a> Value<'a> {
    /// A string, or what it is as one: bytes as hex digits, anything else as JSON, where an id is a list
    /// of numbers.
    ///
    /// # Errors
    /// [`Mismatch`] for what has no such form: messages, numbers that JSON does not know.
    pub fn text_like(self) -> Result<Option<Cow<'a, str>>, Mismatch> {
        Ok(Some(match self {
            Self::Nil => return Ok(None),
            Self::Text(text) => text,
            Self::Bytes(bytes) => Cow::Owned(HEXLOWER.encode(&bytes)),
            Self::TraceId(id) => Cow::Owned(numbers(&id)),
            Self::SpanId(id) => Cow::Owned(numbers(&id)),
            Self::Bool(bit) => Cow::Borrowed(if bit { "true" } else { "false" }),
            Self::Int(int) => Cow::Owned(int.to_string()),
            Self::Duration(nanos) => Cow::Owned(nanos.to_string()),
            Self::Time(time) => Cow::Owned(format!("\"{}\"", time)),
            Self::Double(_) | Self::Map(_) | Self::List(_) => Cow::Owned(self.json()?),
            Self::Messages(_) => return Err(self.mismatch("a string")),
        }))
    }

    /// The text that an attribute of this value has, as [`AnyValue::to_text`] writes it.
    #[must_use]
    pub fn as_text(&self) -> Option<String> {
        Some(self.as_borrowed().stored_text().ok()?.into_owned())
    }

    /// A number, a truth value as 1 or 0, or digits; nothing for another text.
    ///
    /// # Errors
    /// [`Mismatch`] for anything else.
    pub fn int_like(&self) -> Result<Option<i64>, Mismatch> {
        Ok(match self {
            Self::Nil => None,
            Self::Int(int) => Some(*int),
            Self::Double(double) => Some(*double as i64),
            Self::Bool(bit) => Some(i64::from(*bit)),
            Self::Text(text) => number::parse_int(text),
            _ => return Err(self.mismatch("a number")),
        })
    }

    /// A number, a truth value as 1 or 0, or a text that is a number.
    ///
    /// # Errors
    /// [`Mismatch`] for anything else, also for a text that is none.
    pub fn double_like(&self) -> Result<Option<f64>, Mismatch> {
        Ok(Some(match self {
            Self::Nil => return Ok(None),
            Self::Int(int) => *int as f64,
            Self::Double(double) => *double,
            Self::Bool(bit) => f64::from(u8::from(*bit)),
            Self::Text(text) => {
                let not_a_number = Mismatch { expected: "a number", found: "another text" };
                number::parse_double(text).ok_or(not_a_number)?
            }
            _ => return Err(self.mismatch("a number")),
        }))
    }

    /// A truth value, a number that is not zero, or a word for one of the two.
    ///
    /// # Errors
    /// [`Mismatch`] for anything else, also for another text.
    pub fn bool_like(&self) -> Result<Option<bool>, Mismatch> {
        Ok(Some(match self {
            Self::Nil => return Ok(None),
            Self::Bool(bit) => *bit,
            Self::Int(int) => *int != 0,
            Self::Double(double) => *double != 0.0,
            Self::Text(text) => match &**text {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
                "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
                _ => return Err(Mismatch { expected: "true or false", found: "another text" }),
            },
            _ => return Err(self.mismatch("a boolean")),
        }))
    }

    /// Bytes, those of a text, or those of a number or truth value, the highest first.
    ///
    /// # Errors
    /// [`Mismatch`] for anything else.
    pub fn bytes_like(self) -> Result<Option<Cow<'a, [u8]>>, Mismatch> {
        Ok(Some(match self {
            Self::Nil => return Ok(None),
            Self::Bytes(bytes) => bytes,
            Self::Text(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
            Self::Text(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
            Self::Int(int) => Cow::Owned(int.to_be_bytes().to_vec()),
            Self::Double(double) => Cow::Owned(double.to_be_bytes().to_vec()),
            Self::Bool(bit) => Cow::Owned(vec![u8::from(bit)]),
            _ => return Err(self.mismatch("bytes")),
        }))
    }

    /// The value as text, as [`AnyValue::to_text`] has it: bytes in base64, nothing for nil.
    ///
    /// # Errors
    /// [`Mismatch`] for what an attribute cannot hold.
    pub fn stored_text(self) -> Result<Cow<'a, str>, Mismatch> {
        if let Self::Text(text) = self {
            return Ok(text);
        }
        let stored = self.into_stored()?;
        let mut encoded = Vec::with_capacity(stored.encoded_len());
        stored.encode(&mut encoded);
        Ok(Cow::Owned(AnyValue::read(Message::new(&encoded)).to_text().into_owned()))
    }

    /// The value as the Collector's OTTL writes it in JSON.
    ///
    /// # Errors
    /// [`Mismatch`] for what JSON does not know.
    pub fn json(self) -> Result<String, Mismatch> {
        let unknown = Mismatch { expected: "what JSON knows", found: "an infinite number" };
        let stored = self.into_stored()?;
        let mut encoded = Vec::with_capacity(stored.encoded_len());
        stored.encode(&mut encoded);
        let value = AnyValue::read(Message::new(&encoded));
        let is_text = matches!(stored, OwnedValue::Str(_));
        let json = with_long_exponents(value.to_json().ok_or(unknown)?);
        let needs_escapes =
            is_text || matches!(stored, OwnedValue::Array(_) | OwnedValue::KvList(_));
        Ok(if needs_escapes && json.contains(['<', '>', '&']) {
            json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
        } else {
            json
        })
    }
}

fn numbers(id: &[u8]) -> String {
    let numbers: Vec<_> = id.iter().map(u8::to_string).collect();
    format!("[{}]", numbers.join(","))
}

/// The JSON with negative exponents of two digits at least, as the library writes them that OTTL uses.
fn with_long_exponents(json: String) -> String {
    if !json.contains("e-") {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 1);
    let mut is_quoted = false;
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        out.push(character);
        match character {
            '"' => is_quoted = !is_quoted,
            '\\' => out.extend(characters.next()),
            '-' if !is_quoted && out.ends_with("e-") => {
                let digit = characters.next();
                let is_alone = !characters.peek().is_some_and(char::is_ascii_digit);
                out.extend(is_alone.then_some('0'));
                out.extend(digit);
            }
            _ => {}
        }
    }
    out
}
