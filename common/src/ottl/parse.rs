//! Reads statements, conditions and values.

use super::{
    error::Error,
    syntax::{Condition, Expr, Statement},
};

/// Reads `editor(...) where condition`.
///
/// # Errors
///
/// The text is no statement.
pub fn statement(text: &str) -> Result<Statement, Error> {
    Err(Error::at(text, 0..0, "not done"))
}

/// Reads a condition, which stands without `where`.
///
/// # Errors
///
/// The text is no condition.
pub fn condition(text: &str) -> Result<Condition, Error> {
    Err(Error::at(text, 0..0, "not done"))
}

/// Reads a value.
///
/// # Errors
///
/// The text is no value.
pub fn value(text: &str) -> Result<Expr, Error> {
    Err(Error::at(text, 0..0, "not done"))
}
