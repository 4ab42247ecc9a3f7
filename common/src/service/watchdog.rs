//! Ends the process when the runtime cannot.

use std::{
    process,
    sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::Duration,
};

/// What a process ends with that could not drain in time, as for any error while running.
const EXIT_CODE: i32 = 1;

/// Ends the process after a while, unless it is dropped by then.
///
/// Waits on a thread of its own: a standard error that nobody reads blocks whoever logs, which may be
/// every thread of the runtime, and with them all timers.
#[derive(Debug)]
pub(super) struct Watchdog {
    /// Nothing is ever sent; the thread notices when it is gone.
    _leash: SyncSender<()>,
}

impl Watchdog {
    /// Starts to watch.
    pub(super) fn start(patience: Duration) -> Self {
        let (leash, watched) = sync_channel::<()>(0);
        let watch = move || {
            if watched.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                process::exit(EXIT_CODE);
            }
        };
        if let Err(error) = thread::Builder::new().name("watchdog".to_owned()).spawn(watch) {
            tracing::warn!(error = %error, "The deadline of the shutdown is not watched from outside");
        }
        Self { _leash: leash }
    }
}

#[cfg(test)]
mod tests;
