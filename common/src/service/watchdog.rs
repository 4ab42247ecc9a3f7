//! Ends the process when the runtime cannot.

use std::{process, thread, time::Duration};

/// What a process ends with that could not drain in time, as for any error while running.
const EXIT_CODE: i32 = 1;

/// Ends the process after a while, unless it has ended by then.
///
/// Runs on a thread of its own: a standard error that nobody reads blocks whoever logs, which may be
/// every thread of the runtime, and with them all timers.
pub(super) fn end_process_after(patience: Duration) {
    let watch = move || {
        #[expect(clippy::disallowed_methods, reason = "this thread is outside the runtime")]
        thread::sleep(patience);
        process::exit(EXIT_CODE);
    };
    if let Err(error) = thread::Builder::new().name("watchdog".to_owned()).spawn(watch) {
        tracing::warn!(error = %error, "The deadline of the shutdown is not watched from outside");
    }
}
