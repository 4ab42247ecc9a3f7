//! Reads files again when they change.

use std::{future::pending, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Current, TlsError,
    files::{Look, Sources, Texts},
};
use crate::settings::TlsSettings;

/// How often files are looked at unless the settings say otherwise.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Files are not read more often than this, whatever the settings say.
pub(super) const MIN_INTERVAL: Duration = Duration::from_millis(100);
/// The same trouble is told once in this time.
const WARN_INTERVAL: Duration = Duration::from_secs(60);

/// Keeps one TLS configuration up to date, while it runs.
///
/// The files of a configuration change one after the other, so what does not fit together yet is looked
/// at again later, and the configuration stays as it is until then.
pub struct Follower {
    interval: Duration,
    watch: Watch,
}

struct Watch {
    sources: Sources,
    /// Whether files are read even if they look the same.
    always_reads: bool,
    looks: Vec<Option<Look>>,
    fingerprint: u64,
    /// Whether the last attempt did not succeed.
    is_behind: bool,
    swap: Box<Swap>,
}

/// Makes a configuration from what the files say, and puts it in place of the former one.
type Swap = dyn Fn(&Texts) -> Result<(), TlsError> + Send;

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("sources", &self.watch.sources).finish_non_exhaustive()
    }
}

impl Follower {
    /// Reads the files for the first time.
    pub(super) fn start<C: Send + Sync + 'static>(
        settings: &TlsSettings,
        sources: Sources,
        make: impl Fn(&Texts) -> Result<C, TlsError> + Send + 'static,
    ) -> Result<(Current<C>, Self), TlsError> {
        // Before the files are read: what changes meanwhile is seen by the first look.
        let looks = sources.looks();
        let texts = sources.read()?;
        let current = Current::new(make(&texts)?);
        let kept = current.clone();
        let swap = move |texts: &Texts| {
            kept.0.store(Arc::new(make(texts)?));
            Ok(())
        };
        let watch = Watch {
            sources,
            always_reads: !settings.reload_interval.is_zero(),
            looks,
            fingerprint: texts.fingerprint(),
            is_behind: false,
            swap: Box::new(swap),
        };
        let interval = match settings.reload_interval.get() {
            Duration::ZERO => LOOK_INTERVAL,
            interval => interval.max(MIN_INTERVAL),
        };
        Ok((current, Self { interval, watch }))
    }

    /// Looks at the files for ever.
    pub async fn run(self) {
        let Self { interval, mut watch } = self;
        let files: Vec<_> = watch.sources.files().map(|path| path.display().to_string()).collect();
        if files.is_empty() {
            return pending().await;
        }
        let files = files.join(", ");
        let mut told: Option<(TlsError, Instant)> = None;
        let (mut pause, mut retry) = (interval, MIN_INTERVAL);
        loop {
            tokio::time::sleep(pause).await;
            let looking = tokio::task::spawn_blocking(move || (watch.look(), watch));
            let Ok((seen, back)) = looking.await else {
                return pending().await;
            };
            watch = back;
            // Who writes the files now is done in a moment, and the next look may be hours away; what stays
            // bad is looked at less and less often.
            (pause, retry) = match &seen {
                Ok(_) => (interval, MIN_INTERVAL),
                Err(_) => (retry.min(interval), retry.saturating_mul(2)),
            };
            match seen {
                Ok(false) => {}
                Ok(true) => {
                    tracing::info!(files, "TLS files have changed and are used from now on");
                    told = None;
                }
                Err(error) => {
                    let is_new = told.as_ref().is_none_or(|(before, since)| {
                        *before != error || since.elapsed() >= WARN_INTERVAL
                    });
                    if is_new {
                        tracing::warn!(%error, "changed TLS files cannot be used yet, going on with the former ones");
                        told = Some((error, Instant::now()));
                    }
                }
            }
        }
    }
}

impl Watch {
    /// Reads the files if they may have changed; says whether they have.
    fn look(&mut self) -> Result<bool, TlsError> {
        let looks = self.sources.looks();
        if looks == self.looks && !self.is_behind && !self.always_reads {
            return Ok(false);
        }
        self.looks = looks;
        self.is_behind = true;
        let texts = self.sources.read()?;
        let fingerprint = texts.fingerprint();
        let is_new = fingerprint != self.fingerprint;
        if is_new {
            (self.swap)(&texts)?;
            self.fingerprint = fingerprint;
        }
        self.is_behind = false;
        Ok(is_new)
    }
}
