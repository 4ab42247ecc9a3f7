//! What the operating system and the allocator know about this process, read when somebody looks.

use tikv_jemalloc_ctl::{Access, AsName, epoch, stats};
use tokio::time::Instant;

use crate::telemetry::{Metrics, metrics};

/// The kernel reports CPU time in hundredths of a second to every program.
const TICKS_PER_SECOND: f64 = 100.0;

/// `MALLCTL_ARENAS_ALL`, the index under which jemalloc sums up.
const ALL_ARENAS: u32 = 4096;

/// Shows uptime, CPU time and memory; called once, at start.
pub fn expose(metrics: &Metrics) {
    let start = Instant::now();
    metrics.read_with(&metrics::PROCESS_UPTIME, &[], move || start.elapsed().as_secs_f64());
    metrics.read_with(&metrics::PROCESS_CPU_SECONDS, &[], || cpu_seconds().unwrap_or_default());
    metrics.read_with(&metrics::PROCESS_MEMORY_RSS, &[], || rss_bytes().unwrap_or_default() as f64);
    // With another allocator the statistics are there, but stay at nothing.
    if allocated_bytes().is_none_or(|bytes| bytes == 0) {
        return;
    }
    metrics.read_with(&metrics::PROCESS_HEAP_ALLOC, &[], || {
        allocated_bytes().unwrap_or_default() as f64
    });
    metrics
        .read_with(&metrics::PROCESS_TOTAL_SYS, &[], || mapped_bytes().unwrap_or_default() as f64);
    metrics.read_with(&metrics::PROCESS_TOTAL_ALLOC, &[], || {
        ever_allocated_bytes().unwrap_or_default()
    });
}

/// CPU time used by all threads, in user and kernel mode.
#[must_use]
pub fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name stands in parentheses and may hold anything, so we count from its end.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut times = rest.split_ascii_whitespace().skip(11).map(str::parse::<f64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some((user + system) / TICKS_PER_SECOND)
}

/// Memory that is resident now.
#[must_use]
pub fn rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Bytes that the program holds, if jemalloc is its allocator.
#[must_use]
pub fn allocated_bytes() -> Option<usize> {
    epoch::advance().ok()?;
    stats::allocated::read().ok()
}

fn mapped_bytes() -> Option<usize> {
    epoch::advance().ok()?;
    stats::mapped::read().ok()
}

/// Allocations ever made times their size, over all size classes.
fn ever_allocated_bytes() -> Option<f64> {
    epoch::advance().ok()?;
    let sum = |classes: &str, class: &str| {
        let number: u32 = format!("arenas.n{classes}\0").name().read().ok()?;
        (0..number)
            .map(|index| {
                let count = format!("stats.arenas.{ALL_ARENAS}.{classes}.{index}.nmalloc\0");
                let size = format!("arenas.{class}.{index}.size\0");
                let (count, size): (u64, usize) =
                    (count.name().read().ok()?, size.name().read().ok()?);
                Some(count as f64 * size as f64)
            })
            .sum::<Option<f64>>()
    };
    Some(sum("bins", "bin")? + sum("lextents", "lextent")?)
}

/// The command line, but for what `--set` sets and for configs that stand on it: there may be secrets in
/// them.
pub fn shown_arguments() -> Vec<String> {
    shown(std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()))
}

fn shown(arguments: impl Iterator<Item = String>) -> Vec<String> {
    let mut is_setting = false;
    let mut texts = Vec::new();
    for argument in arguments {
        let was_flag = is_setting;
        is_setting = argument == "--set";
        let cut = match argument.strip_prefix("--set=") {
            Some(setting) => setting.find('=').map(|at| "--set=".len() + at + 1),
            None if was_flag => argument.find('=').map(|at| at + 1),
            None => argument.find("yaml:").map(|at| at + "yaml:".len()),
        };
        match cut.and_then(|at| argument.get(..at)) {
            Some(start) => texts.push(format!("{start}[REDACTED]")),
            None => texts.push(argument),
        }
    }
    texts
}

#[cfg(test)]
mod tests;
