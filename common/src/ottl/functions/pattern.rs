//! Regular expressions that are known since the start, or only when a statement runs.

use std::sync::Arc;

use super::kept::Kept;
use crate::{
    ottl::{cursor::View, expr::Expr, failure::Failure},
    settings::Pattern,
};

/// Patterns or globs that are kept compiled for one argument.
pub(super) const MAX_KEPT: usize = 64;

/// A regular expression.
#[derive(Debug)]
pub struct DynamicPattern(Source);

#[derive(Debug)]
enum Source {
    Known(Arc<Pattern>),
    Unknown(Expr, Kept<Pattern>),
}

impl DynamicPattern {
    /// One that is known.
    pub(super) fn known(pattern: Pattern) -> Self {
        Self(Source::Known(Arc::new(pattern)))
    }

    /// One that an expression gives.
    pub(super) fn unknown(expr: Expr) -> Self {
        Self(Source::Unknown(expr, Kept::new(MAX_KEPT)))
    }

    /// The pattern, if it is known since the start.
    #[must_use]
    pub fn constant(&self) -> Option<&Pattern> {
        match &self.0 {
            Source::Known(pattern) => Some(pattern),
            Source::Unknown(..) => None,
        }
    }

    /// The pattern.
    ///
    /// # Errors
    /// [`Failure`] if there is none.
    pub fn get(&self, view: View<'_>) -> Result<Arc<Pattern>, Failure> {
        match &self.0 {
            Source::Known(pattern) => Ok(Arc::clone(pattern)),
            Source::Unknown(expr, kept) => {
                let text = expr.text(view)?;
                let pattern = || Pattern::new(&text);
                kept.get(&text, pattern).map_err(|error| Failure::new(error.to_string()))
            }
        }
    }
}
