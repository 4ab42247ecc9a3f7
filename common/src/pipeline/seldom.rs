//! Keeps a log line that a fault could repeat a thousand times a second to one in a while.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

const INTERVAL: Duration = Duration::from_secs(10);

/// Says when a repeated event is due to be told again, and how many were left untold.
#[derive(Debug, Default)]
pub struct Seldom(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    untold: u64,
}

impl Seldom {
    /// Counts one event; `Some(untold)` if it is to be told now.
    pub fn is_due(&self) -> Option<u64> {
        let now = Instant::now();
        let mut state = self.0.lock();
        if state.last.is_some_and(|last| now.duration_since(last) < INTERVAL) {
            state.untold += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.untold))
    }
}
