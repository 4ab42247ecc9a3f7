//! Samples what the process's threads do.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use pprof::{ProfilerGuard, ProfilerGuardBuilder};
use tokio::time::Instant;

use super::encode::{Line, Mapping, Profile, Sample};

/// Go's rate, which its users know the cost of.
const SAMPLES_PER_SECOND: i32 = 100;

/// A running CPU profile; there is at most one in a process. Dropping it stops it.
pub(super) struct Recording {
    guard: ProfilerGuard<'static>,
    start: SystemTime,
    clock: Instant,
}

impl Recording {
    pub(super) fn start() -> Result<Self, pprof::Error> {
        let guard = ProfilerGuardBuilder::default()
            .frequency(SAMPLES_PER_SECOND)
            .build()?;
        Ok(Self {
            guard,
            start: SystemTime::now(),
            clock: Instant::now(),
        })
    }

    /// Stops and resolves addresses, which takes a while: not for a runtime thread.
    pub(super) fn finish(self) -> Result<Profile, pprof::Error> {
        let duration = self.clock.elapsed();
        let unresolved = self.guard.report().build_unresolved()?;
        drop(self.guard);
        let mut samples = Vec::with_capacity(unresolved.data.len());
        let mut locations: HashMap<u64, Vec<Line>> = HashMap::new();
        for (stack, count) in unresolved.data {
            let mut addresses = Vec::with_capacity(stack.frames.len());
            for frame in &stack.frames {
                let address = frame.ip as u64;
                addresses.push(address);
                locations.entry(address).or_insert_with(|| {
                    let mut alone = stack.clone();
                    alone.frames.clear();
                    alone.frames.push(frame.clone());
                    resolve(alone.into())
                });
            }
            let thread = pprof::Frames::from(stack).thread_name_or_id();
            let count = u64::try_from(count).unwrap_or_default();
            samples.push(Sample {
                stack: addresses,
                count,
                thread,
            });
        }
        Ok(Profile {
            start: self.start,
            duration,
            period: Duration::from_secs(1) / SAMPLES_PER_SECOND.unsigned_abs(),
            samples,
            locations,
            mappings: mappings(),
        })
    }
}

fn resolve(stack: pprof::Frames) -> Vec<Line> {
    let symbols = stack
        .frames
        .into_iter()
        .flatten()
        .filter(|symbol| symbol.name.is_some());
    symbols
        .map(|symbol| Line {
            function: symbol.name(),
            symbol: symbol.sys_name().into_owned(),
            file: symbol
                .filename
                .as_ref()
                .map_or_else(String::new, |file| file.display().to_string()),
            line: symbol.lineno(),
        })
        .collect()
}

/// The files whose code is mapped into this process.
fn mappings() -> Vec<Mapping> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines().filter_map(mapping).collect()
}

/// One line of `/proc/self/maps`: `start-end rights offset device inode path`.
fn mapping(line: &str) -> Option<Mapping> {
    let mut columns = line.split_ascii_whitespace();
    let (start, end) = columns.next()?.split_once('-')?;
    columns.next().filter(|rights| rights.contains('x'))?;
    let offset = columns.next()?;
    let file = columns.nth(2).filter(|path| path.starts_with('/'))?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some(Mapping {
        start: number(start)?,
        end: number(end)?,
        offset: number(offset)?,
        file: file.to_owned(),
    })
}

#[cfg(test)]
mod tests;
