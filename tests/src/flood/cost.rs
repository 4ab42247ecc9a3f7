//! What a process costs, from `/proc`.

use std::{fs, time::Duration};

/// What a process has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in bytes.
    pub rss: u64,
    /// Files and sockets that are open.
    pub open_files: usize,
    /// Processor time.
    pub cpu: Duration,
}

impl Cost {
    /// Of a process that runs.
    ///
    /// # Panics
    /// If it has ended.
    #[must_use]
    pub fn of(pid: u32) -> Self {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        // The name, in parentheses, may hold anything.
        let fields: Vec<&str> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let number = |index: usize| fields[index].parse::<u64>().unwrap();
        // 100 ticks a second on every Linux, and pages of 4 KiB on those that we test on.
        let cpu = Duration::from_millis((number(11) + number(12)) * 10);
        let open_files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
        Self { rss: number(21) * 4096, open_files, cpu }
    }
}

/// The open files that this process may have.
#[must_use]
pub fn max_open_files() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3));
    soft.and_then(|soft| soft.parse().ok()).unwrap_or(1024)
}
