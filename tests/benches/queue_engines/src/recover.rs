//! A start after a kill with much waiting, and the space when all was drained.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use crate::{append::random_bytes, argument, engine, measure, run_again};

const RECORD_BYTES: usize = 419_000;
/// As one commit of many writers would be.
const RECORDS_AT_ONCE: usize = 16;
/// How long to wait for space to come back by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// Fills, opens, drains; each in a process of its own.
pub fn table(directory: &Path, arguments: &[String]) -> Result<()> {
    let gib: String = argument(arguments, 0, "10".to_owned())?;
    let chosen = argument(arguments, 1, engine::NAMES.join(","))?;
    for name in chosen.split(',') {
        let folder = directory.join(format!("recover-{name}"));
        let folder = folder.to_str().context("the directory is not UTF-8")?;
        println!("{name}, {gib} GiB of {RECORD_BYTES} bytes each");
        print!("{}", run_again(&["fill-one", folder, name, &gib])?);
        print!("  cache cold: {}; ", measure::drop_page_cache());
        print!("{}", run_again(&["open-one", folder, name])?);
        print!("  again, now warm: ");
        print!("{}", run_again(&["open-one", folder, name])?);
        print!("{}", run_again(&["drain-one", folder, name])?);
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

/// Puts in what will be waiting, and ends as a kill would.
pub fn fill(directory: &Path, arguments: &[String]) -> Result<()> {
    let name: String = argument(arguments, 0, String::new())?;
    let gib: f64 = argument(arguments, 1, 10.0)?;
    let data = random_bytes(RECORD_BYTES);
    let engine = engine::open(&name, directory)?;
    let start = Instant::now();
    let batches = (gib * f64::from(1 << 30)) as usize / (RECORD_BYTES * RECORDS_AT_ONCE);
    for _ in 0..batches {
        engine.append(&[data.as_slice(); RECORDS_AT_ONCE])?;
    }
    println!(
        "  fill: {:.1} s, {} records, {} MiB on disk, peak RSS {} MiB",
        start.elapsed().as_secs_f64(),
        batches * RECORDS_AT_ONCE,
        measure::disk_bytes(directory) >> 20,
        measure::peak_rss_mib()?
    );
    std::process::exit(0)
}

/// Opens until the first record is read, and ends as a kill would.
pub fn open(directory: &Path, arguments: &[String]) -> Result<()> {
    let name: String = argument(arguments, 0, String::new())?;
    let (start, cpu) = (Instant::now(), measure::cpu_time()?);
    let engine = engine::open(&name, directory)?;
    let opened = start.elapsed();
    let first = engine.first()?.context("the queue is empty")?;
    ensure!(first.len() == RECORD_BYTES, "the first record is {} bytes", first.len());
    println!(
        "open {:.3} s, first record after {:.3} s, CPU {:.2} s, peak RSS {} MiB",
        opened.as_secs_f64(),
        start.elapsed().as_secs_f64(),
        measure::cpu_time()?.saturating_sub(cpu).as_secs_f64(),
        measure::peak_rss_mib()?
    );
    std::process::exit(0)
}

/// Takes everything out in order, then watches the folder shrink.
pub fn drain(directory: &Path, arguments: &[String]) -> Result<()> {
    let name: String = argument(arguments, 0, String::new())?;
    let mut engine = engine::open(&name, directory)?;
    let (start, cpu) = (Instant::now(), measure::cpu_time()?);
    let mut records = 0_u64;
    while engine.drain_some(&mut |_| records += 1)? {}
    let mib = || measure::disk_bytes(directory) >> 20;
    println!(
        "  drain: {:.1} s, {records} records, CPU {:.1} s, peak RSS {} MiB, then {} MiB on disk",
        start.elapsed().as_secs_f64(),
        measure::cpu_time()?.saturating_sub(cpu).as_secs_f64(),
        measure::peak_rss_mib()?,
        mib()
    );
    // A collector goes on, and engines that tidy up in passing do so.
    let data = random_bytes(RECORD_BYTES);
    let (start, mut free_after) = (Instant::now(), None);
    while start.elapsed() < PATIENCE {
        engine.append(&[&data])?;
        while engine.drain_some(&mut |_| {})? {}
        if free_after.is_none() && mib() < 256 {
            free_after = Some(start.elapsed());
        }
        thread::sleep(Duration::from_millis(20));
    }
    println!(
        "  after {} s of a little traffic: {} MiB on disk, below 256 MiB after {free_after:.1?}",
        PATIENCE.as_secs(),
        mib()
    );
    let start = Instant::now();
    engine.give_back()?;
    println!("  asked to give back: {:.1} s, {} MiB on disk", start.elapsed().as_secs_f64(), mib());
    drop(engine);
    println!("  closed: {} MiB on disk", mib());
    let engine = engine::open(&name, directory)?;
    ensure!(engine.first()?.is_none(), "the drained queue is not empty");
    println!("  opened again, empty: {} MiB on disk", mib());
    Ok(())
}
