//! `healthcheck`: asks a running collector whether it is ready, for images without a shell.

use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::{
    cli::{
        args::{Args, Healthcheck},
        load,
    },
    component::Registry,
    net::fetch,
    telemetry::BuildInfo,
};

const DEFAULT_PORT: u16 = 13133;

pub(super) async fn ask(
    args: &Args,
    options: &Healthcheck,
    _registry: &Registry,
    _build_info: &BuildInfo,
) -> Result<(), anyhow::Error> {
    let url = match &options.endpoint {
        Some(url) if url.contains("://") => url.clone(),
        Some(endpoint) => format!("http://{endpoint}/"),
        None => configured(args).await?,
    };
    let answer = fetch::get(&url, Duration::from_secs(options.timeout))
        .await
        .with_context(|| format!("no answer from {url}"))?;
    if answer.status != 200 {
        bail!("{url} answered {}: {}", answer.status, answer.body.trim());
    }
    super::print(&format!("{}\n", answer.body.trim()));
    Ok(())
}

/// The URL of the first health check that the config runs.
async fn configured(args: &Args) -> Result<String, anyhow::Error> {
    let (config, _) = load::sources(args).read().await?;
    let used = config.service.extensions.iter().find(|used| used.id.type_name() == "health_check");
    let settings =
        used.and_then(|used| config.definitions(crate::component::Kind::Extension).get(&used.id));
    let text = |key: &str| settings.and_then(|found| found.node.get(key)?.as_str());
    let endpoint = text("endpoint").map_or_else(|| format!("localhost:{DEFAULT_PORT}"), str::to_owned);
    let path = text("path").unwrap_or("/");
    Ok(format!("http://{}{path}", reachable(&endpoint)))
}

/// Where a listener on all addresses can be reached from the same machine.
fn reachable(endpoint: &str) -> String {
    for any in ["0.0.0.0:", "[::]:", ":"] {
        if let Some(port) = endpoint.strip_prefix(any) {
            return format!("127.0.0.1:{port}");
        }
    }
    endpoint.to_owned()
}
