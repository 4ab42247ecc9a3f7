//! Reads statements, conditions and values.
//!
//! What the Collector's OTTL reads is read, to the same effect, and what it refuses is refused.
//! Refused here alone are arguments without a name behind those with one, which the Collector's OTTL
//! finds later, and what nobody can mean: lists without commas in which something in brackets could
//! be a key, and what a lambda gives when that is compared and begins with a condition in
//! parentheses.

mod call;
mod condition;
mod lambda;
mod literal;
mod math;
#[cfg(test)]
mod tests;
mod value;

use std::cell::Cell;

use super::{
    error::{Error, nearest},
    lex::{Kind, Token, tokens},
    syntax::{Condition, Expr, Extent, Statement},
};

const MAX_LEVELS: usize = 64;

type Result<T> = std::result::Result<T, Error>;

/// Reads `editor(...) where condition`.
///
/// # Errors
///
/// The text is no statement.
pub fn statement(text: &str) -> Result<Statement> {
    whole(text, |parser| {
        let editor = parser.editor()?;
        let condition = if parser.accept_where() { Some(parser.condition()?) } else { None };
        let expected = match &condition {
            None => "\"where\" or the end",
            Some(_) => condition::BEHIND_AT_THE_END,
        };
        Ok((Statement { editor, condition }, expected))
    })
}

/// Reads a condition, which stands without `where`.
///
/// # Errors
///
/// The text is no condition.
pub fn condition(text: &str) -> Result<Condition> {
    whole(text, |parser| {
        parser.refuse_where()?;
        Ok((parser.condition()?, condition::BEHIND_AT_THE_END))
    })
}

/// Reads a value.
///
/// # Errors
///
/// The text is no value.
pub fn value(text: &str) -> Result<Expr> {
    whole(text, |parser| Ok((parser.value()?, "the end")))
}

fn whole<T>(
    text: &str,
    read: impl FnOnce(&mut Parser<'_>) -> Result<(T, &'static str)>,
) -> Result<T> {
    let (tokens, run) = (tokens(text)?, Cell::default());
    let mut parser = Parser { text, tokens, at: 0, levels: 0, operators: 0, run };
    let (read, expected) = read(&mut parser)?;
    match parser.peek().kind {
        Kind::End => Ok(read),
        _ => Err(parser.expected(expected)),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    levels: usize,
    operators: usize,
    // Its end is asked for at each of its words.
    run: Cell<Run>,
}

/// Words that follow one another.
#[derive(Clone, Copy, Default)]
struct Run {
    start: usize,
    behind: usize,
}

impl Run {
    fn contains(self, at: usize) -> bool {
        self.start <= at && at < self.behind
    }
}

impl Parser<'_> {
    fn peek(&self) -> Token {
        self.token(self.at)
    }

    fn token(&self, at: usize) -> Token {
        let end = Token { kind: Kind::End, start: self.text.len(), end: self.text.len() };
        self.tokens.get(at).or(self.tokens.last()).copied().unwrap_or(end)
    }

    fn advance(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn accept(&mut self, kind: Kind) -> Option<Token> {
        (self.peek().kind == kind).then(|| self.advance())
    }

    /// Where the last token was over.
    fn end(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |at| self.token(at).end)
    }

    fn source(&self, token: Token) -> &str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// Reads what is inside of something else.
    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.levels == MAX_LEVELS {
            let message = format!("nested more than the {MAX_LEVELS} levels allowed");
            return Err(self.error(message));
        }
        self.levels += 1;
        let read = read(self);
        self.levels -= 1;
        read
    }

    /// Goes behind what closes a bracket.
    fn close(&mut self, open: Token, close: Kind, expected: &str) -> Result<()> {
        match self.peek().kind {
            kind if kind == close => {
                self.advance();
                Ok(())
            }
            Kind::End => {
                let message = format!("{:?} is never closed", self.source(open));
                Err(Error::at(self.text, open.start..open.end, message))
            }
            _ => Err(self.expected(expected)),
        }
    }

    /// The index behind a bracket and what it encloses.
    fn behind_group(&self, open: usize) -> usize {
        let mut levels = 0_usize;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            match token.kind {
                Kind::Open | Kind::OpenBracket | Kind::OpenBrace => levels += 1,
                Kind::Close | Kind::CloseBracket | Kind::CloseBrace => levels -= 1,
                _ => {}
            }
            if levels == 0 {
                return at + 1;
            }
        }
        self.tokens.len()
    }

    /// Names are words that follow one another, of upper and of lower case. Gives what is behind.
    fn behind_words(&self, start: usize) -> usize {
        if self.run.get().contains(start) {
            return self.run.get().behind;
        }
        let is_word = |at: &usize| matches!(self.token(*at).kind, Kind::Upper | Kind::Lower);
        let behind = start + (start..).take_while(is_word).count();
        self.run.set(Run { start, behind });
        behind
    }

    fn words(&mut self) -> (String, Extent) {
        let start = self.peek().start;
        let behind = self.behind_words(self.at);
        let mut name = String::new();
        while self.at < behind {
            let word = self.advance();
            name.push_str(self.source(word));
        }
        (name, start..self.end())
    }

    /// Names begin with a letter, so that words which touch one another are one to who reads them.
    fn touching_words(&self) -> Extent {
        let first = self.peek();
        let mut end = first.end;
        for at in self.at + 1..self.behind_words(self.at) {
            match self.token(at) {
                word if word.start == end => end = word.end,
                _ => break,
            }
        }
        first.start..end
    }

    fn error(&self, message: impl Into<String>) -> Error {
        let token = self.peek();
        Error::at(self.text, token.start..token.end, message)
    }

    /// Something else than the next token should be there.
    fn expected(&self, expected: &str) -> Error {
        let token = self.peek();
        let extent = match token.kind {
            Kind::Upper | Kind::Lower => self.touching_words(),
            _ => token.start..token.end,
        };
        let found = self.text.get(extent.clone()).unwrap_or_default();
        let message = format!("expected {expected}, found {}", shown(token.kind, found));
        let meant = match token.kind {
            Kind::Upper | Kind::Lower => meant(expected, found),
            Kind::Equal => expected.contains("\"==\"").then_some("=="),
            _ => None,
        };
        Error::at(self.text, extent, message).suggesting(meant)
    }
}

fn shown(kind: Kind, source: &str) -> String {
    let short = match source.char_indices().nth(40) {
        Some((at, _)) => format!("{}...", source.split_at(at).0),
        None => source.to_owned(),
    };
    match kind {
        Kind::End => "the end".into(),
        Kind::Text => format!("the text {short}"),
        _ => format!("\"{short}\""),
    }
}

/// Which of the words in quotes that are expected was probably meant.
fn meant<'a>(expected: &'a str, found: &str) -> Option<&'a str> {
    let quoted = expected.split('"').skip(1).step_by(2);
    let words = quoted.filter(|word| word.bytes().all(|b| b.is_ascii_lowercase()));
    nearest(&found.to_ascii_lowercase(), words)
}
