//! Values: constants, lists, maps, paths and what is made of them.

use super::{Parser, Result};
use crate::ottl::{
    error::Error,
    lex::Kind,
    math::Operator,
    syntax::{Expr, ExprKind, Field, Key, Path},
};

impl Parser<'_> {
    pub(super) fn value(&mut self) -> Result<Expr> {
        let token = self.peek();
        let kind = match token.kind {
            Kind::Nil => ExprKind::Nil,
            Kind::Bool => ExprKind::Bool(self.source(token) == "true"),
            Kind::Text => ExprKind::Text(self.text_of(token)?),
            Kind::Bytes => ExprKind::Bytes(self.bytes_of(token)?),
            Kind::Upper => return self.upper(),
            Kind::OpenBracket => return self.inside(Self::list),
            Kind::OpenBrace => return self.inside(Self::map),
            Kind::Open if self.at_lambda() => return self.inside(Self::lambda),
            _ if self.at_value() => return self.sum(),
            _ => return Err(self.expected("a value")),
        };
        self.advance();
        Ok(Expr { kind, extent: token.start..token.end })
    }

    /// Whether the next token can begin a value.
    pub(super) fn at_value(&self) -> bool {
        matches!(
            self.peek().kind,
            Kind::Nil
                | Kind::Bool
                | Kind::Text
                | Kind::Bytes
                | Kind::Int
                | Kind::Double
                | Kind::Upper
                | Kind::Lower
                | Kind::Open
                | Kind::OpenBracket
                | Kind::OpenBrace
                | Kind::Math(Operator::Add | Operator::Subtract)
        )
    }

    /// A converter, or an enum, which is a single word.
    fn upper(&mut self) -> Result<Expr> {
        if self.token(self.behind_words(self.at)).kind == Kind::Open {
            return self.sum();
        }
        if self.token(self.at + 1).kind == Kind::Lower {
            let (name, _) = self.words();
            return Err(self.expected(&format!("\"(\" behind {name:?}")));
        }
        let word = self.advance();
        let kind = ExprKind::Enum(self.source(word).to_owned());
        Ok(Expr { kind, extent: word.start..word.end })
    }

    fn list(&mut self) -> Result<Expr> {
        let open = self.advance();
        let mut values = Vec::new();
        // Only the values before the first comma may do without.
        while self.at_value() {
            values.push(self.value()?);
        }
        while self.accept(Kind::Comma).is_some() {
            values.push(self.value()?);
        }
        self.close(open, Kind::CloseBracket, "\",\" or \"]\"")?;
        Ok(Expr { kind: ExprKind::List(values), extent: open.start..self.end() })
    }

    fn map(&mut self) -> Result<Expr> {
        let open = self.advance();
        let mut entries = Vec::new();
        while let Some(key) = self.accept(Kind::Text) {
            let key = self.text_of(key)?;
            if self.accept(Kind::Colon).is_none() {
                return Err(self.expected("\":\" behind the key"));
            }
            entries.push((key, self.value()?));
            self.accept(Kind::Comma);
        }
        let expected = match self.token(self.at.saturating_sub(1)).kind {
            Kind::Comma | Kind::OpenBrace => "a key in double quotes or \"}\"",
            _ => "\",\" or \"}\"",
        };
        self.close(open, Kind::CloseBrace, expected)?;
        Ok(Expr { kind: ExprKind::Map(entries), extent: open.start..self.end() })
    }

    pub(super) fn path(&mut self) -> Result<Path> {
        self.refuse_editor()?;
        let mut fields = vec![self.field()?];
        while self.accept(Kind::Point).is_some() {
            fields.push(self.field()?);
        }
        Ok(Path { fields })
    }

    fn field(&mut self) -> Result<Field> {
        let extent = self.touching_words();
        let word = self.peek();
        if !matches!(word.kind, Kind::Lower | Kind::Upper) {
            return Err(self.expected("the name of a field"));
        }
        let name = self.text.get(extent.clone()).unwrap_or_default();
        if word.kind == Kind::Upper || extent.end != word.end {
            let message = format!("expected a name in lower case, found {name:?}");
            return Err(Error::at(self.text, extent, message).suggesting(Some(snake_case(name))));
        }
        let name = name.to_owned();
        self.advance();
        Ok(Field { name, extent, keys: self.keys()? })
    }

    pub(super) fn keys(&mut self) -> Result<Vec<Key>> {
        let mut keys = Vec::new();
        while let Some(open) = self.accept(Kind::OpenBracket) {
            keys.push(self.inside(Self::key)?);
            self.close(open, Kind::CloseBracket, "\"]\"")?;
        }
        Ok(keys)
    }

    fn key(&mut self) -> Result<Key> {
        let token = self.peek();
        let kind = match token.kind {
            Kind::Text => ExprKind::Text(self.text_of(token)?),
            // No sum begins with it: that takes parentheses.
            Kind::Int => ExprKind::Int(self.int(token)?),
            Kind::Double | Kind::Lower | Kind::Upper | Kind::Open | Kind::Math(_) => {
                return self.sum();
            }
            _ => return Err(self.expected("a key: a text, a number, a path or a converter")),
        };
        self.advance();
        Ok(Expr { kind, extent: token.start..token.end })
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut after_lower = false;
    for char in name.chars() {
        if after_lower && char.is_ascii_uppercase() {
            snake.push('_');
        }
        after_lower = char.is_ascii_lowercase() || char.is_ascii_digit();
        snake.push(char.to_ascii_lowercase());
    }
    snake
}
