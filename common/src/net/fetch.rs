//! One GET, for configuration that is read from an address at start.

use std::thread;

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

async fn get(address: &str, max_bytes: usize) -> Result<String, String> {
    // A provider that is installed already serves as well.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let failed = |error: reqwest::Error| {
        let error = error.without_url();
        let causes =
            std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
        let causes: String = causes.map(|cause| format!(": {cause}")).collect();
        format!("unable to download the config: {error}{causes}")
    };
    let client = reqwest::Client::builder()
        .timeout(std::time::Duration::from_secs(30))
        .build()
        .map_err(failed)?;
    let mut response = client.get(address).send().await.map_err(failed)?;
    if response.status() != reqwest::StatusCode::OK {
        let status = response.status();
        return Err(format!(
            "unable to download the config: status {status}, expected 200"
        ));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > max_bytes {
            return Err(format!(
                "the config has more than the {max_bytes} bytes allowed"
            ));
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|_| "the config is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests;
