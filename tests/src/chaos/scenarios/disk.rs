//! Disks that are full, and files that are damaged.

use std::{
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::ensure;

use super::{PATIENCE, settle_and_check};
use crate::chaos::{
    machine::SmallDisk,
    run::{Allowed, Run},
};

/// The disk of the queue fills up, by somebody else's file and by the queue itself, and is freed again.
pub(super) async fn full(run: &mut Run) -> anyhow::Result<()> {
    let disk = SmallDisk::mount(&run.directory.join("storage"), run.pick(8, 64) << 20)?;
    let mut rig = run.durable_rig().await;
    rig.subject.start().await?;
    let mut settings = run.load_settings(&rig.config);
    settings.rate = None;
    let load = run.load_with(settings);
    run.acknowledged(1, PATIENCE).await?;
    rig.backend.go_away().await;
    disk.fill_but(64 << 10)?;
    refusals(run, "a disk that somebody else filled").await?;
    disk.free()?;
    run.acknowledged(1000, PATIENCE).await?;
    refusals(run, "a disk that the queue filled").await?;
    // A start needs no room, either.
    run.kill(&mut rig).await;
    let took = run.restart(&mut rig).await?;
    run.note(format!("start on a full disk {took:?}"));
    refusals(run, "a full disk after a start").await?;
    rig.backend.come_back().await;
    run.acknowledged(1000, PATIENCE).await?;
    load.stop(PATIENCE).await;
    settle_and_check(run, &mut rig, Allowed::default()).await
}

/// Waits until clients are asked again and again to send later, and nothing is taken.
async fn refusals(run: &mut Run, what: &str) -> anyhow::Result<()> {
    let ledger = std::sync::Arc::clone(&run.ledger);
    let mut before = ledger.totals();
    let mut stalled_since = tokio::time::Instant::now();
    run.until(what, PATIENCE, || {
        let now = ledger.totals();
        if now.acknowledged != before.acknowledged {
            before = now;
            stalled_since = tokio::time::Instant::now();
        }
        now.put_off > before.put_off && stalled_since.elapsed() > Duration::from_millis(300)
    })
    .await
}

/// SIGKILL, then torn writes, lost ends and flipped bits at random places of every file.
pub(super) async fn damage(run: &mut Run) -> anyhow::Result<()> {
    let mut rig = run.durable_rig().await;
    let (mut wounds, mut slowest) = (Wounds::default(), Duration::ZERO);
    for _ in 0..run.size.faults {
        rig.subject.start().await?;
        rig.backend.go_away().await;
        let load = run.load(&rig.config);
        run.acknowledged(run.pick(500, 20_000), PATIENCE).await?;
        load.stop(PATIENCE).await;
        // Some of it is delivered, so that there is something in every file.
        if run.dice.bool() {
            rig.backend.come_back().await;
            run.some_time(0..50).await;
        }
        rig.subject.look().await;
        run.kill(&mut rig).await;
        // Without its cursor a queue sends all again that it still has.
        run.report.duplicates_bound += rig.backend.taken();
        wounds.inflict(run)?;
        slowest = slowest.max(run.restart(&mut rig).await?);
        rig.backend.come_back().await;
        run.settle(&mut [&mut rig.subject], PATIENCE).await?;
        let samples = rig.subject.look().await;
        wounds.torn += samples.sum("otelcol_exporter_queue_torn_bytes", &[]) as u64;
        rig.subject.stop().await?;
    }
    rig.subject.start().await?;
    run.settle(&mut [&mut rig.subject], PATIENCE).await?;
    let lost = rig.subject.lost().values().sum::<u64>();
    let Wounds { count, lost_ends, torn } = wounds;
    // What was at the end of a file and is no more, or is damaged where the last write was, looks like
    // a write that was never finished, and so never acknowledged.
    let ends = (lost_ends + torn).div_ceil(run.items.item_bytes() as u64);
    run.note(format!("{count} wounds, {lost_ends} bytes of lost ends, {torn} taken for torn"));
    run.note(format!("slowest start {slowest:?}"));
    let longest = Duration::from_secs(run.pick(10, 1));
    ensure!(slowest <= longest, "a start over damaged files took {slowest:?}");
    run.check(&[&rig.subject], &[&rig.backend], Allowed { damaged: lost + ends })
}

#[derive(Default)]
struct Wounds {
    count: u32,
    /// Bytes that were cut off from segments, or overwritten so near to their end that it looks unwritten.
    lost_ends: u64,
    /// Bytes that the collector took for a write that was not finished.
    torn: u64,
}

impl Wounds {
    fn inflict(&mut self, run: &mut Run) -> anyhow::Result<()> {
        for file in files(&run.directory.join("storage"))? {
            if run.dice.u8(..3) == 0 {
                let lost_end = wound_one(run, &file)?;
                let is_segment = file.extension().is_some_and(|extension| extension == "segment");
                self.count += 1;
                self.lost_ends += if is_segment { lost_end } else { 0 };
            }
        }
        Ok(())
    }
}

/// Damages a file somewhere; says how many bytes of its end are lost by that.
fn wound_one(run: &mut Run, path: &Path) -> anyhow::Result<u64> {
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
    let len = file.metadata()?.len();
    if len == 0 {
        file.write_all_at(b"scribble", 0)?;
        return Ok(0);
    }
    let at = run.dice.u64(..len);
    let mut block = vec![0; run.dice.usize(1..4096)];
    let how = run.dice.u8(..4);
    match how {
        0 => file.set_len(at)?,
        // A block that never reached the disk.
        1 => file.write_all_at(&block, at)?,
        2 => {
            run.dice.fill(&mut block);
            file.write_all_at(&block, at)?;
        }
        _ => {
            for _ in 0..run.dice.u8(1..9) {
                let at = run.dice.u64(..len);
                let mut byte = [0];
                file.read_exact_at(&mut byte, at)?;
                file.write_all_at(&[byte[0] ^ (1 << run.dice.u8(..8))], at)?;
            }
        }
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let done = ["cut off", "zeroed", "overwritten", "flipped"].get(usize::from(how));
    let log = run.directory.join("wounds.log");
    append(&log, &format!("{name}: {} at {at} of {len}\n", done.unwrap_or(&"")))?;
    let is_at_end = how == 0 || how < 3 && at + 2 * block.len() as u64 >= len;
    Ok(if is_at_end { len - at } else { 0 })
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    use io::Write as _;
    std::fs::OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}

/// All files below a directory.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
