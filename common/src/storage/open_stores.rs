use std::{
    any::Any,
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use parking_lot::Mutex;

/// What is open in this process, by directory, so that a reload joins what the old part still has open.
#[derive(Clone, Debug, Default)]
pub struct OpenStores {
    open: Arc<Mutex<BTreeMap<PathBuf, Weak<dyn Any + Send + Sync>>>>,
}

impl OpenStores {
    /// Returns what is open at a path, or opens it. Others wait meanwhile, so nothing is opened twice.
    ///
    /// # Errors
    ///
    /// What `open` fails with.
    pub fn join_or_open<T: Any + Send + Sync, E>(
        &self,
        path: &Path,
        open: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let mut stores = self.open.lock();
        stores.retain(|_, store| store.strong_count() > 0);
        let joined = stores.get(path).and_then(Weak::upgrade);
        if let Some(joined) = joined.and_then(|store| store.downcast::<T>().ok()) {
            return Ok(joined);
        }
        let opened = Arc::new(open()?);
        let weak: Weak<T> = Arc::downgrade(&opened);
        stores.insert(path.to_owned(), weak);
        Ok(opened)
    }
}

#[cfg(test)]
mod tests;
