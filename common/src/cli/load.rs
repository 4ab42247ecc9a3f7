//! The config as the command line names it, and `validate`.

use std::io::Write as _;

use crate::{
    cli::{args::Args, run},
    component::Registry,
    config::{ConfigError, Prepared, Sources},
    service,
    telemetry::BuildInfo,
};

/// The variable with the endpoint of a health check for containers.
const DEFAULT_HEALTH: &str = "OTELCOL_DEFAULT_HEALTH";

/// The config sources of a command line.
pub(super) fn sources(args: &Args) -> Sources {
    Sources {
        uris: args.config.clone(),
        sets: args.set.clone(),
        default_health: std::env::var(DEFAULT_HEALTH).ok().filter(|value| !value.is_empty()),
    }
}

/// Checks the config and builds everything without opening a port; warnings go to standard error.
pub(super) async fn validate(
    args: &Args,
    registry: &Registry,
    build_info: &BuildInfo,
) -> Result<(), anyhow::Error> {
    let prepared = prepare(args, registry, build_info).await?;
    let host = run::host(args, &prepared, build_info.clone());
    service::build_only(&prepared, registry, &host)?;
    for warning in &prepared.warnings {
        drop(writeln!(std::io::stderr(), "warning: {warning}"));
    }
    Ok(())
}

pub(super) async fn prepare(
    args: &Args,
    registry: &Registry,
    build_info: &BuildInfo,
) -> Result<Prepared, ConfigError> {
    sources(args).prepare(registry, &build_info.command).await
}
