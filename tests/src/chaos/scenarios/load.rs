//! Sick neighbours, poison, long outages and more load than the backend takes.

use std::{sync::Arc, time::Duration};

use anyhow::ensure;
use tokio::time::Instant;

use super::{PATIENCE, settle_and_check};
use crate::chaos::{
    backend::Backend,
    config::Exporter,
    ledger::Ledger,
    load::{Load, percentile},
    run::{Allowed, Rig, Run},
    subject::lasting_address,
    weather::Weather,
};

/// Throughput and latency of a while.
#[derive(Clone, Copy, Debug)]
struct Pace {
    items_per_second: f64,
    median: Duration,
    p95: Duration,
    longest: Duration,
}

/// A durable exporter beside one whose backend is dead, slow or silent: it must not feel its neighbour.
pub(super) async fn fan_out(run: &mut Run) -> anyhow::Result<()> {
    let mut rig = run.durable_rig().await;
    let sick = Backend::start(
        lasting_address(),
        run.items.clone(),
        Arc::<Ledger>::default(),
        run.dice.u64(..),
    );
    let sick = sick.await;
    let queue = "{queue_size: 20, num_consumers: 2}".to_owned();
    let neighbour = Exporter { queue, ..Exporter::durable("sick", sick.address) };
    rig.config.exporters.push(neighbour);
    rig.subject.config = rig.config.yaml();
    // What it loses is nobody's promise; its copies are dropped where the pipeline forks, which is
    // named after the pipeline.
    rig.subject.ignored = vec!["otlp/sick", run.items.signal.name()];
    rig.subject.start().await?;
    let load = run.load(&rig.config);
    run.acknowledged(run.size.rate / 4, PATIENCE).await?;
    let healthy = pace(run, &load, &rig.backend).await;
    run.note(format!("before {healthy}"));
    // Beside other tests a machine stutters; a neighbour that is felt costs the timeout of 2 s.
    let (least, slack) = run.pick((0.4, Duration::from_secs(1)), (0.9, Duration::from_millis(100)));
    for (name, weather) in [
        ("dead", None),
        ("slow", Some(Weather::Slow(Duration::from_millis(500)))),
        ("silent", Some(Weather::BlackHole)),
    ] {
        match weather {
            Some(weather) => {
                sick.come_back().await;
                sick.set(weather);
            }
            None => sick.go_away().await,
        }
        let filling = pace(run, &load, &rig.backend).await;
        full(run, &mut rig).await?;
        let filled = pace(run, &load, &rig.backend).await;
        run.note(format!("{name}: filling {filling}, full {filled}"));
        for pace in [filling, filled] {
            pace.ensure_like(healthy, name, (least, slack))?;
        }
    }
    sick.set(Weather::Fine);
    load.stop(PATIENCE).await;
    settle_and_check(run, &mut rig, Allowed::default()).await
}

/// Waits until the sick exporter's copies are dropped, because its queue is full.
async fn full(run: &mut Run, rig: &mut Rig) -> anyhow::Result<()> {
    let ignored = std::mem::take(&mut rig.subject.ignored);
    let before = lost(rig).await;
    let deadline = Instant::now() + PATIENCE;
    while lost(rig).await <= before {
        ensure!(Instant::now() < deadline, "the sick exporter's queue did not fill up");
        run.some_time(10..20).await;
    }
    rig.subject.ignored = ignored;
    Ok(())
}

async fn lost(rig: &mut Rig) -> u64 {
    rig.subject.look().await;
    rig.subject.lost().values().sum()
}

async fn pace(run: &Run, load: &Load, backend: &Backend) -> Pace {
    drop(load.take_latencies());
    let (start, before) = (Instant::now(), backend.taken());
    let span = run.pick(Duration::from_millis(300), run.size.load / 8);
    tokio::time::sleep(span).await;
    let items = (backend.taken() - before) as f64;
    let latencies = load.take_latencies();
    Pace {
        items_per_second: items / start.elapsed().as_secs_f64(),
        median: percentile(&latencies, 50),
        p95: percentile(&latencies, 95),
        longest: percentile(&latencies, 100),
    }
}

impl Pace {
    fn ensure_like(
        self,
        healthy: Self,
        name: &str,
        (least, slack): (f64, Duration),
    ) -> anyhow::Result<()> {
        ensure!(
            self.items_per_second > healthy.items_per_second * least,
            "a {name} neighbour slows it from {healthy} to {self}"
        );
        ensure!(
            self.p95 < healthy.p95 * 2 + slack,
            "a {name} neighbour delays it from {healthy} to {self}"
        );
        Ok(())
    }
}

impl std::fmt::Display for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { items_per_second, median, p95, longest } = self;
        write!(f, "{items_per_second:.0}/s in {median:.1?}, 95% {p95:.1?}, all {longest:.1?}")
    }
}

/// A few items that the backend always puts off: everything else passes, and the disk stays small.
pub(super) async fn poison(run: &mut Run) -> anyhow::Result<()> {
    let mut rig = run.durable_rig().await;
    // Each request is a record of its own, so that the poison is alone with its neighbours.
    rig.config.batch = None;
    if let Some(exporter) = rig.config.exporters.first_mut() {
        exporter.queue = exporter.queue.replace("num_consumers: 4", "num_consumers: 1");
    }
    rig.subject.config = rig.config.yaml();
    rig.subject.start().await?;
    let poisoned = run.dice.u64(50..100) * 4;
    rig.backend.set(Weather::Poisoned(poisoned..poisoned + 1));
    let load = run.load(&rig.config);
    run.acknowledged(1000, PATIENCE).await?;
    tokio::time::sleep(run.size.load).await;
    load.stop(PATIENCE).await;
    let neighbours = run.load_settings(&rig.config).request_items;
    let ledger = Arc::clone(&run.ledger);
    let passes = || ledger.totals().missing <= neighbours;
    run.until("everything but the poisoned request", PATIENCE, passes).await?;
    ensure!(!ledger.has_arrived(poisoned), "the poison arrived");
    let deadline = Instant::now() + PATIENCE;
    while disk_bytes(&mut rig).await > SMALL {
        ensure!(Instant::now() < deadline, "{} bytes on disk", disk_bytes(&mut rig).await);
        run.some_time(10..20).await;
    }
    run.note(format!("{} KiB on disk beside the poison", disk_bytes(&mut rig).await >> 10));
    rig.backend.set(Weather::Fine);
    settle_and_check(run, &mut rig, Allowed::default()).await
}

async fn disk_bytes(rig: &mut Rig) -> u64 {
    rig.subject.look().await.sum("otelcol_exporter_queue_disk_bytes", &[]) as u64
}

/// What a queue with a single record in it may take on disk.
const SMALL: u64 = 40 << 20;

/// The backend is away for a while and comes back: all is delivered, and memory stays flat.
pub(super) async fn outage(run: &mut Run) -> anyhow::Result<()> {
    let mut rig = run.durable_rig().await;
    rig.subject.start().await?;
    let load = run.load(&rig.config);
    run.acknowledged(run.size.rate / 4, PATIENCE).await?;
    rig.backend.go_away().await;
    let mut sizes = Vec::new();
    for _ in 0..10 {
        tokio::time::sleep(run.size.load / 10).await;
        sizes.push(rig.subject.rss() >> 20);
    }
    let disk = disk_bytes(&mut rig).await >> 20;
    rig.backend.come_back().await;
    let (returned, backlog) = (Instant::now(), run.ledger.totals().missing);
    let ledger = Arc::clone(&run.ledger);
    let has_caught_up = || ledger.totals().missing < ledger.totals().acknowledged / 100 + 1000;
    run.until("the backlog to drain", PATIENCE + run.size.load * 4, has_caught_up).await?;
    let rate = backlog as f64 / returned.elapsed().as_secs_f64();
    load.stop(PATIENCE).await;
    run.note(format!("RSS MiB {sizes:?}, {disk} MiB on disk"));
    run.note(format!("{backlog} items drained at {rate:.0}/s while {}/s came", run.size.rate));
    settle_and_check(run, &mut rig, Allowed::default()).await?;
    let (early, late) = (sizes.get(2).copied().unwrap_or(0), sizes.last().copied().unwrap_or(0));
    ensure!(late <= early + early / 2 + 32, "memory grew in the outage: {sizes:?} MiB");
    Ok(())
}

const LIMIT_MIB: u64 = 100;
/// What a process may have resident beyond its `limit_mib`: its code, its stacks, and what the allocator
/// has not given back.
const BEYOND_LIMIT_MIB: u64 = 50;

/// Ten times what the backend takes, on a thousand connections.
pub(super) async fn overload(run: &mut Run) -> anyhow::Result<()> {
    let mut rig = run.durable_rig().await;
    rig.config.limiter =
        format!("{{check_interval: 100ms, limit_mib: {LIMIT_MIB}, spike_limit_mib: 20}}");
    let room = run.pick(1 << 20, 16 << 20);
    if let Some(exporter) = rig.config.exporters.first_mut() {
        exporter.compression = "none".to_owned();
        exporter.timeout = "10s".to_owned();
        exporter.queue = format!(
            "{{storage: file_storage, sizer: bytes, queue_size: {room}, num_consumers: 4}}"
        );
    }
    rig.subject.config = rig.config.yaml();
    rig.subject.start().await?;
    let capacity = run.pick(run.size.rate, run.size.rate / 2);
    rig.backend.limit(Some(capacity as f64));
    let mut settings = run.load_settings(&rig.config);
    (settings.senders, settings.request_items) = (run.pick(200, 1000), 100);
    settings.rate = Some(capacity * 10);
    settings.forgets = true;
    settings.timeout = Duration::from_secs(10);
    let load = run.load_with(settings);
    run.acknowledged(capacity, PATIENCE).await?;
    let (start, before) = (Instant::now(), rig.backend.taken());
    tokio::time::sleep(run.size.load).await;
    let goodput = (rig.backend.taken() - before) as f64 / start.elapsed().as_secs_f64();
    rig.subject.look().await;
    let ended = Instant::now();
    load.stop(Duration::from_millis(1)).await;
    recovered(run, &rig).await?;
    let recovery = ended.elapsed();
    run.settle(&mut [&mut rig.subject], PATIENCE + run.size.load).await?;
    run.note(format!(
        "goodput {goodput:.0}/s of {capacity}/s, {} put off",
        run.ledger.totals().put_off
    ));
    run.note(format!("taken again after {recovery:.1?}, drained after {:.1?}", ended.elapsed()));
    run.check(&[&rig.subject], &[&rig.backend], Allowed::default())?;
    // Beside other tests a machine says little about speed.
    let least = capacity as f64 * run.pick(0.3, 0.95);
    ensure!(goodput >= least, "goodput is {goodput:.0}/s of {capacity}/s");
    let peak = run.report.rss_peak >> 20;
    ensure!(peak <= LIMIT_MIB + BEYOND_LIMIT_MIB, "RSS {peak} MiB with a limit of {LIMIT_MIB} MiB");
    ensure!(recovery < Duration::from_secs(5), "recovered after {recovery:?} only");
    Ok(())
}

/// Waits until a client that comes after the storm is served.
async fn recovered(run: &mut Run, rig: &Rig) -> anyhow::Result<()> {
    let mut settings = run.load_settings(&rig.config);
    (settings.senders, settings.rate) = (4, Some(200));
    let load = run.load_with(settings);
    run.acknowledged(100, PATIENCE).await?;
    load.stop(PATIENCE).await;
    Ok(())
}
