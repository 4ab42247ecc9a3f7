//! The settings that every gRPC exporter has (upstream: `configgrpc`, client side).

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use rustls::pki_types::ServerName;
use serde::{Deserialize, Serialize};

use crate::{
    net::{
        auth::AuthSettings,
        client::{dial::DialTls, sections::MiddlewareSettings, target::Target},
        compression::Coding,
        tls::{self, Follower, validate_client},
    },
    settings::{Duration, Issues, NoneByDefault, SecretMap, TlsClientSettings, TlsSettings},
};

const NOT_AVAILABLE: &str = "is not available in this version";
/// The port of Jaeger's own protocol.
const JAEGER_PORT: u16 = 14250;

/// Where and how a gRPC exporter connects.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct GrpcClientSettings {
    /// `host:port`, or with one of the schemes `http`, `https`, `dns`, `passthrough`, `unix`.
    pub endpoint: String,
    /// `gzip`, `snappy`, `zstd`, or `none`.
    pub compression: String,
    /// TLS; on unless `insecure: true`.
    pub tls: TlsClientSettings,
    /// Pings on the connection.
    pub keepalive: NoneByDefault<KeepaliveClientSettings>,
    /// Bytes read ahead of the protocol.
    pub read_buffer_size: usize,
    /// Bytes gathered before they are written.
    pub write_buffer_size: usize,
    /// Whether calls wait for a connection instead of failing while there is none.
    pub wait_for_ready: bool,
    /// Metadata of every call.
    pub headers: SecretMap,
    /// Who we say we are.
    pub user_agent: String,
    /// `round_robin` or `pick_first`.
    pub balancer_name: String,
    /// What stands in `:authority`.
    pub authority: String,
    /// An extension that authenticates calls.
    pub auth: NoneByDefault<AuthSettings>,
    /// Extensions that change calls.
    pub middlewares: Vec<MiddlewareSettings>,
}

/// The `keepalive` section of a gRPC client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeepaliveClientSettings {
    /// How long to wait before a ping; 0 sends none.
    pub time: Duration,
    /// How long an answer may take; 0 is 20 seconds.
    pub timeout: Duration,
    /// Whether pings are sent while no call is on its way.
    pub permit_without_stream: bool,
}

impl Default for GrpcClientSettings {
    fn default() -> Self {
        Self {
            endpoint: String::new(),
            compression: "gzip".to_owned(),
            tls: TlsClientSettings::default(),
            keepalive: NoneByDefault::default(),
            read_buffer_size: 0,
            write_buffer_size: 512 * 1024,
            wait_for_ready: false,
            headers: SecretMap::default(),
            user_agent: String::new(),
            balancer_name: "round_robin".to_owned(),
            authority: String::new(),
            auth: NoneByDefault::default(),
            middlewares: Vec::new(),
        }
    }
}

impl GrpcClientSettings {
    /// Reports what cannot work.
    pub fn validate(&self, issues: &mut Issues) {
        let target = Target::parse(&self.endpoint);
        if let Ok(target) = &target
            && !self.uses_tls(target)
            && self.tls.a != TlsSettings::default()
        {
            issues.warn("tls", "has no effect but for insecure, which turns TLS off");
        }
        match target {
            Ok(target) if target.port() == Some(JAEGER_PORT) => {
                issues.warn("endpoint", "Jaeger takes OTLP on 4317; 14250 is its own protocol")
            }
            Ok(_) => {}
            Err(error) => issues.error("endpoint", error.to_string()),
        }
        if let Err(message) = self.coding() {
            issues.error("compression", message);
        }
        if !matches!(self.balancer_name.as_str(), "round_robin" | "pick_first") {
            issues.error(
                "balancer_name",
                format!(
                    "invalid balancer_name: {}, expected one of round_robin, pick_first",
                    self.balancer_name
                ),
            );
        }
        if let Err(message) = self.header_map("") {
            issues.error("headers", message);
        }
        if !self.authority.is_empty() && self.authority.parse::<http::uri::Authority>().is_err() {
            issues.error(
                "authority",
                format!("{:?} is no host with an optional port", self.authority),
            );
        }
        validate_client(&self.tls, "tls", issues);
        if let Some(auth) = self.auth.get() {
            auth.validate("auth", issues);
        }
        if !self.middlewares.is_empty() {
            issues.error("middlewares", NOT_AVAILABLE);
        }
    }

    /// How messages are compressed.
    ///
    /// # Errors
    /// A message that lists what is allowed.
    pub fn coding(&self) -> Result<Coding, String> {
        match self.compression.as_str() {
            "" | "none" => Ok(Coding::Identity),
            "gzip" => Ok(Coding::Gzip),
            "zstd" => Ok(Coding::Zstd),
            // The word is the same as in HTTP, but gRPC's libraries mean the framing format by it.
            "snappy" => Ok(Coding::SnappyFramed),
            other => Err(format!(
                "unsupported compression type {other:?}, expected one of gzip, snappy, zstd, none"
            )),
        }
    }

    /// Whether calls go over TLS.
    pub(super) const fn uses_tls(&self, target: &Target) -> bool {
        // As upstream: roots to trust make no sense without TLS, so they win over `insecure`.
        let has_roots = !self.tls.a.ca_file.is_empty() || !self.tls.a.ca_pem.is_empty();
        target.is_https || !self.tls.b.insecure || has_roots
    }

    /// What stands in `:authority`: as in Go, the name that is verified, if that is another.
    pub(super) fn authority_for<'a>(&'a self, target: &'a Target) -> &'a str {
        let name = self.tls.b.server_name_override.as_str();
        match self.authority.as_str() {
            "" if !name.is_empty() && !name.contains(':') && self.uses_tls(target) => name,
            "" => target.authority.as_str(),
            authority => authority,
        }
    }

    /// What the dialer needs for TLS, or nothing for plain text.
    pub(super) fn tls_for(&self, target: &Target) -> Result<Option<(DialTls, Follower)>, String> {
        if !self.uses_tls(target) {
            return Ok(None);
        }
        let made = tls::client_config(&self.tls, &[b"h2"]);
        let (config, follower) = made.map_err(|error| error.to_string())?;
        let name = match tls::name_override(&self.tls).map_err(|error| error.to_string())? {
            Some(name) => name,
            None => ServerName::try_from(target.host().to_owned())
                .map_err(|error| format!("endpoint {}: {error}", self.endpoint))?,
        };
        Ok(Some((DialTls { config, name }, follower)))
    }

    /// The headers of every call.
    pub(super) fn header_map(&self, user_agent: &str) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        match self.coding().unwrap_or(Coding::Identity) {
            Coding::Identity => {}
            Coding::SnappyFramed => {
                headers.insert("grpc-encoding", HeaderValue::from_static("snappy"));
            }
            coding => {
                headers.insert("grpc-encoding", HeaderValue::from_static(coding.name()));
            }
        }
        let agent = if self.user_agent.is_empty() { user_agent } else { &self.user_agent };
        let agent = HeaderValue::from_str(agent)
            .map_err(|_| format!("user_agent {agent:?} is no valid header value"))?;
        headers.insert(header::USER_AGENT, agent);
        for (name, value) in self.headers.iter() {
            let key = HeaderName::try_from(name)
                .map_err(|_| format!("{name:?} is no valid header name"))?;
            let value = if name.to_ascii_lowercase().ends_with("-bin") {
                HeaderValue::try_from(STANDARD_NO_PAD.encode(value.reveal()))
            } else {
                HeaderValue::try_from(value.reveal())
            };
            let mut value =
                value.map_err(|_| format!("the value of {name} is no valid header value"))?;
            value.set_sensitive(true);
            headers.insert(key, value);
        }
        Ok(headers)
    }
}
