//! `(a, _) => value`

use super::{Parser, Result};
use crate::ottl::{
    error::Error,
    lex::Kind,
    syntax::{Expr, ExprKind, Lambda, LambdaBody},
};

impl Parser<'_> {
    /// Whether names in parentheses and an arrow follow.
    pub(super) fn at_lambda(&self) -> bool {
        let mut at = self.at + 1;
        if self.token(at).kind == Kind::Close {
            return self.token(at + 1).kind == Kind::Arrow;
        }
        while matches!(self.token(at).kind, Kind::Lower | Kind::Blank) {
            match self.token(at + 1).kind {
                Kind::Comma => at += 2,
                Kind::Close => return self.token(at + 2).kind == Kind::Arrow,
                _ => return false,
            }
        }
        false
    }

    pub(super) fn lambda(&mut self) -> Result<Expr> {
        let start = self.advance().start;
        let mut params = Vec::new();
        loop {
            let token = self.advance();
            match token.kind {
                Kind::Lower | Kind::Blank => params.push(self.source(token).to_owned()),
                Kind::Arrow | Kind::End => break,
                _ => {}
            }
        }
        let body = Box::new(self.body()?);
        let kind = ExprKind::Lambda(Lambda { params, body });
        Ok(Expr { kind, extent: start..self.end() })
    }

    fn body(&mut self) -> Result<LambdaBody> {
        let is_condition = match self.peek().kind {
            Kind::Not => true,
            Kind::Open => match self.token(self.behind_group(self.at)).kind {
                Kind::And | Kind::Or => true,
                Kind::Comparison(_) | Kind::Math(_) | Kind::Arrow => false,
                _ => self.holds_condition(),
            },
            _ => false,
        };
        if is_condition {
            return Ok(LambdaBody::Condition(self.condition()?));
        }
        let value = self.value()?;
        if matches!(value.kind, ExprKind::Lambda(_)) {
            return Err(Error::at(self.text, value.extent, "a lambda cannot give a lambda"));
        }
        match self.peek().kind {
            Kind::And | Kind::Or | Kind::Comparison(_) => {
                Ok(LambdaBody::Condition(self.condition_with(value)?))
            }
            _ => Ok(LambdaBody::Value(value)),
        }
    }
}
