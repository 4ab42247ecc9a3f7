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

use crate::{
    component::{BuildError, Context, DeliveryDefaults, Export, Exporter, Lifecycle},
    net::{
        client::user_agent,
        http_client::{HttpClient, HttpClientSettings, parse_url},
    },
    otlp::json::to_json,
    pipeline::{Outcome, Payload, Reason, Rejected},
    settings::{Both, Issues, Settings},
    signal::{Signal, SignalSet},
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
        let (key, own) = config.b.endpoint(signal);
        let url = match (own, config.a.endpoint.as_str()) {
            ("", "") => {
                let message = format!("either endpoint or {key} must be specified");
                return Err(BuildError::new(message));
            }
            ("", base) => format!("{}{}", base.trim_end_matches('/'), signal.http_path()),
            (own, _) => own.to_owned(),
        };
        let agent = user_agent(&context.host.build_info);
        let client = HttpClient::new(&config.a, &agent, url.starts_with("https:"));
        let client = client.map_err(BuildError::new)?;
        Ok(Self { client, url, encoding: config.b.encoding, signal })
    }
}

impl Lifecycle for OtlpHttpExporter {}

impl Export for OtlpHttpExporter {
    fn export(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(self.send(payload.chunks().to_vec()))
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move {
            match self.send(vec![Bytes::new()]).await {
                Ok(_) => Ok(format!("{} accepts {} over OTLP/HTTP", self.url, self.signal)),
                Err(rejected) => Err(rejected.message.into_owned()),
            }
        })
    }
}

impl OtlpHttpExporter {
    async fn send(&self, chunks: Vec<Bytes>) -> Outcome {
        let (content_type, body) = match self.encoding {
            Encoding::Proto => ("application/x-protobuf", chunks),
            Encoding::Json => ("application/json", vec![to_json(self.signal, &chunks).into()]),
        };
        let answer = self.client.post(&self.url, content_type, &body).await.map_err(|error| {
            Rejected::new(Reason::Unavailable, format!("failed to make an HTTP request: {error}"))
        })?;
        answer::outcome(self.signal, &self.url, &answer)
    }
}

#[cfg(test)]
mod tests;
