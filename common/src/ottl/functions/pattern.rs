//! Regular expressions that are known since the start, or only when a statement runs.

use std::{ops::Deref, sync::Arc};

use super::kept::Kept;
use crate::{
    ottl::{cursor::View, expr::Expr, failure::Failure},
    settings::Pattern,
};

/// Patterns that are kept compiled for one argument.
const MAX_KEPT: usize = 64;

/// A regular expression.
#[derive(Debug)]
pub struct DynamicPattern(Source);

#[derive(Debug)]
enum Source {
    Known(Pattern),
    Unknown(Expr, Kept<Pattern>),
}

/// A pattern that can be asked now.
#[derive(Debug)]
pub enum Ready<'p> {
    /// One that is known since the start.
    Known(&'p Pattern),
    /// One that may be forgotten meanwhile.
    Kept(Arc<Pattern>),
}

impl Deref for Ready<'_> {
    type Target = Pattern;

    fn deref(&self) -> &Pattern {
        match self {
            Self::Known(pattern) => pattern,
            Self::Kept(pattern) => pattern,
        }
    }
}

impl DynamicPattern {
    /// One that is known.
    pub(super) fn known(pattern: Pattern) -> Self {
        Self(Source::Known(pattern))
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
    pub fn get(&self, view: View<'_>) -> Result<Ready<'_>, Failure> {
        match &self.0 {
            Source::Known(pattern) => Ok(Ready::Known(pattern)),
            Source::Unknown(expr, kept) => {
                let text = expr.text(view)?;
                let pattern = || Pattern::new(&text);
                let kept = kept.get(&text, pattern);
                kept.map(Ready::Kept).map_err(|error| Failure::new(error.to_string()))
            }
        }
    }
}
