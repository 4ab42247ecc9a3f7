//! Conditions, compiled.

use super::{
    compare::compare, cursor::View, expr::Expr, failure::Failure, syntax::Comparison, value::Value,
};

/// What is true or false for an item.
#[derive(Debug)]
pub enum Condition {
    /// It always is.
    Constant(bool),
    /// One of them holds.
    Or(Vec<Self>),
    /// All of them hold.
    And(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// Two values compared.
    Compare(Expr, Comparison, Expr),
    /// A function says so.
    Truth(Expr),
}

impl Condition {
    /// Whether it holds. What stands behind the first part that decides is not looked at.
    ///
    /// # Errors
    /// [`Failure`] if a value cannot be had.
    pub fn holds(&self, view: View<'_>) -> Result<bool, Failure> {
        match self {
            Self::Constant(bit) => Ok(*bit),
            Self::Or(parts) => {
                for part in parts {
                    if part.holds(view)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::And(parts) => {
                for part in parts {
                    if !part.holds(view)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Not(part) => Ok(!part.holds(view)?),
            Self::Compare(a, comparison, b) => {
                a.look(view, |a| b.look(view, |b| compare(a, *comparison, b)))?
            }
            Self::Truth(expr) => match expr.eval(view)? {
                Value::Bool(bit) => Ok(bit),
                other => Err(other.mismatch("a boolean").into()),
            },
        }
    }
}
