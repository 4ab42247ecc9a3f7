//! How much memory there is, and how much of it the process uses.
//!
//! A container's limit comes from its control group, version 1 or 2, and counts only if it is below the
//! machine's memory. Groups above the own one limit it too, so the smallest limit on the way up holds.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::pipeline::Budget;

// Without a container's limit others need memory too; the rest is for what is not telemetry.
const SHARE_OF_MACHINE: u64 = 4;
const LEAST_SHARE: u64 = 4;
const BUDGET_PERCENT: u64 = 75;
// What a small container needs for all that is not telemetry: the program, connections and what they read.
const LEFT_BYTES: u64 = 32 << 20;

/// The files of a Linux system that tell about memory.
#[derive(Clone, Debug)]
pub struct MemoryFiles {
    root: PathBuf,
}

impl Default for MemoryFiles {
    fn default() -> Self {
        Self::under("/")
    }
}

impl MemoryFiles {
    /// The files under another root than `/`, for tests.
    #[must_use]
    pub fn under(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Bytes that the process may use: the container's limit, else the machine's memory.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.container_limit().or_else(|| self.machine_total())
    }

    /// The container's limit in bytes, if there is one.
    #[must_use]
    pub fn container_limit(&self) -> Option<u64> {
        let groups = self.read("proc/self/cgroup")?;
        let limits = groups.lines().filter_map(|line| self.group_limit(line));
        let limit = limits.min()?;
        // Version 1 says "no limit" with a huge number.
        (limit < self.machine_total().unwrap_or(u64::MAX)).then_some(limit)
    }

    /// The machine's memory in bytes.
    #[must_use]
    pub fn machine_total(&self) -> Option<u64> {
        kib_line(&self.read("proc/meminfo")?, "MemTotal:")
    }

    /// Bytes of memory that the process holds.
    #[must_use]
    pub fn resident(&self) -> Option<u64> {
        kib_line(&self.read("proc/self/status")?, "VmRSS:")
    }

    /// The budget of a collector without a `memory_limiter`.
    #[must_use]
    pub fn default_budget(&self) -> Option<u64> {
        let available = match self.container_limit() {
            Some(limit) => limit,
            None => self.machine_total()? / SHARE_OF_MACHINE,
        };
        let most = (available / 100 * BUDGET_PERCENT).min(available.saturating_sub(LEFT_BYTES));
        Some(most.max(available / LEAST_SHARE))
    }

    /// The limit of one line of `/proc/self/cgroup`: `0::/path` or `5:memory:/path`.
    fn group_limit(&self, line: &str) -> Option<u64> {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        let (mount, file) = if controllers.is_empty() {
            ("sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            return None;
        };
        // Inside a container the path may be the host's, of which only the mount's root is seen here.
        let ancestors = Path::new(path.trim_start_matches('/')).ancestors();
        ancestors
            .filter_map(|group| {
                let file = self.root.join(mount).join(group).join(file);
                fs::read_to_string(file).ok()?.trim().parse().ok()
            })
            .min()
    }

    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root.join(path)).ok()
    }
}

/// A budget for a collector without a `memory_limiter`: 75% of the container's limit, or of a quarter of
/// the machine, but so that 32 MiB are left, or three quarters of less than 43 MiB.
#[must_use]
pub fn default_budget() -> Budget {
    // Where nothing can be read, the smallest machine that makes sense.
    const FALLBACK_BYTES: u64 = 256 << 20;
    Budget::new(MemoryFiles::default().default_budget().unwrap_or(FALLBACK_BYTES))
}

fn kib_line(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests;
