//! What one flipped bit does to a queue of 100 records.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{append::random_bytes, argument, engine, run_again};

const RECORDS: usize = 100;
const RECORD_BYTES: usize = 40_000;
const TRIES: u64 = 60;

/// Flips a bit somewhere in the files of a queue, reads all of it, and counts how that ends.
pub fn table(directory: &Path) -> Result<()> {
    let data = random_bytes(RECORD_BYTES + RECORDS);
    for name in engine::NAMES {
        let mut outcomes = BTreeMap::<String, u32>::new();
        for seed in 0..TRIES {
            let folder = directory.join("damage");
            drop(fs::remove_dir_all(&folder));
            let engine = engine::open(name, &folder)?;
            for offset in 0..RECORDS {
                engine
                    .append(&[data.get(offset..offset + RECORD_BYTES).context("short data")?])?;
            }
            drop(engine);
            flip_a_bit(&folder, seed)?;
            let folder = folder.to_str().context("the directory is not UTF-8")?;
            let outcome = match run_again(&["damage-one", folder, name]) {
                Ok(counted) => counted.trim().to_owned(),
                Err(error) if error.to_string().contains("panicked") => "panicked".to_owned(),
                Err(_) => "refused to start or to read on".to_owned(),
            };
            *outcomes.entry(outcome).or_default() += 1;
        }
        println!("{name}: {outcomes:?}");
    }
    Ok(())
}

/// Anywhere in what is filled; a preallocated tail does not count.
fn flip_a_bit(folder: &Path, seed: u64) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    let mut contents = Vec::new();
    for path in files {
        let bytes = fs::read(&path)?;
        let filled = bytes.len() - bytes.iter().rev().take_while(|byte| **byte == 0).count();
        contents.push((path, bytes, filled));
    }
    let total: usize = contents.iter().map(|(_, _, filled)| filled).sum();
    let mut place = random.usize(..total);
    for (path, mut bytes, filled) in contents {
        if place < filled {
            *bytes.get_mut(place).context("no such byte")? ^= 1 << random.u8(..8);
            fs::write(path, bytes)?;
            return Ok(());
        }
        place -= filled;
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    files.sort();
    Ok(())
}

/// Reads all records and prints how many there are and how many are as they were.
pub fn one(directory: &Path, arguments: &[String]) -> Result<()> {
    let data = random_bytes(RECORD_BYTES + RECORDS);
    let name: String = argument(arguments, 0, String::new())?;
    let engine = engine::open(&name, directory)?;
    let (mut intact, mut wrong) = (0, 0);
    let mut is_there = |record: &[u8]| {
        let is_intact =
            (0..RECORDS).any(|offset| data.get(offset..offset + RECORD_BYTES) == Some(record));
        if is_intact { intact += 1 } else { wrong += 1 }
    };
    while engine.drain_some(&mut is_there)? {}
    println!("{intact} intact, {wrong} wrong");
    Ok(())
}
