//! What the kernel says about this process and its files.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path, time::Duration};

use anyhow::{Context as _, Result};

/// Processor time of all threads of this process so far.
pub fn cpu_time() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("/proc/self/stat has no name")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks: u64 = ticks.collect::<Result<Vec<_>, _>>()?.iter().sum();
    // Linux counts in hundredths for user space, whatever its clock.
    Ok(Duration::from_millis(ticks * 10))
}

/// The most memory that was resident at once, in MiB.
pub fn peak_rss_mib() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib = line.trim().trim_end_matches(" kB").trim().parse::<u64>()?;
    Ok(kib / 1024)
}

/// Bytes that the files below `directory` occupy.
pub fn disk_bytes(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    entries
        .flatten()
        // A file may go away meanwhile.
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
        .map(|(path, found)| if found.is_dir() { disk_bytes(&path) } else { found.blocks() * 512 })
        .sum()
}

/// Makes the next reads come from the disk; false where that is not allowed.
pub fn drop_page_cache() -> bool {
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}
