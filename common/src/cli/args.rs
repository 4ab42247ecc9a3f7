//! What can be written on the command line.

use std::{io::Write as _, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::telemetry::BuildInfo;

/// An OpenTelemetry Collector that reads the Go collector's YAML unchanged.
#[derive(Debug, Parser)]
#[command(disable_version_flag = true, propagate_version = false)]
pub(super) struct Args {
    /// Where to read the config: a path, or file:, env:, yaml:, http(s):. Repeat to merge, later wins.
    #[arg(long, global = true, value_name = "URI")]
    pub(super) config: Vec<String>,

    /// Sets one value over all configs: path.to.key=yaml.
    #[arg(long, global = true, value_name = "PATH=YAML")]
    pub(super) set: Vec<String>,

    /// Upstream's feature gates; none has an effect here, each is told once.
    #[arg(
        long,
        global = true,
        value_name = "LIST",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(super) feature_gates: Vec<String>,

    /// The address that listeners without a host bind.
    #[arg(long, global = true, value_name = "HOST", env = "OTELCOL_DEFAULT_HOST")]
    pub(super) default_host: Option<String>,

    /// Reads the config again whenever a file of it changes, as SIGHUP does.
    #[arg(long)]
    pub(super) watch: bool,

    /// How long a stop may take to drain, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub(super) shutdown_timeout: u64,

    /// Prints the version.
    #[arg(long, short = 'v')]
    pub(super) version: bool,

    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Checks the config and builds everything without opening a port; silent if all is well.
    Validate,
    /// Validates, then dials every exporter and says what answers.
    Check,
    /// Lists the components of this binary.
    Components,
    /// Prints the config with defaults filled in and secrets hidden.
    #[command(alias = "print-initial-config")]
    PrintConfig(PrintConfig),
    /// Asks a running collector's health check; exit code 0 if it is ready.
    Healthcheck(Healthcheck),
    /// Waits; for a preStop hook in an image that has no shell.
    Sleep(Sleep),
}

#[derive(Debug, clap::Args)]
pub(super) struct PrintConfig {
    /// `redacted` or `unredacted`.
    #[arg(long, default_value = "redacted")]
    pub(super) mode: String,
    /// `yaml` or `json`.
    #[arg(long, default_value = "yaml")]
    pub(super) format: String,
    /// Whether to validate first.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub(super) validate: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Healthcheck {
    /// The URL to ask; by default that of the config's health_check, or http://127.0.0.1:13133/.
    #[arg(long)]
    pub(super) endpoint: Option<String>,
    /// How long to wait for the answer, in seconds.
    #[arg(long, default_value_t = 5)]
    pub(super) timeout: u64,
}

#[derive(Debug, clap::Args)]
pub(super) struct Sleep {
    /// How long, in seconds.
    pub(super) seconds: u64,
}

/// Prints help to standard output, and what is wrong with the arguments to standard error.
pub(super) fn answer(error: &clap::Error, build_info: &BuildInfo) -> ExitCode {
    let text = error
        .render()
        .to_string()
        .replace("Usage: common", &format!("Usage: {}", build_info.command));
    if error.use_stderr() {
        drop(std::io::stderr().write_all(text.as_bytes()));
        ExitCode::from(2)
    } else {
        super::print(&text);
        ExitCode::SUCCESS
    }
}
