//! Runs the collector for traces.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::cli::run(traces_collector::register(common::registry()))
}
