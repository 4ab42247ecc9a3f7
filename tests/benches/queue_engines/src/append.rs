//! Appended MB/s with group commit.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

use crate::{argument, engine, group::Group, measure, run_again};

const RECORD_BYTES: [usize; 2] = [4_000, 419_000];
const WRITERS: [usize; 3] = [1, 16, 256];

/// Measures all combinations, engines in turn so that a busy moment hits each.
pub fn table(directory: &Path, arguments: &[String]) -> Result<()> {
    let seconds: u64 = argument(arguments, 0, 5)?;
    let repeats: usize = argument(arguments, 1, 5)?;
    let chosen = argument(arguments, 2, engine::NAMES.join(","))?;
    println!("record B  writers  engine    MB/s  appends/s  CPU us/append  space per byte");
    for bytes in RECORD_BYTES {
        for writers in WRITERS {
            let names: Vec<&str> = chosen.split(',').collect();
            let mut results = vec![Vec::new(); names.len()];
            for _ in 0..repeats {
                for (name, results) in names.iter().zip(&mut results) {
                    results.push(measured(directory, name, bytes, writers, seconds)?);
                }
            }
            for (name, results) in names.iter().zip(&results) {
                let [rate, cpu, space] = [0, 1, 2].map(|column| median(results, column));
                let megabytes = rate * bytes as f64 / 1e6;
                println!(
                    "{bytes:>8} {writers:>8}  {name:<8} {megabytes:>5.0} {rate:>10.0} {cpu:>14.1} {space:>15.2}"
                );
            }
        }
    }
    Ok(())
}

fn measured(
    directory: &Path,
    name: &str,
    bytes: usize,
    writers: usize,
    seconds: u64,
) -> Result<Vec<f64>> {
    let folder = directory.join(format!("append-{name}"));
    let folder = folder.to_str().context("the directory is not UTF-8")?;
    let numbers = [bytes as u64, writers as u64, seconds].map(|number| number.to_string());
    let [bytes, writers, seconds] = &numbers;
    let output = run_again(&["append-one", folder, name, bytes, writers, seconds])?;
    fs::remove_dir_all(folder)?;
    output.split_whitespace().map(|number| Ok(number.parse()?)).collect()
}

fn median(results: &[Vec<f64>], column: usize) -> f64 {
    let mut values: Vec<f64> = results.iter().filter_map(|row| row.get(column).copied()).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Prints appends per second, microseconds of processor time per append, and disk bytes per byte.
pub fn one(directory: &Path, arguments: &[String]) -> Result<()> {
    let name: String = argument(arguments, 0, String::new())?;
    let bytes: usize = argument(arguments, 1, 4_000)?;
    let writers: usize = argument(arguments, 2, 1)?;
    let length = Duration::from_secs(argument(arguments, 3, 5)?);
    let data = random_bytes(bytes + 4_096);
    let engine = engine::open(&name, directory)?;
    let group = Group::new(engine.as_ref());
    let appended = AtomicU64::new(0);
    let (start, cpu) = (Instant::now(), measure::cpu_time()?);
    thread::scope(|scope| {
        let (group, appended, data) = (&group, &appended, &data);
        let threads: Vec<_> = (0..writers)
            .map(|writer| {
                scope.spawn(move || -> Result<()> {
                    let record = data.get(writer..writer + bytes).context("too many writers")?;
                    while start.elapsed() < length {
                        group.append(record)?;
                        appended.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(result) => result,
            Err(_) => anyhow::bail!("a writer panicked"),
        })
    })?;
    let (elapsed, cpu) = (start.elapsed(), measure::cpu_time()?.saturating_sub(cpu));
    let appended = appended.into_inner() as f64;
    let space = measure::disk_bytes(directory) as f64 / (appended * bytes as f64);
    println!("{} {} {space}", appended / elapsed.as_secs_f64(), cpu.as_secs_f64() * 1e6 / appended);
    // As a kill would: nothing is tidied up.
    std::process::exit(0)
}

/// Bytes that no engine can compress.
pub fn random_bytes(count: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut bytes = vec![0; count];
    random.fill(&mut bytes);
    bytes
}
