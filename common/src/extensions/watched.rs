//! What small files say, read again when one of them changes.
//!
//! The files are looked at each second, which also sees the swapped symlinks of Kubernetes' volumes; a file
//! that cannot be read leaves in place what was read before.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::{sync::Mutex, time::Instant};

use crate::{
    component::{StartError, Tasks},
    settings::{
        Secret,
        named_file::{self, CLOCK_STEP, FileError, Stamp, age},
    },
};

const INTERVAL: Duration = Duration::from_secs(1);
const MAX_BYTES: u64 = 1 << 20;
/// Whoever wrote to a file less than this ago may be about to write the rest of it.
const HALF_WRITTEN: Duration = Duration::from_millis(200);
/// How long after a change those who used what was before are told to try again.
const RECENT: Duration = Duration::from_secs(60);

/// How the files look now, and what they say.
type Changed = (Vec<Option<Stamp>>, Result<Vec<Secret>, String>);

type Make<T> = dyn Fn(&[Secret]) -> Result<T, String> + Send + Sync;

/// What is made of the texts of files.
pub(super) struct Watched<T> {
    files: Vec<PathBuf>,
    make: Box<Make<T>>,
    current: ArcSwapOption<T>,
    seen: Mutex<Seen>,
}

/// What the last look saw.
#[derive(Default)]
struct Seen {
    stamps: Vec<Option<Stamp>>,
    texts: Vec<Secret>,
    failure: String,
    changed_at: Option<Instant>,
}

impl<T: Send + Sync + 'static> Watched<T> {
    /// What `make` makes of the texts of these files, in their order; it is called on blocking threads.
    pub(super) fn new(
        files: Vec<PathBuf>,
        make: impl Fn(&[Secret]) -> Result<T, String> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (make, current) = (Box::new(make), ArcSwapOption::empty());
        Arc::new(Self { files, make, current, seen: Mutex::default() })
    }

    /// What was read last; nothing before [`Watched::load`].
    pub(super) fn current(&self) -> Option<Arc<T>> {
        self.current.load_full()
    }

    /// Reads the files for the first time.
    ///
    /// # Errors
    /// Which file cannot be read, or what is wrong in it.
    pub(super) async fn load(self: &Arc<Self>) -> Result<(), StartError> {
        match self.look().await {
            Some(failure) => Err(StartError::new(failure)),
            None => Ok(()),
        }
    }

    /// Reads the files again as long as the owner of the tasks runs.
    pub(super) fn follow(self: &Arc<Self>, tasks: &Tasks) {
        if self.files.is_empty() {
            return;
        }
        let (watched, own) = (Arc::clone(self), tasks.clone());
        tasks.spawn(async move {
            while own.sleep(INTERVAL).await {
                watched.look().await;
            }
        });
    }

    /// Looks at the files now; says whether somebody who was just refused has old texts.
    pub(super) async fn refresh(self: &Arc<Self>) -> bool {
        if self.files.is_empty() {
            return false;
        }
        self.look().await;
        let changed_at = self.seen.lock().await.changed_at;
        changed_at.is_some_and(|at| at.elapsed() < RECENT)
    }

    /// Reads what has changed since the last look; returns why that failed.
    async fn look(self: &Arc<Self>) -> Option<String> {
        let mut seen = self.seen.lock().await;
        let (watched, before) = (Arc::clone(self), seen.stamps.clone());
        let looked = tokio::task::spawn_blocking(move || watched.read_changed(&before));
        let texts = match looked.await {
            Ok(None) => return None,
            Ok(Some((stamps, texts))) => {
                // What could not be read now is read again with the next look.
                if texts.is_ok() {
                    seen.stamps = stamps;
                }
                texts
            }
            Err(error) => Err(error.to_string()),
        };
        let failure = self.take(texts, &mut seen).await.err();
        if let Some(failure) = &failure
            && *failure != seen.failure
            && self.current.load().is_some()
        {
            tracing::warn!(
                error = failure,
                "unable to read a file again, going on with its former content"
            );
        }
        seen.failure = failure.clone().unwrap_or_default();
        failure
    }

    /// Reads the files unless they look as before; on a blocking thread.
    fn read_changed(&self, before: &[Option<Stamp>]) -> Option<Changed> {
        let is_first = self.current.load().is_none();
        let found: Vec<_> = self.files.iter().map(|file| fs::metadata(file).ok()).collect();
        let mut ages = found.iter().flatten().filter_map(age);
        if !is_first && ages.any(|age| age < HALF_WRITTEN) {
            thread::park_timeout(HALF_WRITTEN);
        }
        let stamps: Vec<_> = found.iter().map(|file| settled(file.as_ref()?)).collect();
        let is_same = !is_first && stamps == before && stamps.iter().all(Option::is_some);
        (!is_same).then(|| (stamps, self.files.iter().map(|file| read(file)).collect()))
    }

    async fn take(
        self: &Arc<Self>,
        texts: Result<Vec<Secret>, String>,
        seen: &mut Seen,
    ) -> Result<(), String> {
        let texts = texts?;
        let is_first = self.current.load().is_none();
        if !is_first && texts == seen.texts {
            return Ok(());
        }
        let watched = Arc::clone(self);
        let made = tokio::task::spawn_blocking(move || {
            let made = (watched.make)(&texts)?;
            Ok::<_, String>((made, texts))
        });
        let (made, texts) = made.await.map_err(|error| error.to_string())??;
        self.current.store(Some(Arc::new(made)));
        seen.texts = texts;
        if !is_first {
            seen.changed_at = Some(Instant::now());
            tracing::info!(files = ?self.files, "files have changed and were read again");
        }
        Ok(())
    }
}

/// The stamp of a file; nothing for one that has to be read in any case, because it was written just now.
fn settled(file: &fs::Metadata) -> Option<Stamp> {
    (age(file)? > CLOCK_STEP).then(|| Stamp::of(file))
}

/// The text of a small file.
///
/// # Errors
/// Why there is none, with the path.
pub(super) fn read(path: &Path) -> Result<Secret, String> {
    let failed = |why: &str| format!("cannot read {}: {why}", path.display());
    let text = named_file::read(path, MAX_BYTES).map_err(|error| match error {
        FileError::Unreadable(error) => failed(&error.to_string()),
        FileError::NoFile => failed("it is no regular file"),
        FileError::TooLarge => failed("it has more than the 1 MiB allowed"),
    })?;
    let text = String::from_utf8(text).map_err(|_| failed("it is not UTF-8"))?;
    Ok(Secret::new(text))
}

/// The only word or line of a file, without the white space around it.
///
/// # Errors
/// There is nothing in it.
pub(super) fn trimmed<'a>(text: &'a Secret, path: &Path) -> Result<&'a str, String> {
    match text.reveal().trim() {
        "" => Err(format!("{} is empty", path.display())),
        text => Ok(text),
    }
}

#[cfg(test)]
mod tests;
