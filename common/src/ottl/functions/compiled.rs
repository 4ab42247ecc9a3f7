//! What is made of a text: at the start if it is known then, else when a statement runs.

use std::{fmt, ops::Deref, sync::Arc};

use super::kept::Kept;
use crate::ottl::{cursor::View, expr::Expr, failure::Failure, value::Value};

type Make<T> = dyn Fn(&str) -> Result<T, String> + Send + Sync;

/// A pattern or the like.
pub struct Compiled<T>(Source<T>);

enum Source<T> {
    Known(T),
    Unknown { text: Expr, make: Box<Make<T>>, kept: Kept<T> },
}

impl<T> Compiled<T> {
    /// Makes it of a text. Of those that are not known yet, at most so many are kept.
    ///
    /// # Errors
    /// What `make` says of a text that is known.
    pub(super) fn new(
        text: Expr,
        most: usize,
        make: impl Fn(&str) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Self, String> {
        Ok(Self(match text.constant() {
            Some(Value::Text(text)) => Source::Known(make(text)?),
            _ => Source::Unknown { text, make: Box::new(make), kept: Kept::new(most) },
        }))
    }

    /// What there is, if it is known since the start.
    #[must_use]
    pub const fn known(&self) -> Option<&T> {
        match &self.0 {
            Source::Known(known) => Some(known),
            Source::Unknown { .. } => None,
        }
    }

    /// What there is.
    ///
    /// # Errors
    /// [`Failure`] if the text cannot be had, or nothing can be made of it.
    pub fn get(&self, view: View<'_>) -> Result<Ready<'_, T>, Failure> {
        match &self.0 {
            Source::Known(known) => Ok(Ready::Known(known)),
            Source::Unknown { text, make, kept } => {
                let text = text.text(view)?;
                kept.get(&text, || make(&text)).map(Ready::Kept).map_err(Failure::new)
            }
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Compiled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Known(known) => known.fmt(f),
            Source::Unknown { text, .. } => text.fmt(f),
        }
    }
}

/// What can be used now.
#[derive(Debug)]
pub enum Ready<'c, T> {
    /// What is known since the start.
    Known(&'c T),
    /// What may be forgotten meanwhile.
    Kept(Arc<T>),
}

impl<T> Deref for Ready<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Known(known) => known,
            Self::Kept(kept) => kept,
        }
    }
}
