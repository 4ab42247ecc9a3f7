//! One GET, for configuration that is read from an address at start.

use std::{thread, time::Duration};

use super::{http_client::chain, tls::provider};

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

/// Asks an address once and returns the status and the body, of which at most 64 KiB are read.
///
/// # Errors
/// Why there is no answer.
pub async fn ask(address: &str, timeout: Duration) -> Result<(u16, String), String> {
    const MAX_BODY_BYTES: usize = 64 << 10;
    let failed = |error: reqwest::Error| chain(&error.without_url());
    let client = client(timeout).map_err(failed)?;
    let mut response = client.get(address).send().await.map_err(failed)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY_BYTES {
            body.truncate(MAX_BODY_BYTES);
            break;
        }
    }
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

fn client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    // The client takes the process-wide provider, which this makes sure of.
    provider();
    reqwest::Client::builder().timeout(timeout).build()
}

async fn get(address: &str, max_bytes: usize) -> Result<String, String> {
    let failed = |error: reqwest::Error| {
        format!("unable to download the config: {}", chain(&error.without_url()))
    };
    let client = client(Duration::from_secs(30)).map_err(failed)?;
    let mut response = client.get(address).send().await.map_err(failed)?;
    if response.status() != reqwest::StatusCode::OK {
        let status = response.status();
        return Err(format!("unable to download the config: status {status}, expected 200"));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > max_bytes {
            return Err(format!("the config has more than the {max_bytes} bytes allowed"));
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|_| "the config is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests;
