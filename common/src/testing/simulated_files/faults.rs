//! Calls that fail without anything ending.

use std::io;

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `read_at`.
    Read,
    /// `write_all_at`, which may leave a part of what it was given.
    Write,
    /// `set_len`.
    SetLen,
    /// `sync_data`, after which nobody knows what is on the platter.
    Sync,
    /// `create` and `create_dir_all`.
    Create,
    /// `remove`.
    Remove,
    /// `sync_dir`.
    SyncDirectory,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    pub(super) capacity: Option<u64>,
    planned: Vec<Planned>,
}

#[derive(Clone, Debug)]
struct Planned {
    call: Call,
    spared: u64,
    count: u64,
}

impl Faults {
    /// Plans nothing any more; the capacity stays.
    pub(super) fn end(&mut self) {
        self.planned.clear();
    }

    pub(super) fn fail(&mut self, call: Call, spared: u64, count: u64) {
        self.planned.push(Planned { call, spared, count });
    }

    /// Counts a call; an error if it is one that was to fail.
    pub(super) fn check(&mut self, call: Call) -> io::Result<()> {
        for planned in self.planned.iter_mut().filter(|planned| planned.call == call) {
            if planned.spared > 0 {
                planned.spared -= 1;
            } else if planned.count > 0 {
                planned.count -= 1;
                return Err(io::Error::other("simulated i/o error"));
            }
        }
        Ok(())
    }
}
