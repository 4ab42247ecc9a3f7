//! Asks endpoints beside us where we run: a cloud's metadata server, a cluster's API, a daemon's socket.
//!
//! They are asked directly, never through a proxy; a redirect is an answer like any other, because it could
//! lead anywhere; and no answer is read beyond 1 MiB.

use std::{path::Path, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method};
use reqwest::{Client, ClientBuilder, Url, redirect::Policy};

use super::{
    http_client::{answer, chain, parse_url},
    tls::{client_config, explain, plain_config},
};
use crate::settings::TlsClientSettings;

const MAX_BODY_BYTES: usize = 1 << 20;
const PROTOCOLS: &[&[u8]] = &[b"http/1.1"];

/// A client for such endpoints. Every request has a connection of its own.
#[derive(Clone, Debug)]
pub struct MetadataClient(Client);

/// One question.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// GET or PUT.
    pub method: Method,
    /// Where.
    pub url: &'a str,
    /// Names and values of headers.
    pub headers: &'a [(&'static str, &'a str)],
    /// What is sent along.
    pub body: &'static str,
    /// How long until there must be an answer.
    pub timeout: Duration,
}

/// What an endpoint answered.
#[derive(Clone, Debug)]
pub struct MetadataAnswer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl MetadataClient {
    /// A client without TLS.
    ///
    /// # Errors
    /// Why there can be none.
    pub fn plain() -> Result<Self, String> {
        Self::build(plain_builder()?)
    }

    /// A client of a server that listens on a socket in the file system.
    ///
    /// # Errors
    /// Why there can be none.
    pub fn over_socket(path: &Path) -> Result<Self, String> {
        Self::build(plain_builder()?.unix_socket(path))
    }

    /// A client with TLS; reads the files that its settings name.
    ///
    /// # Errors
    /// What is wrong with them.
    pub async fn over_tls(settings: &TlsClientSettings) -> Result<Self, String> {
        let settings = settings.clone();
        let made = tokio::task::spawn_blocking(move || {
            let (config, _) =
                client_config(&settings, PROTOCOLS).map_err(|error| error.to_string())?;
            let config = rustls::ClientConfig::clone(&config.load());
            Self::build(Client::builder().tls_backend_preconfigured(config))
        });
        made.await.map_err(|error| error.to_string())?
    }

    fn build(builder: ClientBuilder) -> Result<Self, String> {
        let client = builder
            .http1_only()
            .no_proxy()
            .redirect(Policy::none())
            .pool_max_idle_per_host(0)
            .build();
        client.map(Self).map_err(|error| format!("cannot set the client up: {}", chain(&error)))
    }

    /// Asks, and waits for the whole answer.
    ///
    /// # Errors
    /// Why there is none, or that it is too long.
    pub async fn ask(&self, question: &Question<'_>) -> Result<MetadataAnswer, String> {
        let url: Url = parse_url(question.url)?;
        let failed = |error: reqwest::Error| {
            let error = error.without_url();
            match error.is_timeout() {
                true => format!("no answer within {:?}", question.timeout),
                false => explain(&error).unwrap_or_else(|| chain(&error)),
            }
        };
        let mut request = self.0.request(question.method.clone(), url).timeout(question.timeout);
        for (name, value) in question.headers {
            request = request.header(*name, *value);
        }
        if !question.body.is_empty() {
            request = request.body(question.body);
        }
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let (body, is_whole) = answer::body(response, MAX_BODY_BYTES).await.map_err(failed)?;
        if !is_whole {
            return Err("the answer has more than the 1 MiB allowed".to_owned());
        }
        Ok(MetadataAnswer { status, headers, body })
    }
}

fn plain_builder() -> Result<ClientBuilder, String> {
    let tls = plain_config(PROTOCOLS).map_err(|error| error.to_string())?;
    Ok(Client::builder().tls_backend_preconfigured(tls))
}

#[cfg(test)]
mod tests;
