//! CPU time per item of a collector, OTLP gRPC in and out, beside a sink and a load of our own.
//!
//! `cargo bench -p tests --bench throughput -- --collector target/release/traces-collector` pins the
//! collector to core 0 and itself to core 1, sends prebuilt requests over several connections, open loop
//! at a rate or closed loop as fast as it goes, and prints one line per scenario: CPU time from the
//! operating system per arrived item, items per second, and the collector's resident memory.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(clippy::disallowed_methods, reason = "the rig is no collector: its tasks end with it")]

mod load;
mod payload;
mod process;
mod sink;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, bail};

use load::{Load, Rate};
use process::Pinned;
use sink::Sink;

/// What is measured in one run.
struct Scenario {
    name: &'static str,
    /// Whether the load compresses, and the collector's exporter too.
    coding: &'static str,
    items: usize,
    rate: Rate,
    processors: &'static str,
}

const PACED: Rate = Rate::PerSecond(40_000);
const SCENARIOS: &[Scenario] = &[
    Scenario { name: "none, 40k/s", coding: "none", items: 1000, rate: PACED, processors: "" },
    Scenario { name: "none, full", coding: "none", items: 1000, rate: Rate::Full, processors: "" },
    Scenario { name: "gzip, 40k/s", coding: "gzip", items: 1000, rate: PACED, processors: "" },
    Scenario { name: "gzip, full", coding: "gzip", items: 1000, rate: Rate::Full, processors: "" },
    Scenario { name: "zstd, full", coding: "zstd", items: 1000, rate: Rate::Full, processors: "" },
    Scenario {
        name: "none, 40k/s, batch",
        coding: "none",
        items: 1000,
        rate: PACED,
        processors: "memory_limiter, batch",
    },
    Scenario {
        name: "none, full, batch",
        coding: "none",
        items: 1000,
        rate: Rate::Full,
        processors: "memory_limiter, batch",
    },
    Scenario {
        name: "none, full, batch, 10 a request",
        coding: "none",
        items: 10,
        rate: Rate::Full,
        processors: "memory_limiter, batch",
    },
];

const WARM_UP: Duration = Duration::from_secs(2);

fn main() -> anyhow::Result<()> {
    let mut collector: Option<PathBuf> = None;
    let mut only = String::new();
    let mut window = Duration::from_secs(6);
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{argument} needs a value"))?;
        match &*argument {
            "--collector" => collector = Some(value.into()),
            "--only" => only = value,
            "--seconds" => window = Duration::from_secs(value.parse()?),
            other => bail!("unknown argument {other}; known: --collector, --only, --seconds"),
        }
    }
    let collector = collector.context("--collector <binary> is needed")?;
    process::pin_self(1)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("| scenario | ns CPU per item | items/s | RSS MiB peak |\n|---|---|---|---|");
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.name.contains(&*only)) {
        let row = runtime.block_on(run(&collector, scenario, window))?;
        println!("{row}");
    }
    Ok(())
}

async fn run(
    collector: &std::path::Path,
    scenario: &Scenario,
    window: Duration,
) -> anyhow::Result<String> {
    let sink = Sink::start().await?;
    let port = process::free_port()?;
    let config = config(port, sink.port(), scenario);
    let pinned = Pinned::start(collector, &config, 0, port).await?;
    let load = Load::start(port, scenario.items, scenario.coding, scenario.rate).await?;
    tokio::time::sleep(WARM_UP).await;
    let (cpu, items, begin) = (pinned.cpu()?, sink.items(), tokio::time::Instant::now());
    tokio::time::sleep(window).await;
    let (cpu, items) = (pinned.cpu()? - cpu, sink.items() - items);
    let seconds = begin.elapsed().as_secs_f64();
    let failures = load.stop().await;
    let peak = pinned.peak_rss_mib()?;
    pinned.stop().await?;
    if failures > 0 {
        bail!("{}: {failures} requests failed", scenario.name);
    }
    let per_item = cpu.as_nanos() as f64 / items as f64;
    let rate = items as f64 / seconds;
    Ok(format!("| {} | {per_item:.0} | {rate:.0} | {peak:.0} |", scenario.name))
}

fn config(port: u16, sink: u16, scenario: &Scenario) -> String {
    let Scenario { coding, processors, .. } = scenario;
    format!(
        "receivers: {{otlp: {{protocols: {{grpc: {{endpoint: 127.0.0.1:{port}, max_recv_msg_size_mib: 64}}}}}}}}\n\
         processors:\n  batch:\n  memory_limiter: {{check_interval: 1s, limit_mib: 2000}}\n\
         exporters: {{otlp: {{endpoint: 127.0.0.1:{sink}, compression: {coding}, tls: {{insecure: true}}}}}}\n\
         service:\n  telemetry: {{metrics: {{level: none}}}}\n  pipelines:\n    traces: {{receivers: [otlp], \
         processors: [{processors}], exporters: [otlp]}}\n"
    )
}
