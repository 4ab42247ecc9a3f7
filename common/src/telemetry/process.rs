//! What the operating system and the allocator know about this process, read when somebody looks.

use tikv_jemalloc_ctl::{epoch, stats, stats_print};
use tokio::time::Instant;

use crate::telemetry::{Metrics, metrics};

/// The kernel reports CPU time in hundredths of a second to every program.
const TICKS_PER_SECOND: f64 = 100.0;

/// Shows uptime, CPU time and memory; called once, at start.
pub fn expose(metrics: &Metrics) {
    let start = Instant::now();
    metrics.read_with(&metrics::PROCESS_UPTIME, &[], move || {
        start.elapsed().as_secs_f64()
    });
    metrics.read_with(&metrics::PROCESS_CPU_SECONDS, &[], || {
        cpu_seconds().unwrap_or_default()
    });
    metrics.read_with(&metrics::PROCESS_MEMORY_RSS, &[], || {
        rss_bytes().unwrap_or_default() as f64
    });
    // With another allocator the statistics are there, but stay at nothing.
    if allocated_bytes().is_none_or(|bytes| bytes == 0) {
        return;
    }
    metrics.read_with(&metrics::PROCESS_HEAP_ALLOC, &[], || {
        allocated_bytes().unwrap_or_default() as f64
    });
    metrics.read_with(&metrics::PROCESS_TOTAL_SYS, &[], || {
        mapped_bytes().unwrap_or_default() as f64
    });
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
    let mut times = rest
        .split_ascii_whitespace()
        .skip(11)
        .map(str::parse::<f64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some((user + system) / TICKS_PER_SECOND)
}

/// Memory that is resident now.
#[must_use]
pub fn rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn allocated_bytes() -> Option<usize> {
    epoch::advance().ok()?;
    stats::allocated::read().ok()
}

fn mapped_bytes() -> Option<usize> {
    epoch::advance().ok()?;
    stats::mapped::read().ok()
}

/// Allocations ever made times their size, over all size classes.
fn ever_allocated_bytes() -> Option<f64> {
    let mut text = Vec::new();
    let mut options = stats_print::Options::default();
    options.json_format = true;
    options.skip_per_arena = true;
    options.skip_mutex_statistics = true;
    stats_print::stats_print(&mut text, options).ok()?;
    let all: serde_json::Value = serde_json::from_slice(&text).ok()?;
    let sum = |counts: &str, sizes: &str| -> Option<f64> {
        let counts = all
            .pointer(&format!("/jemalloc/stats.arenas/merged/{counts}"))?
            .as_array()?;
        let sizes = all
            .pointer(&format!("/jemalloc/arenas/{sizes}"))?
            .as_array()?;
        let products = counts.iter().zip(sizes).filter_map(|(count, size)| {
            Some(count.get("nmalloc")?.as_f64()? * size.get("size")?.as_f64()?)
        });
        Some(products.sum())
    };
    Some(sum("bins", "bin")? + sum("lextents", "lextent")?)
}

#[cfg(test)]
mod tests;
