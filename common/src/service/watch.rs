//! Tells when a config file has changed.
//!
//! Contents are compared, not times or inodes: Kubernetes changes a mounted ConfigMap by swapping a
//! symbolic link two folders up, which no file event of the path itself tells.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash as _, Hasher as _},
    time::Duration,
};

use crate::config::Sources;

const INTERVAL: Duration = Duration::from_secs(1);

/// Remembers what the files held when they were last looked at.
#[derive(Debug, Default)]
pub(super) struct FileWatch {
    seen: Option<u64>,
}

impl FileWatch {
    /// Takes the files as they are now for known.
    pub(super) async fn look(&mut self, sources: &Sources) {
        self.seen = Some(digest(sources).await);
    }

    /// Returns when a file differs from the last time and has stayed the same for one interval, so that
    /// a half-written file is not read.
    pub(super) async fn changed(&mut self, sources: &Sources) {
        let mut before = digest(sources).await;
        let known = *self.seen.get_or_insert(before);
        loop {
            tokio::time::sleep(INTERVAL).await;
            let now = digest(sources).await;
            if now == before && now != known {
                self.seen = Some(now);
                return;
            }
            before = now;
        }
    }
}

async fn digest(sources: &Sources) -> u64 {
    let mut hasher = DefaultHasher::new();
    for path in sources.files() {
        // A file that is away for a moment is a change like any other.
        tokio::fs::read(path).await.ok().hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
