//! Sums and products.

use super::{Parser, Result};
use crate::ottl::{
    lex::Kind,
    math::Operator,
    syntax::{Expr, ExprKind},
};

// They nest to the left, and what is made of them is dropped by recursion.
const MAX_OPERATORS: usize = 256;

impl Parser<'_> {
    pub(super) fn sum(&mut self) -> Result<Expr> {
        let mut left = self.product()?;
        while let Kind::Math(operator @ (Operator::Add | Operator::Subtract)) = self.peek().kind {
            self.operator()?;
            left = join(left, operator, self.product()?);
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expr> {
        let mut left = self.operand()?;
        while let Kind::Math(operator @ (Operator::Multiply | Operator::Divide)) = self.peek().kind
        {
            self.operator()?;
            left = join(left, operator, self.operand()?);
        }
        Ok(left)
    }

    fn operator(&mut self) -> Result<()> {
        if self.operators == MAX_OPERATORS {
            let message = format!("more than the {MAX_OPERATORS} operators allowed");
            return Err(self.error(message));
        }
        self.operators += 1;
        self.advance();
        Ok(())
    }

    /// A number, a path, a converter or a sum in parentheses, which may have a sign.
    fn operand(&mut self) -> Result<Expr> {
        let start = self.peek().start;
        let negative = match self.peek().kind {
            Kind::Math(Operator::Subtract) => true,
            Kind::Math(Operator::Add) => false,
            _ => return self.unsigned(),
        };
        self.advance();
        let operand = self.unsigned()?;
        let extent = start..operand.extent.end;
        let kind = if negative { ExprKind::Negative(Box::new(operand)) } else { operand.kind };
        Ok(Expr { kind, extent })
    }

    fn unsigned(&mut self) -> Result<Expr> {
        let token = self.peek();
        let kind = match token.kind {
            Kind::Int => {
                self.advance();
                ExprKind::Int(self.int(token)?)
            }
            Kind::Double => {
                self.advance();
                ExprKind::Double(self.double(token)?)
            }
            Kind::Lower => ExprKind::Path(self.path()?),
            Kind::Upper if self.token(self.behind_words(self.at)).kind == Kind::Open => {
                ExprKind::Call(self.converter()?)
            }
            Kind::Open => {
                self.advance();
                let sum = self.inside(Self::sum)?;
                self.close(token, Kind::Close, "an operator or \")\"")?;
                sum.kind
            }
            _ => return Err(self.expected("a number, a path, a converter or \"(\"")),
        };
        Ok(Expr { kind, extent: token.start..self.end() })
    }
}

fn join(left: Expr, operator: Operator, right: Expr) -> Expr {
    let extent = left.extent.start..right.extent.end;
    Expr { kind: ExprKind::Math(Box::new(left), operator, Box::new(right)), extent }
}
