//! CPU time per item of a collector, OTLP gRPC in and out, beside a sink and a load of our own.
//!
//! `cargo bench -p tests --bench throughput -- --collector target/release/traces-collector` (the default) pins the
//! collector to core 0 and itself to core 1, sends prebuilt requests over several connections, open loop
//! at a rate or closed loop as fast as it goes, and prints one line per scenario: CPU time from the
//! operating system per arrived item, items per second, how busy both cores were, and the collector's
//! resident memory. `--only <text>` runs the scenarios with that text in their names. `--overload <seconds>`
//! sends ten times what a slow backend takes instead, on a thousand connections; `--isolation yes` puts bad
//! backends beside a healthy one; `--peer <binary>` compares both collectors with processors in the path.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(clippy::disallowed_methods, reason = "the rig is no collector: its tasks end with it")]

mod isolation;
mod load;
mod overload;
mod paced_sink;
mod payload;
mod process;
mod processing;
mod sink;

use std::{path::Path, time::Duration};

use anyhow::{Context as _, bail};

use load::{Load, Rate};
use process::Pinned;
use prost::Message as _;
use sink::Sink;

/// What is measured in one run.
struct Scenario {
    name: &'static str,
    /// Whether the load compresses, and the collector's exporter too.
    coding: &'static str,
    items: usize,
    rate: Rate,
    processors: &'static str,
    /// Whether the queue is on disk, every record synced before its request is answered.
    is_durable: bool,
    /// The size of the HTTP/2 frames of the load, and those that the sink takes.
    frame: u32,
}

impl Scenario {
    const fn new(name: &'static str, coding: &'static str, rate: Rate) -> Self {
        Self { name, coding, items: 1000, rate, processors: "", is_durable: false, frame: 4 << 20 }
    }

    const fn of(self, items: usize) -> Self {
        Self { items, ..self }
    }

    const fn batched(self) -> Self {
        Self { processors: "memory_limiter, batch", ..self }
    }

    const fn durable(self) -> Self {
        Self { is_durable: true, ..self }
    }

    /// As Go clients write whatever the server allows, and as Go servers want them.
    const fn in_small_frames(self) -> Self {
        Self { frame: 16 << 10, ..self }
    }
}

const PACED: Rate = Rate::PerSecond(40_000);
const SCENARIOS: &[Scenario] = &[
    Scenario::new("none, 40k/s", "none", PACED),
    Scenario::new("none, full", "none", Rate::Full),
    Scenario::new("none, full, 16 KiB frames", "none", Rate::Full).in_small_frames(),
    Scenario::new("gzip, 40k/s", "gzip", PACED),
    Scenario::new("gzip, full", "gzip", Rate::Full),
    Scenario::new("zstd, 40k/s", "zstd", PACED),
    Scenario::new("zstd, full", "zstd", Rate::Full),
    Scenario::new("none, 40k/s, batch", "none", PACED).batched(),
    Scenario::new("none, full, batch", "none", Rate::Full).batched(),
    Scenario::new("gzip, full, batch", "gzip", Rate::Full).batched(),
    Scenario::new("none, 20k/s, batch, 10 a request", "none", Rate::PerSecond(20_000))
        .batched()
        .of(10),
    Scenario::new("none, full, batch, 10 a request", "none", Rate::Full).batched().of(10),
    Scenario::new("none, full, 10 a request", "none", Rate::Full).of(10),
    Scenario::new("none, 40k/s, durable", "none", PACED).durable(),
    Scenario::new("none, full, durable", "none", Rate::Full).durable(),
    Scenario::new("none, full, durable, batch", "none", Rate::Full).durable().batched(),
    Scenario::new("gzip, full, durable, batch", "gzip", Rate::Full).durable().batched(),
    Scenario::new("none, full, durable, batch, 10 a request", "none", Rate::Full)
        .durable()
        .batched()
        .of(10),
];

const WARM_UP: Duration = Duration::from_secs(2);

fn main() -> anyhow::Result<()> {
    let mut collector = tests::collector::root().join("target/release/traces-collector");
    let mut only = String::new();
    let mut window = Duration::from_secs(6);
    let mut overload = None;
    let mut is_isolation = false;
    let mut peer = None;
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{argument} needs a value"))?;
        match &*argument {
            "--collector" => collector = value.into(),
            "--only" => only = value,
            "--peer" => peer = Some(std::path::PathBuf::from(value)),
            "--overload" => overload = Some(Duration::from_secs(value.parse()?)),
            "--isolation" => is_isolation = value == "yes",
            "--seconds" => window = Duration::from_secs(value.parse()?),
            other => {
                bail!(
                    "unknown argument {other}; known: --collector, --isolation, --only, --overload, \
                 --peer, --seconds"
                )
            }
        }
    }
    process::pin_self(1)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if is_isolation {
        return runtime.block_on(isolation::run(&collector, &only));
    }
    if let Some(peer) = peer {
        return runtime.block_on(processing::run([&collector, &peer], &only, window));
    }
    if let Some(seconds) = overload {
        return runtime.block_on(overload::run(&collector, &only, seconds));
    }
    println!("{}\n", runtime.block_on(idle(&collector))?);
    println!("| scenario | ns CPU per item | items/s | core in use, rig's core | RSS MiB, peak |");
    println!("|---|---|---|---|---|");
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.name.contains(&*only)) {
        let row = runtime.block_on(run(&collector, scenario, window))?;
        println!("{row}");
    }
    Ok(())
}

/// What it costs to have a collector that nobody uses.
async fn idle(collector: &Path) -> anyhow::Result<String> {
    let mut ready = Vec::new();
    let mut rss: f64 = 0.0;
    for _ in 0..5 {
        let port = process::free_port()?;
        let scenario = Scenario::new("idle", "none", Rate::Full).batched();
        let config = config((port, process::free_port()?), &scenario, Path::new(""));
        let pinned = Pinned::start(collector, &config, 0, port).await?;
        tokio::time::sleep(WARM_UP).await;
        ready.push(pinned.ready_after);
        rss = rss.max(pinned.rss_mib()?);
        pinned.stop().await?;
    }
    ready.sort_unstable();
    let size = std::fs::metadata(collector)?.len() as f64 / 1e6;
    let ready = ready.get(ready.len() / 2).context("it was started")?;
    Ok(format!("ready after {ready:.0?}, idle {rss:.1} MiB resident, binary {size:.1} MB"))
}

async fn run(collector: &Path, scenario: &Scenario, window: Duration) -> anyhow::Result<String> {
    let sink = Sink::start(scenario.frame).await?;
    let port = process::free_port()?;
    let storage = tempfile::tempdir_in(tests::collector::root().join("target"))?;
    let config = config((port, sink.port()), scenario, storage.path());
    let pinned = Pinned::start(collector, &config, 0, port).await?;
    let Scenario { items, coding, frame, rate, .. } = *scenario;
    let load = Load::start(port, items, (coding, frame as usize), rate).await?;
    tokio::time::sleep(WARM_UP).await;
    let begin = tokio::time::Instant::now();
    let (cpu, own, bytes) = (pinned.cpu()?, process::cpu("self")?, sink.bytes());
    tokio::time::sleep(window).await;
    let (cpu, own) = (pinned.cpu()? - cpu, process::cpu("self")? - own);
    let bytes = (sink.bytes() - bytes) as f64;
    let seconds = begin.elapsed().as_secs_f64();
    let (rss, peak) = (pinned.rss_mib()?, pinned.peak_rss_mib()?);
    let failures = load.stop().await;
    pinned.stop().await?;
    if failures > 0 {
        bail!("{}: {failures} requests failed", scenario.name);
    }
    let arrived = bytes / payload::request(items).encoded_len() as f64 * items as f64;
    let per_item = cpu.as_nanos() as f64 / arrived;
    let rate = arrived / seconds;
    let share = |cpu: Duration| cpu.as_secs_f64() / seconds * 100.0;
    let (cpu, own) = (share(cpu), share(own));
    let name = scenario.name;
    Ok(format!(
        "| {name} | {per_item:.0} | {rate:.0} | {cpu:.0}%, {own:.0}% | {rss:.0}, {peak:.0} |"
    ))
}

fn config((port, sink): (u16, u16), scenario: &Scenario, storage: &Path) -> String {
    let Scenario { coding, processors, is_durable, .. } = scenario;
    let (extension, queue) = if *is_durable {
        let directory = storage.display();
        (format!("file_storage: {{directory: {directory}}}"), ", storage: file_storage")
    } else {
        (String::new(), "")
    };
    let extensions = if *is_durable { "file_storage" } else { "" };
    format!(
        "extensions: {{{extension}}}\n\
         receivers: {{otlp: {{protocols: {{grpc: {{endpoint: 127.0.0.1:{port}, max_recv_msg_size_mib: 64}}}}}}}}\n\
         processors:\n  batch:\n  memory_limiter: {{check_interval: 1s, limit_mib: 2000}}\n\
         exporters: {{otlp: {{endpoint: 127.0.0.1:{sink}, compression: {coding}, tls: {{insecure: true}}, \
         sending_queue: {{queue_size: 100, block_on_overflow: true{queue}}}}}}}\n\
         service:\n  extensions: [{extensions}]\n  telemetry: {{metrics: {{level: none}}}}\n  \
         pipelines:\n    traces: {{receivers: [otlp], processors: [{processors}], exporters: [otlp]}}\n"
    )
}
