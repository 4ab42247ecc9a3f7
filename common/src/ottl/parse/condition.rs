//! What is true or false.

use super::{MAX_LEVELS, Parser, Result};
use crate::ottl::{
    error::Error,
    lex::Kind,
    syntax::{Condition, Expr, ExprKind},
};

pub(super) const BEHIND_AT_THE_END: &str = "\"and\", \"or\" or the end";

impl Parser<'_> {
    pub(super) fn accept_where(&mut self) -> bool {
        let is_where = self.source(self.peek()) == "where";
        if is_where {
            self.advance();
        }
        is_where
    }

    /// Goes no further if a condition begins with `where`, which is not that of a path.
    pub(super) fn refuse_where(&self) -> Result<()> {
        let of_path = matches!(
            self.token(self.at + 1).kind,
            Kind::Comparison(_) | Kind::Math(_) | Kind::Point | Kind::OpenBracket
        );
        match self.source(self.peek()) {
            "where" if !of_path => Err(self.error("a condition stands without \"where\"")),
            _ => Ok(()),
        }
    }

    pub(super) fn condition(&mut self) -> Result<Condition> {
        let first = self.negation()?;
        self.join(first)
    }

    /// A condition whose first part begins with a value that is already read.
    pub(super) fn condition_with(&mut self, left: Expr) -> Result<Condition> {
        let first = self.compared(left)?;
        self.join(first)
    }

    fn join(&mut self, first: Condition) -> Result<Condition> {
        let first = self.join_and(first)?;
        if self.peek().kind != Kind::Or {
            return Ok(first);
        }
        let mut any = vec![first];
        while self.accept(Kind::Or).is_some() {
            let first = self.negation()?;
            any.push(self.join_and(first)?);
        }
        Ok(Condition::Or(any))
    }

    fn join_and(&mut self, first: Condition) -> Result<Condition> {
        if self.peek().kind != Kind::And {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.accept(Kind::And).is_some() {
            all.push(self.negation()?);
        }
        Ok(Condition::And(all))
    }

    fn negation(&mut self) -> Result<Condition> {
        match self.accept(Kind::Not) {
            Some(_) => Ok(Condition::Not(Box::new(self.comparison()?))),
            None => self.comparison(),
        }
    }

    fn comparison(&mut self) -> Result<Condition> {
        let open = self.peek();
        if open.kind == Kind::Open && !self.at_lambda() && !self.begins_with_group() {
            self.advance();
            let condition = self.inside(Self::condition)?;
            self.close(open, Kind::Close, "\"and\", \"or\" or \")\"")?;
            return Ok(condition);
        }
        if !self.at_value() {
            return Err(self.expected("a condition"));
        }
        let left = self.value()?;
        self.compared(left)
    }

    /// Whether parentheses are only the beginning of a value.
    fn begins_with_group(&self) -> bool {
        let behind = self.token(self.behind_group(self.at)).kind;
        matches!(behind, Kind::Comparison(_) | Kind::Math(_))
    }

    fn compared(&mut self, left: Expr) -> Result<Condition> {
        let Kind::Comparison(comparison) = self.peek().kind else {
            return self.alone(left);
        };
        self.advance();
        Ok(Condition::Compare(left, comparison, self.value()?))
    }

    fn alone(&self, value: Expr) -> Result<Condition> {
        let source = self.text.get(value.extent.clone()).unwrap_or_default();
        match &value.kind {
            ExprKind::Bool(_) => Ok(Condition::Value(value)),
            ExprKind::Call(_) if !source.starts_with(['+', '-']) => Ok(Condition::Value(value)),
            ExprKind::Enum(word) if ["TRUE", "FALSE"].contains(&word.as_str()) => {
                let message = format!("expected a condition, found {word:?}");
                let meant = word.to_ascii_lowercase();
                Err(Error::at(self.text, value.extent, message).suggesting(Some(meant)))
            }
            _ => Err(self.expected("a comparison such as \"==\"")),
        }
    }

    /// Whether parentheses hold a condition, which may be in further parentheses.
    pub(super) fn holds_condition(&self) -> bool {
        let mut open = self.at;
        let mut behind = self.behind_group(open);
        for _ in 0..MAX_LEVELS {
            if self.token(open + 1).kind != Kind::Open {
                break;
            }
            let inner = self.behind_group(open + 1);
            if inner + 1 != behind {
                break;
            }
            (open, behind) = (open + 1, inner);
        }
        let mut at = open + 1;
        while at + 1 < behind {
            match self.token(at).kind {
                Kind::And | Kind::Or | Kind::Not | Kind::Comparison(_) | Kind::Bool => return true,
                Kind::Open | Kind::OpenBracket | Kind::OpenBrace => at = self.behind_group(at),
                _ => at += 1,
            }
        }
        false
    }
}
