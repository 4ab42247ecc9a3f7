//! How cost grows: one thing gets larger, all else stays.

use std::{fs, path::Path, time::Duration};

use anyhow::Context as _;
use common::signal::Signal;

use crate::{
    Run,
    load::{Load, Rate},
    measure::{self, Phases},
    payload::Requests,
    process::{self, Pinned},
    scenarios::{Kind, Pace, Scenario},
    stage::{Figures, Stage, figure},
    subject::{Places, Subject},
};

const FULL: Kind = Kind::Load(&[Pace::Full]);
const PACED: Kind = Kind::Load(&[Pace::PerSecond(40_000)]);

/// Points of all curves but that of the queue.
fn points() -> Vec<(String, Scenario)> {
    let base = || Scenario::new("growth", Signal::Traces).of(100);
    let mut points = Vec::new();
    let mut add = |name: String, scenario| points.push((name, scenario));
    for connections in [1, 10, 100, 1_000] {
        let line = base().connected(connections, 1).kind(PACED);
        add(format!("growth: connections, {connections}"), line);
    }
    for bytes in [10, 100, 1_000, 10_000] {
        let mut line = base().kind(FULL);
        line.shape.padding = bytes;
        add(format!("growth: bytes of an attribute, {bytes}"), line);
    }
    for items in [1, 10, 100, 1_000, 10_000, 100_000] {
        add(format!("growth: items a request, {items}"), base().of(items).kind(FULL));
    }
    for pipelines in [1, 5, 10, 25, 50] {
        let line = Scenario { pipelines, ..base().connected(50, 1).kind(PACED) };
        add(format!("growth: pipelines, {pipelines}"), line);
    }
    points
}

/// Bytes in the queue at each of its points.
const BACKLOGS: [u64; 5] = [1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000];

/// Runs all curves.
pub(crate) async fn run(run: &mut Run) -> anyhow::Result<()> {
    for (name, scenario) in points() {
        if !run.arguments.wants(&name) {
            continue;
        }
        let requests = Requests::new(scenario.shape)?;
        let bytes = requests.bodies.first().map_or(0, bytes::Bytes::len);
        let bytes_per_item = bytes as f64 / scenario.shape.items as f64;
        run.begin(&name, "growth");
        for _ in 0..run.arguments.runs {
            for subject in &run.arguments.subjects {
                if !subject.can(&scenario) {
                    continue;
                }
                let window = run.arguments.window;
                let mut phases = measure::turn(subject, &scenario, &requests, window).await?;
                for (_, figures) in &mut phases {
                    let cpu = figure(figures, "cpu_ns_per_item").context("it was measured")?;
                    figures.push(("cpu_ns_per_byte", cpu / bytes_per_item));
                }
                run.results.add(&name, &subject.name, &phases);
            }
        }
        run.end(&name)?;
    }
    for bytes in BACKLOGS {
        let name = format!("growth: bytes in the queue, {bytes}");
        if !run.arguments.wants(&name) {
            continue;
        }
        run.begin(&name, "growth");
        let subject = run.arguments.subjects.first().context("ours is there")?;
        let figures = backlog(subject, bytes).await?;
        run.results.add(&name, &subject.name, &Phases::from([("append".to_owned(), figures)]));
        run.end(&name)?;
    }
    Ok(())
}

/// Fills the queue of an exporter whose backend is away: what an item costs at the end of that, and how
/// long a start takes with all of it on disk.
async fn backlog(subject: &Subject, bytes: u64) -> anyhow::Result<Figures> {
    let mut scenario = Scenario::new("growth", Signal::Traces).of(1_000);
    scenario.is_durable = true;
    let requests = Requests::new(scenario.shape)?;
    let stage = Stage::set(&Subject::rig(), &scenario, &requests, None).await?;
    let storage = tempfile::tempdir_in(tests::collector::root().join("target"))?;
    let places = Places {
        receivers: vec![process::free_port()],
        sink: process::free_port(),
        storage: storage.path().to_owned(),
    };
    let mut launch = subject.launch(&scenario, &places);
    let queue = "sizer: bytes, queue_size: 40000000000";
    launch.arguments = launch
        .arguments
        .into_iter()
        .map(|argument| argument.to_string_lossy().replace("queue_size: 100", queue).into())
        .collect();
    let pinned = Pinned::start(&launch, None).await?;
    let mut lines = stage.lines.clone();
    lines.ports.clone_from(&places.receivers);
    let book = stage.open_book();
    let full = Rate::Full(scenario.in_flight);
    let load = Load::start(&requests, std::sync::Arc::clone(&book), &lines, full).await?;
    let mut cost = 0.0;
    let mut items = 0.0;
    let begin = tokio::time::Instant::now();
    while size_of(storage.path())? < bytes && begin.elapsed() < Duration::from_secs(300) {
        let (cpu, taken) = (pinned.cpu()?, book.lock().counts.acknowledged);
        tokio::time::sleep(Duration::from_millis(200)).await;
        items = (book.lock().counts.acknowledged - taken) as f64 * 1_000.0;
        cost = (pinned.cpu()? - cpu).as_nanos() as f64 / items;
    }
    load.stop().await;
    let (refused, on_disk) = (book.lock().counts.refused, size_of(storage.path())?);
    let rss = pinned.rss_mib()?;
    pinned.stop(Duration::from_secs(20)).await?;
    let again = Pinned::start(&launch, None).await?;
    let ready = again.ready_after.as_secs_f64() * 1e3;
    drop(again);
    stage.strike().await?;
    Ok(vec![
        ("cpu_ns_per_item", cost),
        ("items_per_s", items * 5.0),
        ("rss_mib", rss),
        ("on_disk_mb", on_disk as f64 / 1e6),
        ("ready_ms", ready),
        ("refused", refused as f64),
    ])
}

fn size_of(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A segment may go while we look.
        let Ok(metadata) = entry.metadata() else { continue };
        bytes += if metadata.is_dir() { size_of(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
