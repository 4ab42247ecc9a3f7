//! Numbers, texts, bytes and other constants.

use super::{Parser, Result};
use crate::ottl::{
    error::Error,
    lex::{Token, quoted},
};

impl Parser<'_> {
    pub(super) fn text_of(&self, token: Token) -> Result<String> {
        quoted::unquote(self.text, token.start, token.end)
    }

    pub(super) fn int(&self, token: Token) -> Result<i64> {
        let digits = self.source(token);
        let wrong = |message: &str| Error::at(self.text, token.start..token.end, message);
        // As numbers of Go, those that begin with 0 are octal.
        let number = match digits.strip_prefix('0').filter(|octal| !octal.is_empty()) {
            Some(octal) if octal.bytes().any(|b| b > b'7') => {
                return Err(wrong("expected octal digits behind the leading 0"));
            }
            Some(octal) => i64::from_str_radix(octal, 8),
            None => digits.parse(),
        };
        number.map_err(|_| wrong("expected an integer of at most 9223372036854775807"))
    }

    pub(super) fn double(&self, token: Token) -> Result<f64> {
        match self.source(token).parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => {
                let message = "expected a number of at most 1.7976931348623157e308";
                Err(Error::at(self.text, token.start..token.end, message))
            }
        }
    }

    pub(super) fn bytes_of(&self, token: Token) -> Result<Vec<u8>> {
        let digits = self.source(token).get(2..).unwrap_or_default().as_bytes();
        let (pairs, rest) = digits.as_chunks::<2>();
        if !rest.is_empty() {
            let message = "expected an even number of digits behind \"0x\"";
            return Err(Error::at(self.text, token.start..token.end, message));
        }
        Ok(pairs.iter().map(|[high, low]| digit(*high) << 4 | digit(*low)).collect())
    }
}

fn digit(byte: u8) -> u8 {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or_default()
}
