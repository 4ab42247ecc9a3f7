//! Regular expressions that are known since the start, or only when a statement runs.

use std::sync::Arc;

use parking_lot::Mutex;

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
    Known(Arc<Pattern>),
    Unknown(Expr, Mutex<Vec<(String, Arc<Pattern>)>>),
}

impl DynamicPattern {
    /// One that is known.
    pub(super) fn known(pattern: Pattern) -> Self {
        Self(Source::Known(Arc::new(pattern)))
    }

    /// One that an expression gives.
    pub(super) const fn unknown(expr: Expr) -> Self {
        Self(Source::Unknown(expr, Mutex::new(Vec::new())))
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
                let mut kept = kept.lock();
                if let Some((_, pattern)) = kept.iter().find(|(known, _)| *known == *text) {
                    return Ok(Arc::clone(pattern));
                }
                let pattern =
                    Pattern::new(&text).map_err(|error| Failure::new(error.to_string()))?;
                let pattern = Arc::new(pattern);
                if kept.len() >= MAX_KEPT {
                    kept.remove(0);
                }
                kept.push((text.into_owned(), Arc::clone(&pattern)));
                Ok(pattern)
            }
        }
    }
}
