//! Cuts a statement into words, numbers, texts and signs.
//!
//! The first rule that fits makes the token, as in the Collector's OTTL, so that words of upper
//! and of lower case are tokens apart: `IsMatch` is four of them.

pub mod quoted;
#[cfg(test)]
mod tests;

use super::{error::Error, math::Operator, syntax::Comparison};

/// The most bytes that a text can have.
pub const MAX_BYTES: usize = 1 << 20;

/// A word, a number, a text or a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it is over, in bytes.
    pub end: usize,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `0x0a`
    Bytes,
    /// `4.2`
    Double,
    /// `42`
    Int,
    /// `"text"`, whose escapes are not yet looked at.
    Text,
    /// `nil`
    Nil,
    /// `true` or `false`
    Bool,
    /// `not`
    Not,
    /// `and`
    And,
    /// `or`
    Or,
    /// `==` and its like.
    Comparison(Comparison),
    /// `=>`
    Arrow,
    /// `=`
    Equal,
    /// `+` and its like.
    Math(Operator),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `:`
    Colon,
    /// `,`
    Comma,
    /// `.`
    Point,
    /// A word of upper case.
    Upper,
    /// A word of lower case.
    Lower,
    /// `_`
    Blank,
    /// Behind the last token.
    End,
}

/// All tokens of a text; the last one is its end.
///
/// # Errors
///
/// The text is too long or has something in it that is no token.
pub fn tokens(text: &str) -> Result<Vec<Token>, Error> {
    if text.len() > MAX_BYTES {
        let message = format!("{} bytes are more than the {MAX_BYTES} allowed", text.len());
        let beginning = text.get(..text.floor_char_boundary(100)).unwrap_or_default();
        return Err(Error::at(beginning, 0..0, message));
    }
    let mut tokens = Vec::new();
    let mut rest = skip_spaces(text);
    let mut end = 0;
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        let Some((kind, length)) = first(rest) else {
            return Err(no_token(text, start, rest));
        };
        end = start + length;
        tokens.push(Token { kind, start, end });
        rest = skip_spaces(text.get(end..).unwrap_or_default());
    }
    tokens.push(Token { kind: Kind::End, start: end, end });
    Ok(tokens)
}

fn skip_spaces(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}'])
}

/// The first token of a text and its length.
fn first(text: &str) -> Option<(Kind, usize)> {
    let mut bytes = text.bytes();
    let (first, second) = (bytes.next()?, bytes.next());
    match first {
        b'0'..=b'9' | b'.' if first != b'.' || second.is_some_and(|b| b.is_ascii_digit()) => {
            Some(number(text))
        }
        b'"' => quoted::length(text).ok().map(|length| (Kind::Text, length)),
        b'a'..=b'z' => Some(lower(text)),
        b'A'..=b'Z' => Some((
            Kind::Upper,
            run(text, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'),
        )),
        b'_' if !second.is_some_and(is_of_a_word) => Some((Kind::Blank, 1)),
        _ => sign(first, second),
    }
}

fn run(text: &str, fits: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| fits(*byte)).count()
}

fn is_of_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn digits(text: &str) -> usize {
    run(text, |b| b.is_ascii_digit())
}

fn from(text: &str, start: usize) -> &str {
    text.get(start..).unwrap_or_default()
}

fn number(text: &str) -> (Kind, usize) {
    if let Some(rest) = text.strip_prefix("0x") {
        let length = run(rest, |b| b.is_ascii_hexdigit());
        if length > 0 {
            return (Kind::Bytes, 2 + length);
        }
    }
    let whole = digits(text);
    let Some(fraction) = from(text, whole).strip_prefix('.') else {
        return (Kind::Int, whole);
    };
    let length = whole + 1 + digits(fraction);
    let exponent = from(text, length).strip_prefix(['e', 'E']).unwrap_or_default();
    let signs = usize::from(exponent.starts_with(['+', '-']));
    match digits(from(exponent, signs)) {
        0 => (Kind::Double, length),
        digits => (Kind::Double, length + 1 + signs + digits),
    }
}

fn lower(text: &str) -> (Kind, usize) {
    let length = run(text, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let (word, rest) = text.split_at(length);
    let kind = match word {
        // A reserved word within another, as in `notHere`, is none.
        _ if rest.bytes().next().is_some_and(is_of_a_word) => Kind::Lower,
        "nil" => Kind::Nil,
        "true" | "false" => Kind::Bool,
        "not" => Kind::Not,
        "and" => Kind::And,
        "or" => Kind::Or,
        _ => Kind::Lower,
    };
    (kind, length)
}

fn sign(first: u8, second: Option<u8>) -> Option<(Kind, usize)> {
    let kind = match (first, second) {
        (b'=', Some(b'=')) => Kind::Comparison(Comparison::Equal),
        (b'!', Some(b'=')) => Kind::Comparison(Comparison::NotEqual),
        (b'>', Some(b'=')) => Kind::Comparison(Comparison::GreaterOrEqual),
        (b'<', Some(b'=')) => Kind::Comparison(Comparison::LessOrEqual),
        (b'=', Some(b'>')) => Kind::Arrow,
        (single, _) => return single_sign(single).map(|kind| (kind, 1)),
    };
    Some((kind, 2))
}

fn single_sign(byte: u8) -> Option<Kind> {
    Some(match byte {
        b'>' => Kind::Comparison(Comparison::Greater),
        b'<' => Kind::Comparison(Comparison::Less),
        b'=' => Kind::Equal,
        b'+' => Kind::Math(Operator::Add),
        b'-' => Kind::Math(Operator::Subtract),
        b'*' => Kind::Math(Operator::Multiply),
        b'/' => Kind::Math(Operator::Divide),
        b'(' => Kind::Open,
        b')' => Kind::Close,
        b'[' => Kind::OpenBracket,
        b']' => Kind::CloseBracket,
        b'{' => Kind::OpenBrace,
        b'}' => Kind::CloseBrace,
        b':' => Kind::Colon,
        b',' => Kind::Comma,
        b'.' => Kind::Point,
        _ => return None,
    })
}

fn no_token(text: &str, start: usize, rest: &str) -> Error {
    let word = rest.chars().next().unwrap_or_default();
    let (length, message, suggestion) = match word {
        '"' => {
            let stop = quoted::length(rest).err().unwrap_or_default();
            return quoted::unfinished(text, start, stop);
        }
        '_' => (
            run(rest, is_of_a_word),
            "expected a name, which begins with a letter, found \"_\"".into(),
            None,
        ),
        '\'' | '`' | '“' | '”' | '„' | '‘' | '’' => {
            (word.len_utf8(), format!("text stands in double quotes, not in {word}"), None)
        }
        '&' => (run(rest, |b| b == b'&'), no_meaning("&"), Some("and")),
        '|' => (run(rest, |b| b == b'|'), no_meaning("|"), Some("or")),
        '!' => (1, no_meaning("!"), Some("not")),
        '#' => (1, "expected no comment: there are none in statements, found \"#\"".into(), None),
        _ => (word.len_utf8(), no_meaning(&word.to_string()), None),
    };
    Error::at(text, start..start + length, message).suggesting(suggestion)
}

fn no_meaning(sign: &str) -> String {
    format!("{sign:?} has no meaning here")
}
