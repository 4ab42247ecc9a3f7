//! The settings of every HTTP server.

use std::marker::PhantomData;

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    net::{
        auth::AuthSettings,
        compression::Coding,
        listener::{ListenError, Listener},
        listeners::Opener,
        server::checks::{check_server, place},
        tls::{Accepting, validate_server},
    },
    settings::{Both, Duration, Issues, NoneByDefault, SecretMap, TlsServerSettings},
};

/// The body limit that 0 stands for.
const DEFAULT_MAX_BODY_BYTES: usize = 20 << 20;

/// What the settings of one component are unless they are set.
pub trait HttpDefaults: 'static {
    /// Where to listen.
    const ENDPOINT: &'static str = "";
    /// For the headers of a request.
    const READ_HEADER_TIMEOUT: Duration = Duration::from_secs(60);
    /// For an answer.
    const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
    /// For a connection without requests.
    const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
}

/// The defaults of a server that has none of its own.
#[derive(Clone, Copy, Debug)]
pub struct GenericDefaults;

impl HttpDefaults for GenericDefaults {}

/// Settings of an HTTP server.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, bound = "D: HttpDefaults")]
pub struct HttpServerSettings<D = GenericDefaults> {
    /// Names the defaults; public only so that `..Default::default()` can stand beside other keys.
    #[serde(skip)]
    pub defaults: PhantomData<D>,
    /// Where to listen.
    pub endpoint: String,
    /// `tcp`, `tcp4`, `tcp6` or `unix`.
    pub transport: String,
    /// TLS instead of plain text.
    pub tls: NoneByDefault<TlsServerSettings>,
    /// Which pages may talk to the server.
    pub cors: NoneByDefault<CorsSettings>,
    /// An extension that checks who asks.
    pub auth: NoneByDefault<Both<AuthSettings, RequestParams>>,
    /// In bytes, for the body as it comes and as it decompresses; 0 is 20 MiB.
    pub max_request_body_size: i64,
    /// The older spelling, in MiB.
    pub max_request_body_size_mib: Option<i64>,
    /// Whether request headers go along with the telemetry.
    pub include_metadata: bool,
    /// Set on every answer.
    pub response_headers: SecretMap,
    /// Which codings a body may have; absent is all, `""` stands for none.
    pub compression_algorithms: Option<Vec<String>>,
    /// For the body of a request; 0 is 5 minutes.
    pub read_timeout: Duration,
    /// For the headers of a request, from their first byte on; 0 is a minute.
    pub read_header_timeout: Duration,
    /// For an answer.
    pub write_timeout: Duration,
    /// For a connection without requests; 0 is 5 minutes.
    pub idle_timeout: Duration,
    /// Whether a connection serves more than one request.
    pub keep_alives_enabled: bool,
    /// Not available yet.
    pub middlewares: Vec<Value>,
}

/// What stands in the `auth` section beside the extension.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct RequestParams {
    /// Parameters of the URL that the extension sees as headers, in place of headers of that name.
    pub request_params: Vec<String>,
}

/// Which pages may talk to a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct CorsSettings {
    /// Origins, with `*` for any text inside; empty turns CORS off.
    pub allowed_origins: Vec<String>,
    /// Request headers, `*` for any.
    pub allowed_headers: Vec<String>,
    /// Response headers that pages may read.
    pub exposed_headers: Vec<String>,
    /// How long a browser may keep the answer, in seconds.
    pub max_age: i64,
}

impl<D: HttpDefaults> Default for HttpServerSettings<D> {
    fn default() -> Self {
        Self {
            defaults: PhantomData,
            endpoint: D::ENDPOINT.to_owned(),
            transport: "tcp".to_owned(),
            tls: NoneByDefault::default(),
            cors: NoneByDefault::default(),
            auth: NoneByDefault::default(),
            max_request_body_size: 0,
            max_request_body_size_mib: None,
            include_metadata: false,
            response_headers: SecretMap::default(),
            compression_algorithms: None,
            read_timeout: Duration::ZERO,
            read_header_timeout: D::READ_HEADER_TIMEOUT,
            write_timeout: D::WRITE_TIMEOUT,
            idle_timeout: D::IDLE_TIMEOUT,
            keep_alives_enabled: true,
            middlewares: Vec::new(),
        }
    }
}

impl<D: HttpDefaults> HttpServerSettings<D> {
    /// Reports what is wrong; `path` is where these settings stand.
    pub fn validate_at(&self, path: &str, issues: &mut Issues) {
        let at = |key: &str| place(path, key);
        let unavailable = [("middlewares", !self.middlewares.is_empty())];
        check_server(path, &self.transport, &unavailable, issues);
        if let Some(tls) = self.tls.get() {
            validate_server(tls, &at("tls"), issues);
        }
        if let Some(auth) = self.auth.get() {
            auth.a.validate(&at("auth"), issues);
        }
        if self.max_request_body_size < 0 {
            issues.error(at("max_request_body_size"), "must be 0 (20 MiB) or more bytes");
        }
        if self.max_request_body_size_mib.is_some() {
            let advice = "is an older spelling, use max_request_body_size in bytes";
            issues.warn(at("max_request_body_size_mib"), advice);
        }
        if let Some(cors) = self.cors.get()
            && cors.allowed_origins.is_empty()
            && !cors.allowed_headers.is_empty()
        {
            let advice = "CORS is off because allowed_origins is empty";
            issues.warn(at("cors::allowed_headers"), advice);
        }
        for (name, value) in self.response_headers.iter() {
            if header(name, value.reveal()).is_none() {
                issues.error(at("response_headers"), format!("{name:?} is not a valid header"));
            }
        }
        for name in self.compression_algorithms.iter().flatten() {
            if Coding::from_name(name).is_none() || name == "identity" {
                let expected =
                    "expected \"\", gzip, zstd, zlib, snappy, deflate, lz4, x-snappy-framed";
                issues.error(at("compression_algorithms"), format!("unknown {name:?}, {expected}"));
            }
        }
        let timeouts = [
            ("read_timeout", self.read_timeout),
            ("read_header_timeout", self.read_header_timeout),
            ("write_timeout", self.write_timeout),
            ("idle_timeout", self.idle_timeout),
        ];
        for (key, _) in timeouts.into_iter().filter(|(_, timeout)| timeout.is_negative()) {
            issues.error(at(key), "must not be negative");
        }
    }

    /// Whether a body may have this coding.
    #[must_use]
    pub fn allows(&self, coding: Coding) -> bool {
        self.compression_algorithms
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| Coding::from_name(name) == Some(coding)))
    }

    /// Whether bodies are decompressed at all; if not, what they say of their coding is ignored.
    #[must_use]
    pub fn decompresses(&self) -> bool {
        self.compression_algorithms.as_ref().is_none_or(|names| !names.is_empty())
    }

    /// The largest body that is taken, in bytes.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        let mib = self.max_request_body_size_mib.unwrap_or(0).saturating_mul(1 << 20);
        [self.max_request_body_size, mib]
            .into_iter()
            .find_map(|bytes| usize::try_from(bytes).ok().filter(|bytes| *bytes > 0))
            .unwrap_or(DEFAULT_MAX_BODY_BYTES)
    }

    /// Opens the sockets.
    ///
    /// # Errors
    /// [`ListenError`] if the endpoint is wrong or taken, or a file of `tls` cannot be used.
    pub async fn listen(&self, opener: &Opener) -> Result<Listener, ListenError> {
        let tls = Accepting::of(self.tls.get(), &[b"h2", b"http/1.1"])?;
        Ok(opener.open(&self.endpoint, self.transport.parse()?).await?.with_tls(tls))
    }
}

pub(super) fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::try_from(name).ok()?;
    Some((name, HeaderValue::try_from(value).ok()?))
}
