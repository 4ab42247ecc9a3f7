//! Stops, reloads, clocks that jump, and two collectors where one belongs.

use std::time::Duration;

use anyhow::ensure;

use super::{PATIENCE, settle_and_check};
use crate::chaos::{
    config::{Config, Exporter},
    machine,
    run::{Allowed, CURSOR_INTERVAL, Rig, Run},
    subject::lasting_address,
    weather::Weather,
};

/// SIGTERM at random moments under load, with a backend that is fine, slow or silent.
pub(super) async fn shutdown(run: &mut Run) -> anyhow::Result<()> {
    let mut rig = run.durable_rig().await;
    rig.subject.start().await?;
    let load = run.load(&rig.config);
    let mut slowest = Duration::ZERO;
    for _ in 0..run.size.faults {
        run.acknowledged(1, PATIENCE).await?;
        let weathers = [Weather::Fine, Weather::UNAVAILABLE, Weather::Slow(TIMEOUT / 4)];
        rig.backend.set(run.dice.choice(weathers).unwrap_or(Weather::Fine));
        run.some_time(0..run.pick(100, 1000)).await;
        let started = tokio::time::Instant::now();
        let status = rig.subject.stop().await?;
        ensure!(status.code() == Some(0), "SIGTERM ended it with {status}");
        slowest = slowest.max(started.elapsed());
        run.report.kills += 1;
        run.restart(&mut rig).await?;
    }
    rig.backend.set(Weather::Fine);
    run.acknowledged(1, PATIENCE).await?;
    load.stop(PATIENCE).await;
    run.note(format!("slowest stop {slowest:?}"));
    settle_and_check(run, &mut rig, Allowed::default()).await
}

const TIMEOUT: Duration = Duration::from_millis(400);

/// SIGHUP with changed settings of the exporter, the batch and an extension, under load.
pub(super) async fn reload(run: &mut Run) -> anyhow::Result<()> {
    let mut rig = run.durable_rig().await;
    rig.subject.start().await?;
    let load = run.load(&rig.config);
    for round in 0..run.size.faults {
        run.acknowledged(1, PATIENCE).await?;
        run.some_time(0..run.pick(50, 500)).await;
        change(run, &mut rig, round);
        rig.backend.doubt_recent(Duration::from_secs(2));
        rig.subject.reload(rig.config.yaml()).await?;
        let before = rig.backend.requests();
        let arrives = || rig.backend.requests() > before + 2;
        run.until("requests after a reload", PATIENCE, arrives).await?;
        ensure!(rig.subject.is_running(), "the reload ended it: {}", rig.subject.log_text());
    }
    run.acknowledged(1, PATIENCE).await?;
    load.stop(PATIENCE).await;
    rig.backend.doubt_recent(Duration::from_secs(2));
    settle_and_check(run, &mut rig, Allowed::default()).await
}

/// Something else each time, and always something that differs.
fn change(run: &mut Run, rig: &mut Rig, round: u32) {
    let Some(exporter) = rig.config.exporters.first_mut() else { return };
    match round % 4 {
        0 => {
            let consumers = run.dice.u8(1..9);
            exporter.queue = format!(
                "{{storage: file_storage, queue_size: {}, num_consumers: {consumers}}}",
                50_000 + round
            );
        }
        1 => {
            let size = run.dice.u32(100..3000);
            rig.config.batch =
                Some(format!("{{timeout: {}ms, send_batch_size: {size}}}", 20 + round));
        }
        2 => exporter.timeout = format!("{}ms", 2000 + round),
        _ => {
            rig.config.storage_settings =
                format!(", timeout: {}ms, fsync: {}", 2000 + round, run.dice.bool());
        }
    }
}

/// The wall clock jumps to and fro by seconds and by years.
pub(super) async fn clock(run: &mut Run) -> anyhow::Result<()> {
    let mut rig = run.durable_rig().await;
    let clock = machine::Clock::new(&run.directory)?;
    rig.subject.env = clock.env();
    rig.subject.start().await?;
    let load = run.load(&rig.config);
    for round in 0..run.size.faults {
        run.acknowledged(1, PATIENCE).await?;
        let reach = run.dice.choice([10, 3600, 86_400 * 400]).unwrap_or(1);
        let offset = run.dice.i64(-reach..reach);
        clock.shift(offset)?;
        let before = rig.backend.taken();
        run.until("arrivals after a jump", PATIENCE, || rig.backend.taken() > before).await?;
        if round % 3 == 2 {
            run.kill_and_restart(&mut rig).await?;
        }
    }
    run.acknowledged(1, PATIENCE).await?;
    load.stop(PATIENCE).await;
    run.note(format!("{} jumps", run.size.faults));
    settle_and_check(run, &mut rig, Allowed::default()).await
}

/// A second collector on the same queue is refused and says why; one with another signal is welcome;
/// when the first is dead, the second delivers what it left.
pub(super) async fn two_on_one_directory(run: &mut Run) -> anyhow::Result<()> {
    let mut rig = run.durable_rig().await;
    rig.backend.go_away().await;
    rig.subject.start().await?;
    let load = run.load(&rig.config);
    run.acknowledged(100, PATIENCE).await?;
    load.stop(PATIENCE).await;
    let mut config = rig.config.clone();
    (config.grpc, config.http) = (lasting_address(), lasting_address());
    config.storage_settings = ", timeout: 100ms".to_owned();
    refused(run, &config).await?;

    let mut other = other_signal(run);
    let mut guest = other.durable_rig().await;
    guest.subject.name = "guest".to_owned();
    guest.subject.start().await?;
    let load = other.load(&guest.config);
    other.acknowledged(100, PATIENCE).await?;
    load.stop(PATIENCE).await;
    settle_and_check(&mut other, &mut guest, Allowed::default()).await?;
    refused(run, &config).await?;

    run.kill(&mut rig).await;
    let mut heir = run.subject("heir", &config);
    heir.start().await?;
    rig.backend.come_back().await;
    run.settle(&mut [&mut heir], PATIENCE).await?;
    run.check(&[&heir, &rig.subject], &[&rig.backend], Allowed::default())
}

async fn refused(run: &Run, config: &Config) -> anyhow::Result<()> {
    let second = run.subject("second", config);
    let mut collector = second.setup().spawn();
    let status = collector.ended().await;
    let text = collector.logs().text();
    ensure!(status.code() == Some(1), "the second collector ended with {status}:\n{text}");
    let directory = run.directory.join("storage");
    let is_clear = text.contains(&*directory.to_string_lossy())
        && ["lock", "in use", "another"].iter().any(|word| text.contains(word));
    ensure!(is_clear, "the second collector does not say clearly why it ended:\n{text}");
    Ok(())
}

/// A run beside this one, of another signal.
fn other_signal(run: &Run) -> Run {
    let others = (0..).map(|seed| Run::new(seed, run.size, run.directory.clone()));
    let mut differing = others.filter(|other| other.items.signal != run.items.signal);
    differing.next().expect("there are seeds of every signal")
}

/// Three collectors in a row, each killed in turn.
pub(super) async fn chain(run: &mut Run) -> anyhow::Result<()> {
    let backend = run.backend().await;
    let mut next = backend.address;
    let mut subjects = Vec::new();
    let mut first = None;
    for name in ["last", "middle", "first"] {
        let mut config = run.config(Exporter::durable("next", next));
        config.storage = config.storage.map(|path| path.with_file_name(name));
        let mut subject = run.subject(name, &config);
        subject.start().await?;
        subjects.push(subject);
        next = config.grpc;
        first = Some(config);
    }
    let Some(config) = first else { anyhow::bail!("there is no first collector") };
    let load = run.load(&config);
    // What a collector finished in the last second: what came, and what it had to catch up with.
    let resent = run.size.rate * 3;
    for round in 0..run.size.faults {
        run.acknowledged(1, PATIENCE).await?;
        run.some_time(0..run.pick(150, 1500)).await;
        let turn = usize::try_from(round)? % subjects.len();
        let Some(subject) = subjects.get_mut(turn) else { continue };
        subject.kill().await;
        run.report.kills += 1;
        subject.start().await?;
        run.report.duplicates_bound += resent + backend.taken_within(CURSOR_INTERVAL);
    }
    run.acknowledged(1, PATIENCE).await?;
    load.stop(PATIENCE).await;
    run.settle(&mut subjects.iter_mut().collect::<Vec<_>>(), PATIENCE).await?;
    run.check(&subjects.iter().collect::<Vec<_>>(), &[&backend], Allowed::default())
}
