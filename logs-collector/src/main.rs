//! Runs the collector for logs.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::cli::run(logs_collector::register(common::registry()))
}
