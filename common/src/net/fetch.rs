//! One GET, for configuration that is read from an address at start.

use std::{thread, time::Duration};

use super::{
    http_client::{answer, chain},
    tls::{client_config, provider},
};
use crate::settings::TlsClientSettings;

/// Reads the body at an address, as text; only status 200 counts.
///
/// Blocks, and may be called on any thread: the request runs on a thread of its own.
///
/// # Errors
/// Why there is no body, without the address, which may hold a password.
pub fn fetch_text(address: &str, max_bytes: usize) -> Result<String, String> {
    let worker = thread::scope(|scope| {
        scope
            .spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map_err(|error| format!("unable to start the request: {error}"))?;
                runtime.block_on(get(address, max_bytes))
            })
            .join()
    });
    worker.unwrap_or_else(|_| Err("the request ended unexpectedly".to_owned()))
}

/// Whose certificate is accepted where an address begins with `https://`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those whose root the system trusts.
    System,
    /// Any: who asks knows who listens there.
    Anybody,
}

/// Asks an address once and returns the status and the body, of which at most 64 KiB are read.
///
/// # Errors
/// Why there is no answer.
pub async fn ask(address: &str, timeout: Duration, trust: Trust) -> Result<(u16, String), String> {
    const MAX_BODY_BYTES: usize = 64 << 10;
    let failed = |error: reqwest::Error| chain(&error.without_url());
    let mut builder = builder(timeout);
    if trust == Trust::Anybody {
        let mut settings = TlsClientSettings::default();
        settings.b.insecure_skip_verify = true;
        let made = client_config(&settings, &[b"h2", b"http/1.1"]);
        let (config, _) = made.map_err(|error| error.to_string())?;
        builder = builder.tls_backend_preconfigured((*config.load()).clone());
    }
    let client = builder.build().map_err(failed)?;
    let response = client.get(address).send().await.map_err(failed)?;
    let status = response.status().as_u16();
    let (body, _) = answer::body(response, MAX_BODY_BYTES).await.map_err(failed)?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

fn builder(timeout: Duration) -> reqwest::ClientBuilder {
    // The client takes the process-wide provider, which this makes sure of.
    provider();
    reqwest::Client::builder().timeout(timeout)
}

async fn get(address: &str, max_bytes: usize) -> Result<String, String> {
    let failed = |error: reqwest::Error| {
        format!("unable to download the config: {}", chain(&error.without_url()))
    };
    let client = builder(Duration::from_secs(30)).build().map_err(failed)?;
    let response = client.get(address).send().await.map_err(failed)?;
    if response.status() != reqwest::StatusCode::OK {
        let status = response.status();
        return Err(format!("unable to download the config: status {status}, expected 200"));
    }
    let (body, is_whole) = answer::body(response, max_bytes).await.map_err(failed)?;
    if !is_whole {
        return Err(format!("the config has more than the {max_bytes} bytes allowed"));
    }
    String::from_utf8(body.into()).map_err(|_| "the config is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests;
