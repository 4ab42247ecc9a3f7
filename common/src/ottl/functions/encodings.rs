//! Texts encoded and decoded: `Base64Encode`, `Decode` and their like.

mod charset;

use std::{borrow::Cow, sync::LazyLock};

use data_encoding::{Encoding, Specification};

use super::{Arg, Arguments, Converter, Function, converter};
use crate::ottl::{error::Error, expr::Expr, failure::Failure, value::Value};
use charset::Charset;

pub(super) const FUNCTIONS: &[Function] = &[
    converter(
        "Base64Encode",
        &["target", "variant?"],
        "a text in `base64`, `base64-raw`, `base64-url` or `base64-raw-url`",
        base64_encode,
    ),
    converter("Base64Decode", &["target"], "what a text in base64 says", base64_decode),
    converter(
        "Decode",
        &["target", "encoding"],
        "what a text or bytes say in a variant of base64 or a charset of the IANA",
        decode,
    ),
];

/// The kinds of base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Base64 {
    is_for_urls: bool,
    is_padded: bool,
}

const STANDARD: Base64 = Base64 { is_for_urls: false, is_padded: true };

impl Base64 {
    fn of_name(name: &str) -> Option<Self> {
        let (is_for_urls, is_padded) = match name {
            "base64" => (false, true),
            "base64-raw" => (false, false),
            "base64-url" => (true, true),
            "base64-raw-url" => (true, false),
            _ => return None,
        };
        Some(Self { is_for_urls, is_padded })
    }

    fn encode(self, bytes: &[u8]) -> String {
        let encoding = match (self.is_for_urls, self.is_padded) {
            (false, true) => data_encoding::BASE64,
            (false, false) => data_encoding::BASE64_NOPAD,
            (true, true) => data_encoding::BASE64URL,
            (true, false) => data_encoding::BASE64URL_NOPAD,
        };
        encoding.encode(bytes)
    }

    /// As lenient as Go: line breaks are skipped, and the last bits may be anything.
    fn decode(self, encoded: &[u8]) -> Option<Vec<u8>> {
        let encoded: Vec<u8> =
            encoded.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        let digits = if self.is_padded {
            if !encoded.len().is_multiple_of(4) {
                return None;
            }
            let one_less = encoded.strip_suffix(b"=").unwrap_or(&encoded);
            one_less.strip_suffix(b"=").unwrap_or(one_less)
        } else {
            &encoded
        };
        let encoding = if self.is_for_urls { &URL } else { &PLAIN };
        encoding.as_ref()?.decode(digits).ok()
    }
}

static PLAIN: LazyLock<Option<Encoding>> = LazyLock::new(|| lenient(b"+/"));
static URL: LazyLock<Option<Encoding>> = LazyLock::new(|| lenient(b"-_"));

fn lenient(last: &[u8; 2]) -> Option<Encoding> {
    let mut specification = Specification::new();
    specification.symbols.extend(('A'..='Z').chain('a'..='z').chain('0'..='9'));
    specification.symbols.extend(last.map(char::from));
    specification.check_trailing_bits = false;
    specification.encoding().ok()
}

fn base64_encode(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let Some(variant) = arguments.find("variant") else {
        return Ok(Converter::pure(move |view| {
            Ok(Value::from(STANDARD.encode(target.text(view)?.as_bytes())))
        }));
    };
    let expr = variant.text()?;
    if let Some(Value::Text(name)) = expr.constant()
        && Base64::of_name(name).is_none()
    {
        return Err(variant.error(no_variant(name)));
    }
    Ok(Converter::pure(move |view| {
        let name = expr.text(view)?;
        let variant = Base64::of_name(&name).ok_or_else(|| Failure::new(no_variant(&name)))?;
        Ok(Value::from(variant.encode(target.text(view)?.as_bytes())))
    }))
}

fn no_variant(name: &str) -> String {
    format!("a variant is base64, base64-raw, base64-url or base64-raw-url, not {name:?}")
}

fn base64_decode(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    Ok(Converter::pure(move |view| Decoder::Base64(STANDARD).decode(target.text(view)?.as_bytes())))
}

enum Decoder {
    Base64(Base64),
    Charset(Charset),
}

impl Decoder {
    fn of_name(name: &str) -> Result<Self, String> {
        match Base64::of_name(name) {
            Some(variant) => Ok(Self::Base64(variant)),
            None => Charset::of_name(name).map(Self::Charset),
        }
    }

    /// What no text can hold is replaced.
    fn decode(&self, bytes: &[u8]) -> Result<Value<'static>, Failure> {
        match self {
            Self::Base64(variant) => match variant.decode(bytes) {
                Some(decoded) => Ok(Value::from(String::from_utf8_lossy(&decoded).into_owned())),
                None => Err(Failure::new("this is not base64 of that kind")),
            },
            Self::Charset(charset) => Ok(Value::from(charset.decode(bytes))),
        }
    }
}

fn decode(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments
        .get("target")?
        .checked("a string or bytes", |value| matches!(value, Value::Text(_) | Value::Bytes(_)))?;
    let encoding = arguments.get("encoding")?;
    let known = known_decoder(encoding)?;
    Ok(Converter::pure(move |view| {
        let bytes = match target.eval(view)? {
            Value::Text(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
            Value::Text(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
            Value::Bytes(bytes) => bytes,
            other => return Err(other.mismatch("a string or bytes").into()),
        };
        match &known {
            Ok(decoder) => decoder.decode(&bytes),
            Err(name) => Decoder::of_name(&name.text(view)?).map_err(Failure::new)?.decode(&bytes),
        }
    }))
}

/// The decoder, or what gives its name.
fn known_decoder(encoding: Arg<'_>) -> Result<Result<Decoder, Expr>, Error> {
    match encoding.text()? {
        Expr::Constant(Value::Text(name)) => match Decoder::of_name(&name) {
            Ok(decoder) => Ok(Ok(decoder)),
            Err(message) => Err(encoding.error(message)),
        },
        expr => Ok(Err(expr)),
    }
}
