//! Gives freed memory back to the system.

use tikv_jemalloc_ctl::{Access, AsName, arenas};

const DEFAULT_DECAY_MS: isize = 10_000;

/// Asks the allocator to return the memory that it keeps for later; says whether it did.
///
/// A decay time of zero makes an arena return its free pages at once; the old time is restored.
pub fn return_memory() -> bool {
    let Ok(count) = arenas::narenas::read() else {
        return false;
    };
    let mut has_returned = false;
    for arena in 0..count {
        for kind in ["dirty", "muzzy"] {
            has_returned |= purge(&format!("arena.{arena}.{kind}_decay_ms\0"));
        }
    }
    has_returned
}

fn purge(setting: &str) -> bool {
    let name = setting.name();
    let before: isize = name.read().unwrap_or(DEFAULT_DECAY_MS);
    // An arena that was never used has no settings.
    name.write(0_isize).is_ok() && name.write(before).is_ok()
}

#[cfg(test)]
mod tests;
