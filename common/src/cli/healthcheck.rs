//! `healthcheck`: asks a running collector whether it is ready, for images without a shell.

use std::time::Duration;

use anyhow::bail;
use serde::Deserialize;

use crate::{
    cli::{
        args::{Args, Healthcheck},
        load,
    },
    component::Kind,
    net::{self, Trust},
    settings::{NoneByDefault, TlsServerSettings, decode_own},
};

const DEFAULT_PORT: u16 = 13133;

pub(super) async fn ask(args: &Args, options: &Healthcheck) -> Result<(), anyhow::Error> {
    let (url, trust) = match &options.endpoint {
        Some(url) if url.contains("://") => (url.clone(), Trust::System),
        Some(endpoint) => (format!("http://{endpoint}/"), Trust::System),
        // The collector of our own config, whose certificate is for other names than this machine's.
        None => (configured(args).await?, Trust::Anybody),
    };
    let patience = Duration::from_secs(options.timeout);
    match net::ask(&url, patience, trust).await {
        Ok((200, body)) => {
            super::print(&format!("{}\n", body.trim()));
            Ok(())
        }
        Ok((status, body)) => bail!("{url} answered {status}: {}", body.trim()),
        Err(error) => bail!("no answer from {url}: {error}"),
    }
}

/// The URL of the first health check that the config runs.
async fn configured(args: &Args) -> Result<String, anyhow::Error> {
    let sources = load::sources(args);
    // An image asks without naming the config that its collector runs, which serves this by default.
    if let Some(endpoint) = sources.default_health.as_ref().filter(|_| args.config.is_empty()) {
        return Ok(format!("http://{}/", reachable(endpoint)));
    }
    let (config, _) = sources.read().await?;
    let used = config.service.extensions.iter().find(|used| used.id.type_name() == "health_check");
    let settings = used.and_then(|used| config.definitions(Kind::Extension).get(&used.id));
    let text = |key: &str| settings.and_then(|found| found.node.get(key)?.as_str());
    let endpoint =
        text("endpoint").map_or_else(|| format!("localhost:{DEFAULT_PORT}"), str::to_owned);
    let path = text("path").unwrap_or("/");
    let tls = settings.and_then(|found| decode_own::<Secured>(&found.node, "").ok());
    let scheme = if tls.is_some_and(|found| found.tls.is_on()) { "https" } else { "http" };
    Ok(format!("{scheme}://{}{path}", reachable(&endpoint)))
}

/// What says whether a server speaks TLS.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Secured {
    tls: NoneByDefault<TlsServerSettings>,
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
