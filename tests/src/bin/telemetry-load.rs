//! `telemetry-load`: sends all three signals at a steady rate, and tells what was acknowledged.
//!
//! It keeps what is not acknowledged and sends it again, as a client must. Every ten seconds, and at its
//! end, it prints one line of JSON with the sums of each signal.

use std::{io::Write as _, sync::Arc, time::Duration};

use clap::Parser;
use common::signal::Signal;
use serde_json::{Map, Value, json};
use tests::{
    chaos::{
        ledger::Ledger,
        load::{Load, LoadSettings},
    },
    numbered::Numbered,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::Instant,
};

const REPORT_EVERY: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(5);
const REQUESTS_PER_SECOND: u64 = 20;

/// Sends numbered spans, data points and log records.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where OTLP over gRPC is taken
    #[arg(long, default_value = "localhost:4317")]
    grpc: String,
    /// Where OTLP over HTTP is taken: every fourth sender of spans and of log records uses it
    #[arg(long, default_value = "localhost:4318")]
    http: String,
    /// Items a second of each signal, at most 1000
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
    rate: u64,
    /// How long to send, in seconds; without it, until SIGTERM
    #[arg(long)]
    seconds: Option<u64>,
    /// How long to wait at the end for what is not acknowledged, in seconds
    #[arg(long, default_value_t = 60)]
    patience: u64,
    /// The `service.instance.id` of what is sent; made up if it is not given
    #[arg(long)]
    source: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let source = arguments.source.clone().unwrap_or_else(|| format!("{:08x}", fastrand::u32(..)));
    let ledgers = Signal::ALL.map(|signal| (signal, Arc::<Ledger>::default()));
    let loads = ledgers
        .each_ref()
        .map(|(signal, ledger)| start(*signal, Arc::clone(ledger), &arguments, &source));
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let end = arguments.seconds.map_or(Duration::MAX, Duration::from_secs);
    let ended = tokio::time::sleep(end);
    tokio::pin!(ended);
    let mut report = tokio::time::interval_at(Instant::now() + REPORT_EVERY, REPORT_EVERY);
    loop {
        tokio::select! {
            () = &mut ended => break,
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = report.tick() => {
                // Nobody asks for them, and they would pile up.
                loads.iter().for_each(|load| drop(load.take_latencies()));
                say(&sums(&source, &ledgers, false));
            }
        }
    }
    let patience = Duration::from_secs(arguments.patience);
    futures_util::future::join_all(loads.map(|load| load.stop(patience))).await;
    say(&sums(&source, &ledgers, true));
    Ok(())
}

fn start(signal: Signal, ledger: Arc<Ledger>, arguments: &Arguments, source: &str) -> Load {
    let settings = LoadSettings {
        grpc: vec![arguments.grpc.clone()],
        http: Some(arguments.http.clone()),
        // The points of a series must leave in their order, or it would seem to start anew.
        senders: if signal == Signal::Metrics { 1 } else { 4 },
        request_items: arguments.rate.div_ceil(REQUESTS_PER_SECOND),
        rate: Some(arguments.rate),
        timeout: TIMEOUT,
        forgets: false,
    };
    Load::start(settings, Numbered::new(signal, source), ledger)
}

fn sums(source: &str, ledgers: &[(Signal, Arc<Ledger>); 3], is_done: bool) -> Value {
    let mut line =
        Map::from_iter([("source".to_owned(), source.into()), ("done".to_owned(), is_done.into())]);
    for (signal, ledger) in ledgers {
        let totals = ledger.totals();
        let counts = json!({
            "numbered": totals.numbered,
            "acknowledged": totals.acknowledged,
            "refused": totals.refused,
            "put_off": totals.put_off,
            "unanswered": totals.unanswered,
        });
        line.insert(signal.name().to_owned(), counts);
    }
    line.into()
}

fn say(line: &Value) {
    // Whoever closed the pipe does not want to know.
    drop(writeln!(std::io::stdout(), "{line}"));
}
