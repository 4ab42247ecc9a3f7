//! An HTTP client for exporters that post encoded requests.

pub(super) mod answer;
pub(super) mod other_name;
mod settings;
mod transport;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::sync::Semaphore;

pub use settings::{CompressionParams, Cookies, HttpClientSettings};
use transport::Transport;

use crate::{
    net::{
        auth::ClientAuthenticator,
        compression::{Coding, compress},
        tls::{Follower, explain},
    },
    pipeline::{Reason, Rejected, RequestContext},
};

/// More of a response's body is not read.
const MAX_BODY_BYTES: usize = 64 * 1024;
const UNAUTHORIZED: u16 = 401;

/// Posts to any URL with the same settings. Cloning shares the connections.
#[derive(Clone, Debug)]
pub struct HttpClient {
    transport: Arc<Transport>,
    headers: HeaderMap,
    coding: Coding,
    level: Option<i32>,
    authenticator: Option<Arc<dyn ClientAuthenticator>>,
    /// Places for requests under way, of which each takes a connection over HTTP/1.1.
    places: Arc<Semaphore>,
}

/// What a server answered.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The media type without parameters, in lower case; empty if there is none.
    pub media_type: String,
    /// `Retry-After`, if it is there and text.
    pub retry_after: Option<String>,
    /// The body, as far as it is read.
    pub body: Bytes,
}

/// Checks a URL.
///
/// # Errors
/// A message that says what is wrong with it.
pub fn parse_url(url: &str) -> Result<reqwest::Url, String> {
    let url: reqwest::Url = url.parse().map_err(|error| format!("{error}"))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        other => Err(format!("scheme {other:?} is not available, expected one of http, https")),
    }
}

impl HttpClient {
    /// Makes a client without connecting; `user_agent` is sent unless `headers` has another.
    ///
    /// # Errors
    /// A message that names the setting.
    pub fn new(
        settings: &HttpClientSettings,
        authenticator: Option<Arc<dyn ClientAuthenticator>>,
        user_agent: &str,
        uses_tls: bool,
    ) -> Result<Self, String> {
        let coding = settings.coding()?;
        let transport = Arc::new(Transport::new(settings, uses_tls)?);
        let mut headers = HeaderMap::new();
        let agent = HeaderValue::try_from(user_agent);
        headers.insert(header::USER_AGENT, agent.map_err(|error| format!("user agent: {error}"))?);
        if coding != Coding::Identity {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        }
        if settings.disable_keep_alives {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let places = match settings.max_conns_per_host {
            0 => Semaphore::MAX_PERMITS,
            most => most.min(Semaphore::MAX_PERMITS),
        };
        let places = Arc::new(Semaphore::new(places));
        let level = settings.level();
        let mut client = Self { transport, headers, coding, level, authenticator, places };
        client.overwrite_headers(settings)?;
        Ok(client)
    }

    fn overwrite_headers(&mut self, settings: &HttpClientSettings) -> Result<(), String> {
        for (name, value) in settings.headers.iter() {
            let key = HeaderName::try_from(name)
                .map_err(|_| format!("headers: {name:?} is no valid header name"))?;
            let mut value = HeaderValue::try_from(value.reveal())
                .map_err(|_| format!("headers: the value of {name} is no valid header value"))?;
            value.set_sensitive(true);
            self.headers.insert(key, value);
        }
        Ok(())
    }

    /// Reads the files of `tls`, where they are needed; without this, the first request does. The
    /// follower is the caller's to run.
    ///
    /// # Errors
    /// A message that names the setting.
    pub fn start(&self) -> Result<Option<Follower>, String> {
        self.transport.start()
    }

    /// A body that lies in chunks as it is sent, and whether that is a copy of them.
    #[must_use]
    pub fn encode(&self, body: &[Bytes]) -> (Bytes, bool) {
        match (self.coding, body) {
            (Coding::Identity, [only]) => (only.clone(), false),
            (coding, chunks) => (compress(coding, self.level, chunks).into(), true),
        }
    }

    /// Posts a body that was made by [`HttpClient::encode`], for a request that this is known of.
    ///
    /// # Errors
    /// What went wrong before there was an answer.
    pub async fn post(
        &self,
        url: &str,
        content_type: &'static str,
        body: Bytes,
        context: &RequestContext,
    ) -> Result<HttpAnswer, Rejected> {
        let mut headers = self.headers.clone();
        headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
        let Some(authenticator) = &self.authenticator else {
            return self.exchange(url, headers, body).await;
        };
        let plain = headers.clone();
        authenticator.authorize(context, &mut headers).await?;
        let answer = self.exchange(url, headers, body.clone()).await?;
        if answer.status != UNAUTHORIZED || !authenticator.renew().await {
            return Ok(answer);
        }
        let mut headers = plain;
        authenticator.authorize(context, &mut headers).await?;
        self.exchange(url, headers, body).await
    }

    async fn exchange(
        &self,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<HttpAnswer, Rejected> {
        let unavailable = |error: String| {
            let message = format!("failed to make an HTTP request: {error}");
            Rejected::new(Reason::Unavailable, message)
        };
        let failed = |error: reqwest::Error| {
            let error = error.without_url();
            unavailable(match explain(&error) {
                // The host alone: a path or a password is nobody's business.
                Some(reason) => format!("cannot connect to {}: {reason}", host_of(url)),
                None => chain(&error),
            })
        };
        let place = self.places.acquire().await;
        let client = self.transport.client().map_err(unavailable)?;
        let target = self.transport.url(url).map_err(unavailable)?;
        let sent = client.post(target).headers(headers).body(body).send().await;
        let response = sent.map_err(failed)?;
        let media_type = answer::media_type(response.headers());
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = response.status().as_u16();
        let (body, _) = answer::body(response, MAX_BODY_BYTES).await.map_err(failed)?;
        drop(place);
        Ok(HttpAnswer { status, media_type, retry_after, body })
    }
}

fn host_of(url: &str) -> String {
    let host = parse_url(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_default()
}

/// An error and what is behind it; the library's own text leaves the cause out.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
