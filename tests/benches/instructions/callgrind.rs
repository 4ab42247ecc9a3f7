//! Counts what a path takes by running ourselves under callgrind.

use std::{env, fs, process::Command};

use anyhow::{Context as _, ensure};

use crate::Figures;

/// Before the name of the path that is to be run.
pub(crate) const PATH_FLAG: &str = "--path";

/// Without what the allocator does from time to time by the clock, in the middle of whatever runs then:
/// tidying the memory kept for the thread, and giving memory back.
const ALLOCATOR: &str = "tcache_gc_incr_bytes:1073741824,background_thread:false,dirty_decay_ms:-1,\
                         muzzy_decay_ms:-1";

/// Calls the work; what happens inside is counted, and nothing else.
#[inline(never)]
pub(crate) fn counted_work(work: &mut dyn FnMut()) {
    work();
}

/// Instructions of each path.
pub(crate) fn measure(names: &[&str]) -> anyhow::Result<Figures> {
    names.iter().map(|name| Ok(((*name).to_owned(), instructions(name)?))).collect()
}

fn instructions(name: &str) -> anyhow::Result<u64> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("callgrind.out");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*counted_work*"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(env::current_exe()?)
        .args([PATH_FLAG, name])
        .env("MALLOC_CONF", ALLOCATOR)
        .output()
        .context("cannot start valgrind, which must be installed")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name}: {}: {told}", output.status);
    let counts = fs::read_to_string(&file)?;
    let total = counts.lines().find_map(|line| line.strip_prefix("totals: "));
    let total = total.with_context(|| format!("{name}: callgrind wrote no total: {told}"))?;
    let total = total.trim().parse()?;
    ensure!(total > 0, "{name}: callgrind saw nothing of it");
    Ok(total)
}
