//! One turn of a collector in a scenario.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;

use crate::{
    book,
    cgroup::Cgroup,
    load::{Load, Rate},
    payload::Requests,
    scenarios::{Kind, Pace, Plan, Scenario},
    sink::Behaviour,
    stage::{Figures, Stage, figure, times},
    subject::Subject,
};

/// The figures of each phase by its name.
pub(crate) type Phases = Vec<(String, Figures)>;

/// What the backend takes in overload, and how much more comes.
const CAPACITY: u64 = 20_000;
const EXCESS: u64 = 10;
/// A rate holds if so much of it arrives.
const HOLDS: f64 = 0.99;

/// Does what the scenario says.
pub(crate) async fn turn(
    subject: &Subject,
    scenario: &Scenario,
    requests: &Requests,
    window: Duration,
) -> anyhow::Result<Phases> {
    match scenario.kind {
        Kind::Load(paces) => load(subject, scenario, requests, (paces, window)).await,
        Kind::Latency => latency(subject, scenario, requests, window).await,
        Kind::Overload => {
            let figures = overload(subject, scenario, requests, window).await?;
            Ok(vec![("ten times".to_owned(), figures)])
        }
        Kind::Within(plan) => {
            let figures = within(subject, scenario, requests, (plan, window)).await?;
            Ok(vec![("plan".to_owned(), figures)])
        }
        Kind::Idle => Ok(vec![("idle".to_owned(), idle(subject, scenario, requests).await?)]),
    }
}

async fn load(
    subject: &Subject,
    scenario: &Scenario,
    requests: &Requests,
    (paces, window): (&[Pace], Duration),
) -> anyhow::Result<Phases> {
    let stage = Stage::set(subject, scenario, requests, None).await?;
    let mut phases = Phases::new();
    for pace in paces {
        let reached = phases.last().and_then(|(_, figures)| figure(figures, "items_per_s"));
        let (name, rate) = match *pace {
            Pace::PerSecond(items) => (format!("{}k/s", items / 1_000), Rate::PerSecond(items)),
            Pace::Full => ("full".to_owned(), Rate::Full(scenario.in_flight)),
            Pace::Half => {
                let half = reached.context("no phase before this one")? / 2.0;
                ("half".to_owned(), Rate::PerSecond(half.max(1.0) as u64))
            }
        };
        let mut figures = stage.phase(rate, window).await?;
        if let Rate::PerSecond(items) = rate {
            figures.push(("offered_per_s", items as f64));
        }
        phases.push((name, figures));
    }
    stage.strike().await?;
    Ok(phases)
}

/// Full, half, and half again without the collector: the difference is what the collector adds.
async fn latency(
    subject: &Subject,
    scenario: &Scenario,
    requests: &Requests,
    window: Duration,
) -> anyhow::Result<Phases> {
    let paces = [Pace::Full, Pace::Half];
    let mut phases = load(subject, scenario, requests, (&paces, window * 2)).await?;
    let (_, half) = phases.last_mut().context("there are two")?;
    let rate = figure(half, "offered_per_s").context("it has a rate")?;
    let stage = Stage::set(&Subject::rig(), scenario, requests, None).await?;
    let direct = stage.phase(Rate::PerSecond(rate as u64), window * 2).await?;
    for (name, added) in
        [("p50_us", "added_p50_us"), ("p99_us", "added_p99_us"), ("p999_us", "added_p999_us")]
    {
        let with = figure(half, name).context("nothing arrived")?;
        let without = figure(&direct, name).context("nothing arrived")?;
        half.push((added, with - without));
    }
    phases.push(("half, rig alone".to_owned(), direct));
    Ok(phases)
}

/// Ten times what the backend takes; what was acknowledged must arrive when the load is over.
async fn overload(
    subject: &Subject,
    scenario: &Scenario,
    requests: &Requests,
    window: Duration,
) -> anyhow::Result<Figures> {
    let behaviour =
        Behaviour { pace: Some(CAPACITY), ..Behaviour::of(&scenario.shape, scenario.frame) };
    let mut stage = Stage::before(behaviour, subject, scenario, (requests, None)).await?;
    stage.lines.most_open = scenario.in_flight;
    let length = (window * 8).max(Duration::from_secs(4));
    let book = stage.open_book();
    let rate = Rate::PerSecond(CAPACITY * EXCESS);
    let load = Load::start(requests, Arc::clone(&book), &stage.lines, rate).await?;
    tokio::time::sleep(length / 4).await;
    let before = book.lock().counts.arrived_items;
    tokio::time::sleep(length).await;
    let arrived = book.lock().counts.arrived_items - before;
    load.stop().await;
    let pinned = stage.pinned.as_ref().context("a collector was started")?;
    let drained = book::settled(&book, Duration::from_secs(60)).await;
    let goodput = arrived as f64 / length.as_secs_f64() / CAPACITY as f64;
    let mut figures = vec![("goodput", goodput), ("peak_mib", pinned.peak_rss_mib()?)];
    figures.extend(drained.map(|drained| ("drained_after_s", drained.as_secs_f64())));
    figures.extend(stage.account(&book));
    tokio::time::sleep(Duration::from_secs(1)).await;
    figures.push(("rss_mib", pinned.rss_mib()?));
    stage.strike().await?;
    Ok(figures)
}

/// The plan's rate within its limits; if that does not hold, the largest that does, by steps of a tenth.
async fn within(
    subject: &Subject,
    scenario: &Scenario,
    requests: &Requests,
    (plan, window): (Plan, Duration),
) -> anyhow::Result<Figures> {
    let mut first = None;
    for tenth in (1..=10).rev() {
        let rate = plan.items_per_second * tenth / 10;
        let cgroup = Cgroup::new(plan.limits())?;
        let stage = Stage::set(subject, scenario, requests, Some(&cgroup)).await?;
        let result = stage.phase(Rate::PerSecond(rate), (window * 3).max(MIN_PLAN)).await;
        let throttled = cgroup.throttled()?;
        stage.strike().await?;
        // A collector that was killed for its memory holds nothing.
        let mut figures = result.unwrap_or_default();
        let offered = rate as f64;
        let taken = figure(&figures, "items_per_s").unwrap_or_default();
        let is_clean = ["refused", "failed", "lost"]
            .iter()
            .all(|name| figure(&figures, name).is_some_and(|count| count == 0.0));
        figures.extend([("offered_per_s", offered), ("throttled", throttled)]);
        let holds = is_clean && taken >= offered * HOLDS;
        let told = first.get_or_insert(figures);
        if holds {
            told.push(("holds_per_s", offered));
            break;
        }
    }
    first.context("at least one rate was tried")
}

/// Limits are enforced over tenths of seconds.
const MIN_PLAN: Duration = Duration::from_secs(2);

/// From the start to the first request that is taken, then a rest.
async fn idle(
    subject: &Subject,
    scenario: &Scenario,
    requests: &Requests,
) -> anyhow::Result<Figures> {
    let stage = Stage::set(subject, scenario, requests, None).await?;
    let pinned = stage.pinned.as_ref().context("a collector was started")?;
    let book = stage.open_book();
    let load =
        Load::start(requests, Arc::clone(&book), &stage.lines.single(), Rate::Full(1)).await?;
    while book.lock().counts.acknowledged == 0 {
        anyhow::ensure!(book.lock().counts.failed == 0, "the first request failed");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    load.stop().await;
    let answer = figure(&times(&book), "answer_p50_us").context("the first request failed")?;
    let ready = pinned.ready_after.as_secs_f64() * 1e3 + answer / 1e3;
    book::settled(&book, Duration::from_secs(5)).await;
    let fresh = Stage::set(subject, scenario, requests, None).await?;
    let resting = fresh.pinned.as_ref().context("a collector was started")?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = resting.cpu()?;
    tokio::time::sleep(REST).await;
    let share = (resting.cpu()? - before).as_secs_f64() / REST.as_secs_f64();
    let figures = vec![
        ("ready_ms", ready),
        ("idle_mib", resting.rss_mib()?),
        ("idle_share", share),
        ("binary_mb", std::fs::metadata(&subject.binary)?.len() as f64 / 1e6),
    ];
    stage.strike().await?;
    fresh.strike().await?;
    Ok(figures)
}

const REST: Duration = Duration::from_secs(4);
