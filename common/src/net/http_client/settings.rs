//! The settings that every HTTP exporter has (upstream: `confighttp`, client side).

use serde::{Deserialize, Serialize};

use crate::{
    net::{
        auth::AuthSettings, client::sections::MiddlewareSettings, compression::Coding,
        tls::validate_client,
    },
    settings::{Duration, Issues, NoneByDefault, SecretMap, TlsClientSettings},
};

const NOT_AVAILABLE: &str = "is not available in this version";
const DEFAULT_WRITE_BUFFER: usize = 512 * 1024;

/// Where and how an HTTP exporter connects. `timeout` is delivery's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpClientSettings {
    /// The URL, or what the exporter appends its paths to.
    pub endpoint: String,
    /// `gzip`, `zstd`, `zlib`, `deflate`, `snappy`, `x-snappy-framed`, `lz4`, or `none`.
    pub compression: String,
    /// How hard to compress.
    pub compression_params: CompressionParams,
    /// TLS; whether it is used is the URL's scheme to say.
    pub tls: TlsClientSettings,
    /// Headers of every request; they overwrite any other.
    pub headers: SecretMap,
    /// A proxy to go through, instead of what the environment says.
    pub proxy_url: String,
    /// Not available.
    pub read_buffer_size: usize,
    /// Not available.
    pub write_buffer_size: usize,
    /// Connections that may stay open without a request; 0 sets no limit.
    pub max_idle_conns: usize,
    /// The same for one host; 0 leaves it to `max_idle_conns`.
    pub max_idle_conns_per_host: usize,
    /// How many requests, and so connections over HTTP/1.1, may be under way at once; 0 sets no limit.
    pub max_conns_per_host: usize,
    /// How long a connection may stay open without a request; 0 sets no limit.
    pub idle_conn_timeout: Duration,
    /// Whether each request has a connection of its own.
    pub disable_keep_alives: bool,
    /// How long to wait before an HTTP/2 ping; 0 sends none.
    pub http2_read_idle_timeout: Duration,
    /// How long its answer may take; 0 is 15 seconds.
    pub http2_ping_timeout: Duration,
    /// Whether HTTP/2 is offered over TLS.
    pub force_attempt_http2: bool,
    /// Keeps cookies in memory.
    pub cookies: NoneByDefault<Cookies>,
    /// An extension that authenticates requests.
    pub auth: NoneByDefault<AuthSettings>,
    /// Extensions that change requests.
    pub middlewares: Vec<MiddlewareSettings>,
}

/// The `compression_params` section.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CompressionParams {
    /// The codec's level; 0 leaves it to us.
    pub level: i32,
}

/// The `cookies` section, which has no keys.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cookies {}

impl Default for HttpClientSettings {
    fn default() -> Self {
        Self {
            endpoint: String::new(),
            compression: "gzip".to_owned(),
            compression_params: CompressionParams::default(),
            tls: TlsClientSettings::default(),
            headers: SecretMap::default(),
            proxy_url: String::new(),
            read_buffer_size: 0,
            write_buffer_size: DEFAULT_WRITE_BUFFER,
            max_idle_conns: 100,
            max_idle_conns_per_host: 0,
            max_conns_per_host: 0,
            idle_conn_timeout: Duration::from_secs(90),
            disable_keep_alives: false,
            http2_read_idle_timeout: Duration::default(),
            http2_ping_timeout: Duration::default(),
            force_attempt_http2: true,
            cookies: NoneByDefault::default(),
            auth: NoneByDefault::default(),
            middlewares: Vec::new(),
        }
    }
}

impl HttpClientSettings {
    /// Reports what cannot work.
    pub fn validate(&self, issues: &mut Issues) {
        match self.coding() {
            Ok(coding) => self.validate_level(coding, issues),
            Err(message) => issues.error("compression", message),
        }
        if !self.proxy_url.is_empty() && reqwest::Proxy::all(&self.proxy_url).is_err() {
            issues.error("proxy_url", "must be a URL such as http://proxy:3128");
        }
        let unavailable = [
            ("read_buffer_size", self.read_buffer_size != 0),
            ("write_buffer_size", self.write_buffer_size != DEFAULT_WRITE_BUFFER),
            ("middlewares", !self.middlewares.is_empty()),
        ];
        for (key, _) in unavailable.into_iter().filter(|(_, is_set)| *is_set) {
            issues.error(key, NOT_AVAILABLE);
        }
        if let Some(auth) = self.auth.get() {
            auth.validate("auth", issues);
        }
        validate_client(&self.tls, "tls", issues);
    }

    fn validate_level(&self, coding: Coding, issues: &mut Issues) {
        let level = self.compression_params.level;
        let is_valid = match coding {
            Coding::Gzip | Coding::Deflate | Coding::Zlib => (-2..=9).contains(&level),
            Coding::Zstd => true,
            _ => level == 0,
        };
        if !is_valid {
            issues.error(
                "compression_params::level",
                format!(
                    "unsupported parameters {{Level:{level}}} for compression type {:?}",
                    self.compression
                ),
            );
        }
    }

    /// How bodies are compressed.
    ///
    /// # Errors
    /// A message that lists what is allowed.
    pub fn coding(&self) -> Result<Coding, String> {
        match self.compression.as_str() {
            "" | "none" => Ok(Coding::Identity),
            name => Coding::from_name(name)
                .filter(|coding| coding.name() == name && *coding != Coding::Identity)
                .ok_or_else(|| {
                    format!(
                        "unsupported compression type {name:?}, expected one of gzip, zstd, zlib, \
                         deflate, snappy, x-snappy-framed, lz4, none"
                    )
                }),
        }
    }

    /// The level that is written in the settings.
    pub(super) fn level(&self) -> Option<i32> {
        match self.compression_params.level {
            0 => None,
            // Huffman coding alone; level 1 is the nearest that our codec has.
            -2 if self.compression != "zstd" => Some(1),
            level => Some(level),
        }
    }

    pub(super) fn max_idle_connections(&self) -> usize {
        let unlimited = |count| if count == 0 { usize::MAX } else { count };
        if self.disable_keep_alives {
            return 0;
        }
        unlimited(self.max_idle_conns).min(unlimited(self.max_idle_conns_per_host))
    }
}
