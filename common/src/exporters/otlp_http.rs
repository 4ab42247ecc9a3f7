//! Sends telemetry over OTLP/HTTP.
//!
//! The signal's path (`/v1/traces` and so on) is appended to `endpoint`, but not to `traces_endpoint`,
//! `metrics_endpoint` and `logs_endpoint`, which are used as they stand.
//!
//! ```yaml
//! otlp_http:
//!   endpoint: https://backend.example:4318
//!   compression: zstd
//!   headers:
//!     authorization: ${env:TOKEN}
//! ```
//!
//! Accepts: when the backend has accepted. Holds: nothing of its own; `sending_queue` is delivery's.
//! Rejects: what the backend rejects; retryable are 429, 502, 503, 504 and a connection that fails.

mod answer;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    component::{
        BuildError, Context, DeliveryDefaults, Export, Exporter, Lifecycle, Peer, StartError, Tasks,
    },
    net::{
        client::user_agent,
        http_client::{HttpClient, HttpClientSettings, parse_url},
    },
    otlp::json::to_json,
    pipeline::{Charge, Outcome, Payload, RequestContext},
    settings::{Both, Issues, Settings, TlsSettings, without_passwords},
    signal::{Signal, SignalSet},
    telemetry::metrics::{self, Durations},
};

/// The settings of every HTTP client, and those of OTLP.
pub type OtlpHttpExporterConfig = Both<HttpClientSettings, OtlpHttpSettings>;

/// How requests are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Protobuf.
    #[default]
    Proto,
    /// JSON.
    Json,
}

/// The keys that OTLP has beside those of an HTTP client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OtlpHttpSettings {
    /// `proto` or `json`.
    pub encoding: Encoding,
    /// Where traces go.
    pub traces_endpoint: String,
    /// Where metrics go.
    pub metrics_endpoint: String,
    /// Where logs go.
    pub logs_endpoint: String,
    /// Understood for configs that have it; profiles are not carried.
    pub profiles_endpoint: String,
}

impl OtlpHttpSettings {
    fn endpoint(&self, signal: Signal) -> (&'static str, &str) {
        match signal {
            Signal::Traces => ("traces_endpoint", &self.traces_endpoint),
            Signal::Metrics => ("metrics_endpoint", &self.metrics_endpoint),
            Signal::Logs => ("logs_endpoint", &self.logs_endpoint),
        }
    }
}

impl Settings for OtlpHttpExporterConfig {
    fn validate(&self, issues: &mut Issues) {
        self.a.validate(issues);
        let own = Signal::ALL.map(|signal| self.b.endpoint(signal));
        if self.a.endpoint.is_empty() && own.iter().all(|(_, url)| url.is_empty()) {
            issues.error("", "at least one endpoint must be specified");
        }
        if !self.a.endpoint.is_empty()
            && let Err(error) = parse_url(&self.a.endpoint)
        {
            issues.error("endpoint", format!("endpoint must be a valid URL: {error}"));
        }
        for (key, url) in own.into_iter().filter(|(_, url)| !url.is_empty()) {
            if let Err(error) = parse_url(url) {
                issues.error(key, format!("{key} must be a valid URL: {error}"));
            }
        }
        let mut urls = own.iter().map(|(_, url)| *url).chain([self.a.endpoint.as_str()]);
        if self.a.tls.a != TlsSettings::default() && !urls.any(|url| url.starts_with("https:")) {
            issues.warn("tls", "has no effect, because no endpoint begins with https://");
        }
        if !self.b.profiles_endpoint.is_empty() {
            issues.error("profiles_endpoint", "is not available in this version");
        }
    }
}

/// Sends payloads of one signal to one URL.
#[derive(Debug)]
pub struct OtlpHttpExporter {
    client: HttpClient,
    url: String,
    encoding: Encoding,
    signal: Signal,
    durations: Option<Durations>,
    tasks: Tasks,
}

impl Exporter for OtlpHttpExporter {
    const NAME: &'static str = "otlp_http";
    const ALIASES: &'static [&'static str] = &["otlphttp"];
    const SIGNALS: SignalSet = SignalSet::ALL;
    const DELIVERY: DeliveryDefaults =
        DeliveryDefaults { timeout_ms: Some(30_000), retry: true, queue: Some(true) };

    type Config = OtlpHttpExporterConfig;

    fn build(config: Self::Config, context: Context) -> Result<Self, BuildError> {
        let signal = context.signal.ok_or_else(|| BuildError::new("an exporter needs a signal"))?;
        let url = url(&config, signal).map_err(BuildError::new)?;
        let agent = user_agent(&context.host.build_info);
        let authenticator = config
            .a
            .auth
            .get()
            .map(|section| context.extensions.client_authenticator(section))
            .transpose()?;
        let uses_tls = url.starts_with("https:");
        let client = HttpClient::new(&config.a, authenticator, &agent, uses_tls);
        let client = client.map_err(BuildError::new)?;
        let own = &context.host.telemetry.metrics;
        let durations = Durations::of(own, &metrics::HTTP_CLIENT_REQUEST_DURATION);
        let encoding = config.b.encoding;
        Ok(Self { client, url, encoding, signal, durations, tasks: context.tasks })
    }

    fn peer(config: &Self::Config, signal: Signal) -> Peer {
        let url = url(config, signal).and_then(|url| parse_url(&url));
        let Ok(url) = url else {
            return Peer::new();
        };
        let port = url.port_or_known_default().map(|port| ("server_port", port.to_string()));
        let host = url.host_str().unwrap_or_default().to_owned();
        let ends = [("server_address", host), ("url_path", url.path().to_owned())];
        Peer::from_iter(ends.into_iter().chain(port))
    }
}

impl Lifecycle for OtlpHttpExporter {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        Box::pin(async move {
            if let Some(follower) = self.client.start().map_err(StartError::new)? {
                let stopping = self.tasks.stopping().clone();
                self.tasks.spawn(async move {
                    stopping.run_until_cancelled(follower.run()).await;
                });
            }
            Ok(())
        })
    }
}

impl Export for OtlpHttpExporter {
    fn export(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(async move {
            let (body, is_copy) = self.encode(payload.chunks());
            let charge = if is_copy { payload.charge_copy(body.len()) } else { Charge::NONE };
            let outcome = self.send(body, payload.context()).await;
            drop(charge);
            outcome
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move {
            let body = self.encode(&[Bytes::new()]).0;
            match self.send(body, &RequestContext::EMPTY).await {
                Ok(_) => {
                    let url = without_passwords(&self.url);
                    Ok(format!("{url} accepts {} over OTLP/HTTP", self.signal))
                }
                Err(rejected) => Err(rejected.message.into_owned()),
            }
        })
    }
}

impl OtlpHttpExporter {
    fn observe(&self, durations: &Durations, started: Instant, status: u16) {
        let Ok(url) = parse_url(&self.url) else { return };
        let (status, port) = (status.to_string(), url.port_or_known_default().unwrap_or(0));
        let (host, port) = (url.host_str().unwrap_or_default(), port.to_string());
        let values = ["POST", &status, "http", "1.1", host, &port, url.scheme()];
        durations.observe(started, &values);
    }

    /// The body, and whether it is a copy.
    fn encode(&self, chunks: &[Bytes]) -> (Bytes, bool) {
        match self.encoding {
            Encoding::Proto => self.client.encode(chunks),
            Encoding::Json => {
                let text = to_json(self.signal, chunks).into();
                (self.client.encode(&[text]).0, true)
            }
        }
    }

    async fn send(&self, body: Bytes, context: &RequestContext) -> Outcome {
        let content_type = match self.encoding {
            Encoding::Proto => "application/x-protobuf",
            Encoding::Json => "application/json",
        };
        let timed = self.durations.as_ref().map(|durations| (durations, Instant::now()));
        let answer = self.client.post(&self.url, content_type, body, context).await;
        if let (Some((durations, started)), Ok(answer)) = (timed, &answer) {
            self.observe(durations, started, answer.status);
        }
        answer::outcome(self.signal, &self.url, &answer?)
    }
}

/// Where payloads of a signal go.
fn url(config: &OtlpHttpExporterConfig, signal: Signal) -> Result<String, String> {
    let (key, own) = config.b.endpoint(signal);
    match (own, config.a.endpoint.as_str()) {
        ("", "") => Err(format!("either endpoint or {key} must be specified")),
        ("", base) => Ok(format!("{}{}", base.trim_end_matches('/'), signal.http_path())),
        (own, _) => Ok(own.to_owned()),
    }
}

#[cfg(test)]
mod tests;
