//! Backends that misbehave, and connections that break.

use std::time::Duration;

use tokio::time::Instant;

use super::{PATIENCE, settle_and_check};
use crate::chaos::{
    config::Exporter,
    machine::Network,
    proxy::Proxy,
    run::{Allowed, Rig, Run},
    subject::lasting_address,
    weather::Weather,
};

/// Shorter than the longest delay below, longer than the others.
const TIMEOUT: Duration = Duration::from_millis(250);
/// How long before a cut a sender may have lost the answer.
const AROUND: Duration = Duration::from_secs(1);
/// How late a frozen connection still delivers what was given up and sent again meanwhile.
const LATEST: Duration = Duration::from_secs(5);
const LATE: Duration = Duration::from_millis(350);

/// Away, slow, silent, flapping, and every code there is, one after the other under load.
pub(super) async fn backend(run: &mut Run) -> anyhow::Result<()> {
    let mut rig = impatient_rig(run).await;
    rig.subject.start().await?;
    let load = run.load(&rig.config);
    let mut weathers = vec![
        Weather::Slow(TIMEOUT / 8),
        Weather::Slow(LATE),
        Weather::BlackHole,
        Weather::Reset,
        Weather::Amnesia,
        Weather::AtMost(run.items.item_bytes() * 7),
        Weather::Partial(2),
        Weather::OneOf(vec![Weather::Fine, Weather::UNAVAILABLE, Weather::Reset]),
    ];
    // Among requests that pass, or what is refused for good would be all there is.
    let now_and_then = |refusal| Weather::OneOf(vec![refusal, Weather::Fine, Weather::Fine]);
    let mut refusals = Weather::retryable_refusals();
    refusals.extend(Weather::permanent_refusals().into_iter().map(now_and_then));
    run.dice.shuffle(&mut refusals);
    refusals.truncate(run.pick(8, usize::MAX));
    weathers.extend(refusals);
    run.dice.shuffle(&mut weathers);
    let rounds = run.pick(1, run.size.faults / 20);
    for _ in 0..rounds.max(1) {
        for weather in &weathers {
            stay(run, &rig, weather.clone()).await?;
        }
        flap(run, &rig).await?;
    }
    rig.backend.set(Weather::Fine);
    run.acknowledged(1, PATIENCE).await?;
    load.stop(PATIENCE).await;
    run.note(format!("{} weathers, {} requests", weathers.len(), rig.backend.requests()));
    settle_and_check(run, &mut rig, Allowed::default()).await
}

/// Every answer names a few items that were not taken.
pub(super) async fn partial_success(run: &mut Run) -> anyhow::Result<()> {
    let mut rig = run.durable_rig().await;
    rig.subject.start().await?;
    let load = run.load(&rig.config);
    for _ in 0..run.size.faults {
        let rejected = run.dice.usize(1..5);
        stay(run, &rig, Weather::Partial(rejected)).await?;
        stay(run, &rig, Weather::Fine).await?;
    }
    load.stop(PATIENCE).await;
    settle_and_check(run, &mut rig, Allowed::default()).await?;
    anyhow::ensure!(run.report.totals.missing > 0, "the backend rejected nothing");
    Ok(())
}

/// Connections on both sides are cut in the middle of a request or freeze.
pub(super) async fn cut(run: &mut Run) -> anyhow::Result<()> {
    let mut rig = impatient_rig(run).await;
    let behind = Proxy::start(rig.backend.address).await;
    if let Some(exporter) = rig.config.exporters.first_mut() {
        exporter.backend = behind.address;
    }
    rig.subject.config = rig.config.yaml();
    rig.subject.start().await?;
    let before = Proxy::start(rig.config.grpc).await;
    let mut settings = run.load_settings(&rig.config);
    settings.grpc.push(before.address.to_string());
    settings.timeout = Duration::from_secs(2);
    let load = run.load_with(settings);
    for _ in 0..run.size.faults {
        run.acknowledged(1, PATIENCE).await?;
        let reach = run.pick(20_000, 200_000);
        let (bytes, fault) = (run.dice.u64(1..reach), Instant::now());
        match run.dice.u8(..4) {
            0 => behind.cut_after(bytes),
            1 => before.cut_after(bytes),
            2 => {
                behind.freeze(true);
                run.some_time(0..run.pick(200, 2000)).await;
                behind.freeze(false);
            }
            _ => behind.cut(),
        }
        run.some_time(0..100).await;
        run.acknowledged(1, PATIENCE).await?;
        rig.backend.doubt_recent(AROUND + fault.elapsed());
    }
    behind.cut_after(u64::MAX);
    before.cut_after(u64::MAX);
    run.acknowledged(1, PATIENCE).await?;
    load.stop(PATIENCE).await;
    run.settle(&mut [&mut rig.subject], PATIENCE).await?;
    rig.backend.doubt_recent(LATEST);
    run.check(&[&rig.subject], &[&rig.backend], Allowed::default())
}

/// The cable between the collector and everybody else is pulled; no reset tells anybody.
pub(super) async fn network(run: &mut Run) -> anyhow::Result<()> {
    let network = Network::new()?;
    let near = network.near(lasting_address().port())?;
    let backend = run.backend_at(near).await;
    let mut exporter = Exporter::durable("backend", near);
    exporter.timeout = format!("{}ms", TIMEOUT.as_millis());
    let mut config = run.config(exporter);
    config.grpc = network.far(config.grpc.port())?;
    config.http = network.far(config.http.port())?;
    let mut subject = run.subject("collector", &config);
    subject.binary = network.wrap(&subject.binary, &run.directory)?;
    let mut rig = Rig { backend, config, subject };
    rig.subject.start().await?;
    let mut settings = run.load_settings(&rig.config);
    settings.timeout = Duration::from_secs(1);
    let load = run.load_with(settings);
    for _ in 0..run.size.faults {
        run.acknowledged(1, PATIENCE).await?;
        run.some_time(0..100).await;
        let fault = Instant::now();
        network.plug(false)?;
        run.some_time(50..run.pick(300, 3000)).await;
        network.plug(true)?;
        run.acknowledged(1, PATIENCE).await?;
        rig.backend.doubt_recent(AROUND + fault.elapsed());
    }
    run.acknowledged(1, PATIENCE).await?;
    load.stop(PATIENCE).await;
    run.settle(&mut [&mut rig.subject], PATIENCE).await?;
    rig.backend.doubt_recent(LATEST);
    run.check(&[&rig.subject], &[&rig.backend], Allowed::default())
}

async fn impatient_rig(run: &mut Run) -> Rig {
    let mut rig = run.durable_rig().await;
    if let Some(exporter) = rig.config.exporters.first_mut() {
        exporter.timeout = format!("{}ms", TIMEOUT.as_millis());
        exporter.retry = "{initial_interval: 20ms, max_interval: 100ms}".to_owned();
    }
    rig.subject.config = rig.config.yaml();
    rig
}

/// Keeps a weather until some requests felt it.
async fn stay(run: &mut Run, rig: &Rig, weather: Weather) -> anyhow::Result<()> {
    let goal = rig.backend.requests() + run.pick(3, 30);
    rig.backend.set(weather.clone());
    let felt = || rig.backend.requests() >= goal;
    run.until(&format!("requests in {weather:?}"), PATIENCE, felt).await
}

/// The backend goes and comes in quick succession.
async fn flap(run: &mut Run, rig: &Rig) -> anyhow::Result<()> {
    rig.backend.set(Weather::Fine);
    for _ in 0..run.pick(3, 20) {
        rig.backend.go_away().await;
        run.some_time(1..100).await;
        rig.backend.come_back().await;
        run.some_time(1..100).await;
    }
    run.acknowledged(1, PATIENCE).await
}
