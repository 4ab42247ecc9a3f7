//! Samples what the process's threads do.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use pprof::{ProfilerGuard, ProfilerGuardBuilder};
use tokio::time::Instant;

use super::encode::{Line, Profile, Sample};

/// Go's rate, which its users know the cost of.
const SAMPLES_PER_SECOND: i32 = 100;

/// Libraries in which a stack cannot be walked safely from a signal handler: samples there are left out.
const NOT_UNWOUND: [&str; 3] = ["libgcc", "pthread", "vdso"];

const SHARED_MEMORY: &str = "/dev/shm";

/// A running CPU profile; there is at most one in a process. Dropping it stops it.
pub(super) struct Recording {
    guard: ProfilerGuard<'static>,
    start: SystemTime,
    clock: Instant,
}

impl Recording {
    pub(super) fn start() -> Result<Self, pprof::Error> {
        find_buffer_directory();
        let guard = ProfilerGuardBuilder::default()
            .frequency(SAMPLES_PER_SECOND)
            .blocklist(&NOT_UNWOUND)
            .build()?;
        Ok(Self { guard, start: SystemTime::now(), clock: Instant::now() })
    }

    /// Stops and finds the names, which takes a while: not for a runtime thread.
    pub(super) fn finish(self) -> Result<Profile, pprof::Error> {
        let duration = self.clock.elapsed();
        let report = self.guard.report().build();
        drop(self.guard);
        let mut samples = Vec::new();
        let mut places: HashMap<Vec<Line>, usize> = HashMap::new();
        for (stack, count) in report?.data {
            let frames = stack.frames.iter().map(|symbols| lines(symbols));
            let stack_places = frames.skip_while(|lines| is_ours(lines)).map(|lines| {
                let next = places.len();
                *places.entry(lines).or_insert(next)
            });
            samples.push(Sample {
                stack: stack_places.collect(),
                count: u64::try_from(count).unwrap_or_default(),
                thread: stack.thread_name_or_id(),
            });
        }
        let mut locations: Vec<_> = places.into_iter().collect();
        locations.sort_by_key(|(_, place)| *place);
        Ok(Profile {
            start: self.start,
            duration,
            period: Duration::from_secs(1) / SAMPLES_PER_SECOND.unsigned_abs(),
            samples,
            locations: locations.into_iter().map(|(lines, _)| lines).collect(),
        })
    }
}

/// The profiler puts its samples into a file, which a container with a read-only root must have room
/// for: shared memory is what it can write to.
fn find_buffer_directory() {
    if tempfile::tempfile().is_err() && tempfile::tempfile_in(SHARED_MEMORY).is_ok() {
        // Somebody who chose before has chosen well.
        drop(tempfile::env::override_temp_dir(SHARED_MEMORY.as_ref()));
    }
}

fn lines(symbols: &[pprof::Symbol]) -> Vec<Line> {
    let line = |symbol: &pprof::Symbol| Line {
        function: symbol.name(),
        symbol: symbol.sys_name().into_owned(),
        file: symbol.filename.as_ref().map_or_else(String::new, |file| file.display().to_string()),
        line: symbol.lineno(),
    };
    symbols.iter().map(line).collect()
}

/// Whether a frame is of the profiler, which stands on top of what it interrupted.
fn is_ours(lines: &[Line]) -> bool {
    let is_profiler = |line: &Line| {
        let name = line.function.trim_start_matches('<');
        name.starts_with("pprof::") || name.starts_with("backtrace::")
    };
    lines.iter().any(is_profiler)
}

#[cfg(test)]
mod tests;
