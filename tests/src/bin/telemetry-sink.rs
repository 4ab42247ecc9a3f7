//! `telemetry-sink`: takes the place of a backend and counts what it gets.
//!
//! `GET /counts` at the second address tells, for each signal, what came of each source of numbered
//! telemetry and which of its items are missing.

use std::net::SocketAddr;

use anyhow::Context as _;
use clap::Parser;
use tests::sink::Sink;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// Takes OTLP over gRPC and HTTP at any path that ends as OTLP's do, and counts what it gets.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where OTLP comes in
    #[arg(default_value = "0.0.0.0:4317")]
    otlp: SocketAddr,
    /// Where the counts are told, at /counts
    #[arg(default_value = "0.0.0.0:8000")]
    counts: SocketAddr,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.counts).await.context("where counts are told")?;
    let sink = Sink::start_at(arguments.otlp).await;
    // The first process of a container ends on no signal that it does not ask for.
    let mut stop = signal(SignalKind::terminate())?;
    tokio::select! {
        () = sink.serve(listener) => {}
        _ = stop.recv() => {}
    }
    Ok(())
}
