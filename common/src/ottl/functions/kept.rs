//! What was made of texts that are known only when a statement runs.

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;

/// Patterns or globs that are kept compiled for one argument.
pub(super) const MAX_KEPT: usize = 64;

/// Keeps what was made of texts, for those that come again; all of it is let go when there are too many.
#[derive(Debug)]
pub(super) struct Kept<T> {
    most: usize,
    made: RwLock<HashMap<Box<str>, Arc<T>>>,
}

impl<T> Kept<T> {
    /// Keeps what was made of at most so many texts. One more, and it starts anew with that.
    pub(super) fn new(most: usize) -> Self {
        Self { most, made: RwLock::default() }
    }

    /// What is made of a text, or was made of it before.
    ///
    /// # Errors
    /// What `make` fails with; that is not kept.
    pub(super) fn get<E>(
        &self,
        text: &str,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let known = self.made.read().get(text).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        // Without the lock: it takes long, and others have their own texts to look up.
        let new = Arc::new(make()?);
        let mut made = self.made.write();
        if made.len() >= self.most {
            made.clear();
        }
        made.insert(text.into(), Arc::clone(&new));
        Ok(new)
    }
}

#[cfg(test)]
mod tests;
