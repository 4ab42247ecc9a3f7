//! Two collectors with the same processors in the path: CPU time per item of each, and their ratio.
//!
//! `--peer <binary>` names the other collector, which must have the processors used here. Requests of
//! 1,000 items go in and out over gRPC uncompressed, as fast as one pinned core answers them; both
//! collectors take turns, so that what else the machine does hits both.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::bail;
use bytes::Bytes;
use prost::Message as _;

use crate::{
    load::{Answer, Connection, LOGS, TRACES},
    payload,
    process::{self, Pinned},
    sink::Sink,
};

const ITEMS: usize = 1000;
const CONNECTIONS: usize = 4;
const IN_FLIGHT: usize = 4;
const ROUNDS: usize = 3;
const WARM_UP: Duration = Duration::from_secs(1);

/// What is in the path, by signal.
struct Scenario {
    name: &'static str,
    is_logs: bool,
    /// The processor under the name `p`; nothing for none.
    processor: &'static str,
}

const SCENARIOS: &[Scenario] = &[
    Scenario { name: "spans, nothing", is_logs: false, processor: "" },
    Scenario { name: "spans, one insert", is_logs: false, processor: INSERT },
    Scenario { name: "spans, one delete", is_logs: false, processor: DELETE },
    Scenario {
        name: "spans, filter that drops half",
        is_logs: false,
        processor: "filter/p: {trace_conditions: \
                    ['span.attributes[\"http.response.body.size\"] >= 32768']}",
    },
    Scenario {
        name: "spans, one OTTL set",
        is_logs: false,
        processor: "transform/p: {trace_statements: ['set(span.attributes[\"env\"], \"prod\")']}",
    },
    Scenario {
        name: "spans, four OTTL statements",
        is_logs: false,
        processor: "transform/p: {trace_statements: [\
                    'set(span.attributes[\"env\"], \"prod\")', \
                    'delete_key(span.attributes, \"user_agent.original\")', \
                    'set(span.name, span.attributes[\"http.route\"]) where span.kind == SPAN_KIND_SERVER', \
                    'replace_pattern(span.attributes[\"url.path\"], \"[0-9]+\", \"{id}\")']}",
    },
    Scenario { name: "logs, nothing", is_logs: true, processor: "" },
    Scenario { name: "logs, one insert", is_logs: true, processor: INSERT },
    Scenario { name: "logs, one delete", is_logs: true, processor: DELETE },
    Scenario {
        name: "logs, filter that drops half",
        is_logs: true,
        processor: "filter/p: {log_conditions: ['log.severity_number < SEVERITY_NUMBER_WARN']}",
    },
    Scenario {
        name: "logs, one OTTL set",
        is_logs: true,
        processor: "transform/p: {log_statements: ['set(log.attributes[\"env\"], \"prod\")']}",
    },
    Scenario {
        name: "logs, four OTTL statements",
        is_logs: true,
        processor: "transform/p: {log_statements: [\
                    'set(log.attributes[\"env\"], \"prod\")', \
                    'delete_key(log.attributes, \"thread.name\")', \
                    'set(log.severity_text, \"warning\") where log.severity_number == SEVERITY_NUMBER_WARN', \
                    'replace_pattern(log.body, \"customer [0-9]+\", \"customer *\")']}",
    },
];

const INSERT: &str = "attributes/p: {actions: [{key: env, value: prod, action: insert}]}";
const DELETE: &str = "attributes/p: {actions: [{key: http.request.method, action: delete}]}";

/// Runs the scenarios whose names hold `only` and prints a table.
pub(crate) async fn run(
    collectors: [&Path; 2],
    only: &str,
    window: Duration,
) -> anyhow::Result<()> {
    println!("medians of {ROUNDS} turns of {} s each, ns CPU per item\n", window.as_secs());
    println!("| scenario | ours | peer | ratio | items/s ours, peer |");
    println!("|---|---|---|---|---|");
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.name.contains(only)) {
        let mut found = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (collector, found) in collectors.iter().zip(&mut found) {
                found.push(measure(collector, scenario, window).await?);
            }
        }
        let [ours, peer] = found.map(median);
        println!(
            "| {} | {:.0} | {:.0} | 1/{:.1} | {:.0}, {:.0} |",
            scenario.name,
            ours.0,
            peer.0,
            peer.0 / ours.0,
            ours.1,
            peer.1
        );
    }
    Ok(())
}

fn median(mut found: Vec<(f64, f64)>) -> (f64, f64) {
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.get(found.len() / 2).copied().unwrap_or_default()
}

/// CPU time in nanoseconds per item, and items per second.
async fn measure(
    collector: &Path,
    scenario: &Scenario,
    window: Duration,
) -> anyhow::Result<(f64, f64)> {
    let sink = Sink::start(1 << 20).await?;
    let port = process::free_port()?;
    let pinned = Pinned::start(collector, &config(port, sink.port(), scenario), 0, port).await?;
    let stopping = Arc::new(AtomicBool::new(false));
    let (taken, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (path, message) = if scenario.is_logs {
        (LOGS, payload::framed(payload::logs(ITEMS).encode_to_vec(), "none")?)
    } else {
        (TRACES, payload::frame(ITEMS, "none")?)
    };
    let mut lanes = Vec::new();
    for _ in 0..CONNECTIONS {
        let connection = Connection::open(port, "none", Bytes::clone(&message)).await?.to(path);
        for _ in 0..IN_FLIGHT {
            let mut connection = connection.clone();
            let (stopping, taken) = (Arc::clone(&stopping), Arc::clone(&taken));
            let failed = Arc::clone(&failed);
            lanes.push(tokio::task::spawn(async move {
                while !stopping.load(Ordering::Relaxed) {
                    let is_taken = connection.send().await == Answer::Ok;
                    if is_taken { &taken } else { &failed }.fetch_add(1, Ordering::Relaxed);
                }
            }));
        }
    }
    tokio::time::sleep(WARM_UP).await;
    let begin = tokio::time::Instant::now();
    let (cpu, before) = (pinned.cpu()?, taken.load(Ordering::Relaxed));
    tokio::time::sleep(window).await;
    let (cpu, after) = (pinned.cpu()? - cpu, taken.load(Ordering::Relaxed));
    let seconds = begin.elapsed().as_secs_f64();
    stopping.store(true, Ordering::Relaxed);
    for lane in lanes {
        drop(tokio::time::timeout(Duration::from_secs(5), lane).await);
    }
    pinned.stop().await?;
    if failed.load(Ordering::Relaxed) > 0 || after == before {
        bail!("{}: requests failed with {}", scenario.name, collector.display());
    }
    let items = (after - before) as f64 * ITEMS as f64;
    Ok((cpu.as_nanos() as f64 / items, items / seconds))
}

fn config(port: u16, sink: u16, scenario: &Scenario) -> String {
    let signal = if scenario.is_logs { "logs" } else { "traces" };
    let name = scenario.processor.split(':').next().unwrap_or_default();
    let processors = scenario.processor;
    format!(
        "receivers: {{otlp: {{protocols: {{grpc: {{endpoint: 127.0.0.1:{port}, max_recv_msg_size_mib: 64}}}}}}}}\n\
         processors: {{{processors}}}\n\
         exporters: {{otlp: {{endpoint: 127.0.0.1:{sink}, compression: none, tls: {{insecure: true}}, \
         sending_queue: {{enabled: false}}}}}}\n\
         service:\n  telemetry: {{metrics: {{level: none}}}}\n  \
         pipelines:\n    {signal}: {{receivers: [otlp], processors: [{name}], exporters: [otlp]}}\n"
    )
}
