//! Compares what could stand under the durable queue: own segments, fjall, redb.
//!
//! ```text
//! cargo run --release -- append DIRECTORY [SECONDS] [REPEATS]     appended MB/s, appends/s, CPU per append
//! cargo run --release -- recover DIRECTORY [GIB] [ENGINES]        start after a kill, drain, space given back
//! cargo run --release -- damage DIRECTORY                         what a flipped bit does to a queue of 100 records
//! ```
//!
//! Every engine gets the set-up that was found best for it: one commit for all writers that wait, values
//! apart from keys where there is such a thing, a cache of 32 MiB, no compression. A record counts when it is
//! synced. Each measurement runs in a process and a folder of its own; figures are medians of the repeats.
//! The figures that decided are in docs/decisions/0006-own-segments.md.

mod append;
mod damage;
mod engine;
mod group;
mod measure;
mod recover;

use std::{env, path::PathBuf, process::Command};

use anyhow::{Context as _, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (command, rest) = arguments.split_first().context("append, recover or damage?")?;
    let (directory, rest) = rest.split_first().context("which directory?")?;
    let directory = PathBuf::from(directory);
    match command.as_str() {
        "append" => append::table(&directory, rest),
        "append-one" => append::one(&directory, rest),
        "recover" => recover::table(&directory, rest),
        "fill-one" => recover::fill(&directory, rest),
        "open-one" => recover::open(&directory, rest),
        "drain-one" => recover::drain(&directory, rest),
        "damage" => damage::table(&directory),
        "damage-one" => damage::one(&directory, rest),
        other => bail!("no command {other:?}"),
    }
}

/// Runs this program again with other arguments, and gives back what it printed.
fn run_again(arguments: &[&str]) -> Result<String> {
    let output = Command::new(env::current_exe()?).args(arguments).output()?;
    if !output.status.success() {
        bail!("{arguments:?}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The `index`th argument, or `default` if there are fewer.
fn argument<T: std::str::FromStr>(arguments: &[String], index: usize, default: T) -> Result<T> {
    let Some(text) = arguments.get(index) else { return Ok(default) };
    text.parse()
        .ok()
        .with_context(|| format!("{text:?} is not what was expected as argument {index}"))
}
