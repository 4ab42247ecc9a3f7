//! A healthy backend beside a bad one: what its clients see before and after the bad one's queue is full.

use std::{path::Path, time::Duration};

use prost::Message as _;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{
    load::{Answer, Connection},
    paced_sink::PacedSink,
    payload,
    process::{self, Pinned},
    sink::Sink,
};

const ITEMS: usize = 100;
const REQUESTS_PER_SECOND: u32 = 200;
const FRAME: u32 = 1 << 20;

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
const SCENARIOS: &[(&str, Neighbour, usize)] = &[
    ("alone", Neighbour::None, 600),
    ("beside one that is away", Neighbour::Away, 600),
    ("beside one that is silent", Neighbour::Silent, 600),
    ("beside a slow one", Neighbour::Slow, 600),
    ("beside a silent one whose queue is larger than memory", Neighbour::Silent, 1_000_000),
];

/// Runs all scenarios whose names hold `only` and prints a table.
pub(crate) async fn run(collector: &Path, only: &str) -> anyhow::Result<()> {
    println!(
        "{REQUESTS_PER_SECOND} requests/s of {ITEMS} items, limit_mib: 100; ms from request to answer: \
         median, 99th percentile\n"
    );
    println!(
        "| scenario | before it is full: taken, refused, ms | after: taken, refused, ms | \
         arrived at the healthy one | RSS MiB, peak |"
    );
    println!("|---|---|---|---|---|");
    for scenario in SCENARIOS.iter().filter(|(name, ..)| name.contains(only)) {
        println!("{}", measure(collector, *scenario).await?);
    }
    Ok(())
}

async fn measure(
    collector: &Path,
    (name, neighbour, queue_size): (&str, Neighbour, usize),
) -> anyhow::Result<String> {
    let request_bytes = payload::request(ITEMS).encoded_len() as u64;
    let healthy = Sink::start(FRAME).await?;
    let slow = PacedSink::start(request_bytes).await?;
    // Connections are made by the kernel; nobody ever reads them.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let bad = match neighbour {
        Neighbour::None => None,
        Neighbour::Away => Some(process::free_port()?),
        Neighbour::Silent => Some(silent.local_addr()?.port()),
        Neighbour::Slow => Some(slow.port()),
    };
    let port = process::free_port()?;
    let pinned =
        Pinned::start(collector, &config(port, healthy.port(), bad, queue_size), 0, port).await?;
    let mut connection = Connection::open(port, "none", payload::frame(ITEMS, "none")?).await?;
    let before = window(&mut connection, Duration::from_millis(2_500)).await;
    // Long enough for memory to run out, at 8 MiB/s.
    window(&mut connection, Duration::from_secs(12)).await;
    let arrived = healthy.bytes();
    let after = window(&mut connection, Duration::from_secs(5)).await;
    let arrived = (healthy.bytes() - arrived) / request_bytes;
    let (rss, peak) = (pinned.rss_mib()?, pinned.peak_rss_mib()?);
    drop(pinned);
    Ok(format!("| {name} | {before} | {after} | {arrived} | {rss:.0}, {peak:.0} |"))
}

/// Sends at a pace for a while, each request after the answer to the one before.
async fn window(connection: &mut Connection, length: Duration) -> String {
    let mut ticks = interval(Duration::from_secs(1) / REQUESTS_PER_SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut millis, mut refused) = (Vec::new(), 0);
    let begin = Instant::now();
    while begin.elapsed() < length {
        ticks.tick().await;
        let sent = Instant::now();
        match connection.send().await {
            Answer::Ok => millis.push(sent.elapsed().as_secs_f64() * 1000.0),
            Answer::Refused | Answer::Failed => refused += 1,
        }
    }
    millis.sort_by(f64::total_cmp);
    let rank = |share: usize| millis.get(millis.len() * share / 100).copied().unwrap_or_default();
    format!("{}, {refused}, {:.1}, {:.1}", millis.len(), rank(50), rank(99))
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
