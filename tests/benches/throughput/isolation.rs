//! A healthy backend beside a bad one: what its clients see before and after the bad one's queue is full.

use std::{path::Path, sync::Arc, time::Duration};

use common::signal::Signal;
use parking_lot::Mutex;

use crate::{
    Run, book,
    book::Book,
    load::{Lines, Load, Rate},
    measure::Phases,
    payload::Requests,
    process::{self, Launch, Pinned},
    scenarios::Scenario,
    sink::{Behaviour, Sink},
    stage::{Figures, times},
    subject::{Family, Subject},
};

const ITEMS: usize = 100;
const ITEMS_PER_SECOND: u64 = 20_000;
/// What the slow one takes.
const SLOW: u64 = ITEMS_PER_SECOND / 2;

/// What stands beside the healthy backend.
#[derive(Clone, Copy, Debug)]
enum Neighbour {
    None,
    Away,
    Silent,
    Slow,
}

/// Name, neighbour, and the size of its queue: 600 requests come within three seconds, and more than
/// memory holds never.
const NEIGHBOURS: &[(&str, Neighbour, usize)] = &[
    ("isolation: alone", Neighbour::None, 600),
    ("isolation: beside one that is away", Neighbour::Away, 600),
    ("isolation: beside one that is silent", Neighbour::Silent, 600),
    ("isolation: beside a slow one", Neighbour::Slow, 600),
    (
        "isolation: beside a silent one whose queue is larger than memory",
        Neighbour::Silent,
        1_000_000,
    ),
];

/// Runs all of them.
pub(crate) async fn run(run: &mut Run) -> anyhow::Result<()> {
    let scenario = Scenario::new("isolation", Signal::Traces).of(ITEMS);
    let requests = Requests::new(scenario.shape)?;
    for (name, neighbour, queue_size) in NEIGHBOURS {
        if !run.arguments.wants(name) {
            continue;
        }
        run.begin(name, "isolation");
        for subject in &run.arguments.subjects {
            if matches!(subject.family, Family::Ours | Family::Yaml) {
                let phases = measure(subject, &requests, (*neighbour, *queue_size)).await?;
                run.results.add(name, &subject.name, &phases);
            }
        }
        run.end(name)?;
    }
    Ok(())
}

async fn measure(
    subject: &Subject,
    requests: &Requests,
    (neighbour, queue_size): (Neighbour, usize),
) -> anyhow::Result<Phases> {
    let open_book = || Arc::new(Mutex::new(Book::new(requests.bodies.len(), ITEMS as u64)));
    let behaviour = Behaviour::of(&requests.shape, 1 << 20);
    let healthy = Sink::start(behaviour, open_book()).await?;
    let slow = Sink::start(Behaviour { pace: Some(SLOW), ..behaviour }, open_book()).await?;
    // Connections are made by the kernel; nobody ever reads them.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let bad = match neighbour {
        Neighbour::None => None,
        Neighbour::Away => Some(process::free_port()),
        Neighbour::Silent => Some(silent.local_addr()?.port()),
        Neighbour::Slow => Some(slow.port()),
    };
    let port = process::free_port();
    let pinned =
        start(&subject.binary, port, &config(port, healthy.port(), bad, queue_size)).await?;
    let lines = Lines { ports: vec![port], connections: 1, frame: 1 << 20, most_open: usize::MAX };
    let mut phases = Phases::new();
    // Memory runs out within the second one, at 8 MiB/s.
    for (name, seconds) in [("before it is full", 2.5), ("while it fills", 12.0), ("after", 5.0)] {
        let book = open_book();
        healthy.turn_to(Arc::clone(&book));
        let rate = Rate::PerSecond(ITEMS_PER_SECOND);
        let load = Load::start(requests, Arc::clone(&book), &lines, rate).await?;
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        load.stop().await;
        book::settled(&book, Duration::from_secs(2)).await;
        let mut figures = times(&book);
        let counts = book.lock().counts;
        let lost = book.lock().missing();
        let more: Figures = [
            ("acknowledged", counts.acknowledged),
            ("refused", counts.refused),
            ("failed", counts.failed),
            ("lost", lost),
        ]
        .map(|(name, count)| (name, count as f64))
        .to_vec();
        figures.extend(more);
        figures.push(("peak_mib", pinned.peak_rss_mib()?));
        phases.push((name.to_owned(), figures));
    }
    Ok(phases)
}

async fn start(binary: &Path, port: u16, config: &str) -> anyhow::Result<Pinned> {
    let launch = Launch {
        binary: binary.to_owned(),
        arguments: vec![format!("--config=yaml:{config}").into()],
        environment: Vec::new(),
        cores: "0",
        port,
    };
    Pinned::start(&launch, None).await
}

fn config(port: u16, healthy: u16, bad: Option<u16>, queue_size: usize) -> String {
    let exporter = |name: &str, port: u16, queue_size: usize| {
        format!(
            "  otlp/{name}: {{endpoint: 127.0.0.1:{port}, compression: none, tls: {{insecure: true}}, \
             sending_queue: {{queue_size: {queue_size}}}}}\n"
        )
    };
    let mut exporters = exporter("healthy", healthy, 1_000);
    exporters.extend(bad.map(|port| exporter("bad", port, queue_size)));
    let ids = if bad.is_some() { "otlp/healthy, otlp/bad" } else { "otlp/healthy" };
    format!(
        "receivers: {{otlp: {{protocols: {{grpc: {{endpoint: 127.0.0.1:{port}}}}}}}}}\n\
         processors:\n  memory_limiter: {{check_interval: 1s, limit_mib: 100}}\n\
         exporters:\n{exporters}service:\n  telemetry: {{metrics: {{level: none}}}}\n  pipelines:\n    \
         traces: {{receivers: [otlp], processors: [memory_limiter], exporters: [{ids}]}}\n"
    )
}
