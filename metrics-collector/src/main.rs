//! Runs the collector for metrics.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::cli::run(metrics_collector::register(common::registry()))
}
