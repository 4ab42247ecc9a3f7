//! The command line that all four binaries share.
//!
//! Exit codes: 0 for a clean end, 1 for an error in the config, at the start or while running, 2 for a
//! wrong command line.

mod args;
mod check;
mod components;
mod healthcheck;
mod load;
mod print_config;
mod run;

use std::{io::Write as _, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser as _;

use crate::{
    component::Registry,
    service,
    signal::{Signal, SignalSet},
    telemetry::BuildInfo,
};

use args::{Args, Command};

/// Runs a collector with the components of a registry: the body of every `main`.
#[must_use]
pub fn run(registry: Registry) -> ExitCode {
    let build_info = build_info(registry.signals());
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return args::answer(&error, &build_info),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(worker_threads())
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("failed to start the runtime: {error}")),
    };
    let result = runtime.block_on(dispatch(args, Arc::new(registry), build_info));
    // Tasks that ignore their stop must not keep the process: everything owned was waited for.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&service::with_causes(&*error)),
    }
}

async fn dispatch(
    args: Args,
    registry: Arc<Registry>,
    build_info: BuildInfo,
) -> Result<(), anyhow::Error> {
    match &args.command {
        None => run::run(&args, registry, build_info).await,
        Some(Command::Validate) => load::validate(&args, &registry, &build_info).await,
        Some(Command::Check) => check::check(&args, &registry, build_info).await,
        Some(Command::Components) => components::list(&registry, &build_info),
        Some(Command::PrintConfig(options)) => {
            print_config::print(&args, options, &registry, &build_info).await
        }
        Some(Command::Healthcheck(options)) => healthcheck::ask(&args, options).await,
        Some(Command::Sleep(options)) => {
            tokio::time::sleep(Duration::from_secs(options.seconds)).await;
            Ok(())
        }
    }
}

/// As many as the container or CPU mask allows.
fn worker_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn build_info(signals: SignalSet) -> BuildInfo {
    let mut served = signals.iter();
    let (command, description) = match (served.next(), served.next()) {
        (Some(only), None) => (only.collector(), describe(only)),
        _ => ("combined-collector", "Tercet: traces, metrics and logs in one process"),
    };
    BuildInfo {
        command: command.into(),
        description: description.into(),
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

const fn describe(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "Tercet: the collector for traces",
        Signal::Metrics => "Tercet: the collector for metrics",
        Signal::Logs => "Tercet: the collector for logs",
    }
}

fn fail(message: &str) -> ExitCode {
    // A closed stderr leaves nobody to tell.
    drop(writeln!(std::io::stderr(), "Error: {message}"));
    ExitCode::FAILURE
}

/// Writes to standard output; a reader that went away is no error.
fn print(text: &str) {
    drop(std::io::stdout().write_all(text.as_bytes()));
}
