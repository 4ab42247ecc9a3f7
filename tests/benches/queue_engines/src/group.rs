//! Concurrent writers share one commit: whoever finds nobody committing commits for all who wait.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, bail};

use crate::engine::Engine;

/// As much as one commit takes on.
const MAX_BYTES: usize = 8 << 20;

pub struct Group<'a> {
    engine: &'a dyn Engine,
    state: Mutex<State<'a>>,
    is_done: Condvar,
}

#[derive(Default)]
struct State<'a> {
    waiting: Vec<&'a [u8]>,
    /// Records ever offered, and those that are on disk.
    offered: u64,
    done: u64,
    is_committing: bool,
    has_failed: bool,
}

impl<'a> Group<'a> {
    pub fn new(engine: &'a dyn Engine) -> Self {
        Self { engine, state: Mutex::default(), is_done: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when `record` is on disk.
    pub fn append(&self, record: &'a [u8]) -> Result<()> {
        let mut state = self.state();
        state.waiting.push(record);
        state.offered += 1;
        let own = state.offered;
        loop {
            if state.has_failed {
                bail!("the engine failed");
            }
            if state.done >= own {
                return Ok(());
            }
            if state.is_committing {
                state = self.is_done.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let mut bytes = 0;
            let fitting = state.waiting.iter().take_while(|record| {
                bytes += record.len();
                bytes <= MAX_BYTES
            });
            let count = fitting.count().max(1);
            let batch: Vec<&[u8]> = state.waiting.drain(..count).collect();
            state.is_committing = true;
            drop(state);
            let committed = self.engine.append(&batch);
            state = self.state();
            state.is_committing = false;
            state.done += batch.len() as u64;
            state.has_failed |= committed.is_err();
            self.is_done.notify_all();
            committed?;
        }
    }
}
