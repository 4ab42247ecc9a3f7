//! Ten times what the backend takes, on a thousand connections: what is resident, what still arrives, and
//! how soon all is well again.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use prost::Message as _;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::{
    load::{Answer, Connection},
    paced_sink::PacedSink,
    payload,
    process::{self, Pinned},
};

/// What the backend takes, and how much more comes.
const CAPACITY: u64 = 20_000;
const EXCESS: u64 = 10;
const CONNECTIONS: usize = 1_000;
/// Requests that a client leaves unanswered before it waits.
const IN_FLIGHT: usize = 4;
const LIMIT_MIB: u64 = 100;
/// An answer that comes later than this is no recovery.
const PROMPT: Duration = Duration::from_millis(500);

struct Scenario {
    name: &'static str,
    items: usize,
    coding: &'static str,
    processors: &'static str,
    delivery: &'static str,
}

const NO_QUEUE: &str = "sending_queue: {enabled: false}";
const SMALL_QUEUE: &str = "sending_queue: {queue_size: 100}";
/// Full after some seconds, so that most of the time it refuses.
const ON_DISK: &str = "sending_queue: {storage: file_storage, sizer: bytes, queue_size: 50000000}";
const SCENARIOS: &[Scenario] = &[
    Scenario { processors: ", batch", ..Scenario::new("batch, queue on disk", ON_DISK) },
    Scenario::new("queue of 100", SMALL_QUEUE),
    Scenario { coding: "gzip", ..Scenario::new("queue of 100, gzip", SMALL_QUEUE) },
    Scenario { processors: ", batch", ..Scenario::new("batch, queue", SMALL_QUEUE) },
    Scenario { items: 1_000, ..Scenario::new("queue of 100, 1,000 a request", SMALL_QUEUE) },
    Scenario::new("no queue", NO_QUEUE),
    Scenario { coding: "gzip", ..Scenario::new("no queue, gzip", NO_QUEUE) },
    Scenario { items: 1_000, ..Scenario::new("no queue, 1,000 a request", NO_QUEUE) },
];

impl Scenario {
    const fn new(name: &'static str, delivery: &'static str) -> Self {
        Self { name, items: 100, coding: "none", processors: "", delivery }
    }
}

/// Runs all scenarios whose names hold `only` and prints a table.
pub(crate) async fn run(collector: &Path, only: &str, seconds: Duration) -> anyhow::Result<()> {
    println!(
        "{CONNECTIONS} connections, {} items/s offered, backend takes {CAPACITY}, limit_mib: {LIMIT_MIB}\n",
        CAPACITY * EXCESS
    );
    println!(
        "| scenario | goodput | acknowledged, refused, failed per s | RSS MiB: connected, peak, 5 s after | \
         collector's core | recovery |"
    );
    println!("|---|---|---|---|---|---|");
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.name.contains(only)) {
        println!("{}", measure(collector, scenario, seconds).await?);
    }
    Ok(())
}

#[derive(Default)]
struct Counts {
    ok: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
}

async fn measure(
    collector: &Path,
    scenario: &Scenario,
    seconds: Duration,
) -> anyhow::Result<String> {
    let items = scenario.items;
    let item_bytes = payload::request(items).encoded_len() as u64 / items as u64;
    let sink = PacedSink::start(CAPACITY * item_bytes).await?;
    let port = process::free_port()?;
    let storage = tempfile::tempdir_in(tests::collector::root().join("target"))?;
    let config = config((port, sink.port()), scenario, storage.path());
    let pinned = Pinned::start(collector, &config, 0, port).await?;
    let frame = payload::frame(items, scenario.coding)?;
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(port, scenario.coding, frame.clone()).await?);
    }
    let mut probe = Connection::open(port, scenario.coding, frame).await?;
    let connected = pinned.rss_mib()?;
    let counts = Arc::new(Counts::default());
    let pause = CONNECTIONS as f64 * items as f64 / (CAPACITY * EXCESS) as f64;
    let ends_at = Instant::now() + seconds;
    let clients: Vec<_> = connections
        .into_iter()
        .map(|connection| {
            let pause = Duration::from_secs_f64(pause);
            tokio::task::spawn(client(connection, pause, ends_at, Arc::clone(&counts)))
        })
        .collect();
    let warm_up = seconds / 5;
    tokio::time::sleep(warm_up).await;
    let (begin, taken, cpu) = (Instant::now(), sink.bytes(), pinned.cpu()?);
    while Instant::now() < ends_at {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let window = begin.elapsed().as_secs_f64();
    let goodput = (sink.bytes() - taken) as f64 / window / (CAPACITY * item_bytes) as f64 * 100.0;
    let cpu = (pinned.cpu()? - cpu).as_secs_f64() / window * 100.0;
    let peak = pinned.peak_rss_mib()?;
    let recovery = recovery(&mut probe).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let after = pinned.rss_mib()?;
    clients.iter().for_each(tokio::task::JoinHandle::abort);
    drop(clients);
    let per_second =
        |count: &AtomicU64| count.load(Ordering::Relaxed) as f64 / seconds.as_secs_f64();
    let counts = [&counts.ok, &counts.refused, &counts.failed].map(per_second);
    let [ok, refused, failed] = counts;
    pinned.stop().await.ok();
    Ok(format!(
        "| {} | {goodput:.1}% | {ok:.0}, {refused:.0}, {failed:.0} | \
         {connected:.0}, {peak:.0}, {after:.0} | {cpu:.0}% | {recovery} |",
        scenario.name
    ))
}

/// Sends at a pace, whatever is answered, until the end.
async fn client(connection: Connection, pause: Duration, ends_at: Instant, counts: Arc<Counts>) {
    let mut ticks = interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Spread over the first pause, or all would send at once.
    tokio::time::sleep(pause.mul_f64(fastrand_share())).await;
    let mut under_way = FuturesUnordered::new();
    while Instant::now() < ends_at {
        tokio::select! {
            _ = ticks.tick(), if under_way.len() < IN_FLIGHT => {
                let mut connection = connection.clone();
                under_way.push(async move { connection.send().await });
            }
            Some(answer) = under_way.next() => count(&counts, answer),
        }
    }
    while let Some(answer) = under_way.next().await {
        count(&counts, answer);
    }
}

fn count(counts: &Counts, answer: Answer) {
    let counter = match answer {
        Answer::Ok => &counts.ok,
        Answer::Refused => &counts.refused,
        Answer::Failed => &counts.failed,
    };
    counter.fetch_add(1, Ordering::Relaxed);
}

/// How long after the load's end requests are taken promptly again.
async fn recovery(probe: &mut Connection) -> String {
    let ended = Instant::now();
    let mut since = None;
    while ended.elapsed() < Duration::from_secs(60) {
        let begin = Instant::now();
        let answer = timeout(Duration::from_secs(10), probe.send()).await;
        let is_well = matches!(answer, Ok(Answer::Ok)) && begin.elapsed() < PROMPT;
        if !is_well {
            since = None;
        } else if *since.get_or_insert(begin) + Duration::from_secs(2) < Instant::now() {
            let after = since.unwrap_or(begin) - ended;
            return format!("{:.1} s", after.as_secs_f64());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    "none within 60 s".to_owned()
}

/// A number from 0 to 1 that differs between clients.
fn fastrand_share() -> f64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    (NEXT.fetch_add(619, Ordering::Relaxed) % 1_000) as f64 / 1_000.0
}

fn config((port, sink): (u16, u16), scenario: &Scenario, storage: &Path) -> String {
    let Scenario { coding, processors, delivery, .. } = scenario;
    let storage = storage.display();
    format!(
        "extensions: {{file_storage: {{directory: {storage}}}}}\n\
         receivers: {{otlp: {{protocols: {{grpc: {{endpoint: 127.0.0.1:{port}}}}}}}}}\n\
         processors:\n  batch:\n  memory_limiter: {{check_interval: 1s, limit_mib: {LIMIT_MIB}}}\n\
         exporters: {{otlp: {{endpoint: 127.0.0.1:{sink}, compression: {coding}, tls: {{insecure: true}}, \
         {delivery}}}}}\n\
         service:\n  extensions: [file_storage]\n  telemetry: {{metrics: {{level: none}}}}\n  pipelines:\n    traces: {{receivers: [otlp], \
         processors: [memory_limiter{processors}], exporters: [otlp]}}\n"
    )
}
