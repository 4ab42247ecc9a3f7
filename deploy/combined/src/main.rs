//! Runs all three collectors in one process.

use std::process::ExitCode;

fn main() -> ExitCode {
    let registry = traces_collector::register(common::registry());
    let registry = metrics_collector::register(registry);
    common::cli::run(logs_collector::register(registry))
}
