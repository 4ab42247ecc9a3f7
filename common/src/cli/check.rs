//! `check`: validates, then dials every exporter's endpoint.

use std::time::Duration;

use crate::{
    cli::{args::Args, load, run},
    component::Registry,
    service,
    telemetry::BuildInfo,
};

/// Longer than any backend that is well takes to answer an empty request.
const PATIENCE: Duration = Duration::from_secs(10);

/// Prints one line per exporter and signal; fails if one does not answer as it should.
pub(super) async fn check(
    args: &Args,
    registry: &Registry,
    build_info: BuildInfo,
) -> Result<(), anyhow::Error> {
    let prepared = load::prepare(args, registry, &build_info).await?;
    let host = run::host(args, &prepared, build_info);
    let mut report = String::new();
    let mut failures = 0_usize;
    let exits = service::exporters(&prepared, registry, &host)?;
    exits.start().await?;
    for (name, export) in &exits.exports {
        let answer = tokio::time::timeout(PATIENCE, export.check()).await;
        let (verdict, text) = match answer {
            Ok(Ok(text)) => ("ok", text),
            Ok(Err(text)) => ("failed", text),
            Err(_) => ("failed", format!("no answer within {PATIENCE:?}")),
        };
        failures += usize::from(verdict == "failed");
        report.push_str(&format!("{verdict}: {name}: {text}\n"));
    }
    exits.stop().await;
    super::print(&report);
    if failures == 0 {
        return Ok(());
    }
    anyhow::bail!("{failures} of the exporters cannot be reached")
}
