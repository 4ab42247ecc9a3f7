//! The receiver's settings.

use serde::{Deserialize, Serialize};

use crate::{
    net::{
        grpc_server::GrpcServerSettings,
        http_server::{HttpDefaults, HttpServerSettings},
    },
    settings::{Both, DefaultOnNull, Duration, Issues, Settings},
    signal::Signal,
};

/// Settings of the OTLP receiver.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct OtlpReceiverConfig {
    /// What it speaks.
    pub protocols: OtlpProtocols,
}

/// The protocols; one that is named is on, also without settings.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct OtlpProtocols {
    /// OTLP/gRPC.
    pub grpc: DefaultOnNull<GrpcServerSettings>,
    /// OTLP/HTTP.
    pub http: DefaultOnNull<Both<HttpServerSettings<OtlpHttpDefaults>, OtlpHttpPaths>>,
}

/// What upstream's OTLP receiver sets otherwise than other HTTP servers.
#[derive(Clone, Copy, Debug)]
pub struct OtlpHttpDefaults;

impl HttpDefaults for OtlpHttpDefaults {
    const ENDPOINT: &'static str = ":4318";
    const READ_HEADER_TIMEOUT: Duration = Duration::ZERO;
    const WRITE_TIMEOUT: Duration = Duration::ZERO;
    const IDLE_TIMEOUT: Duration = Duration::ZERO;
}

/// The path of each signal.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct OtlpHttpPaths {
    /// For traces.
    pub traces_url_path: String,
    /// For metrics.
    pub metrics_url_path: String,
    /// For logs.
    pub logs_url_path: String,
}

impl Default for OtlpHttpPaths {
    fn default() -> Self {
        Self {
            traces_url_path: Signal::Traces.http_path().to_owned(),
            metrics_url_path: Signal::Metrics.http_path().to_owned(),
            logs_url_path: Signal::Logs.http_path().to_owned(),
        }
    }
}

impl OtlpHttpPaths {
    const fn written(&self, signal: Signal) -> &String {
        match signal {
            Signal::Traces => &self.traces_url_path,
            Signal::Metrics => &self.metrics_url_path,
            Signal::Logs => &self.logs_url_path,
        }
    }

    /// The path of each signal, in the order of [`Signal::ALL`].
    pub(super) fn paths(&self) -> [String; 3] {
        Signal::ALL.map(|signal| {
            path(self.written(signal)).unwrap_or_else(|| signal.http_path().to_owned())
        })
    }
}

/// The path of a URL, or of what stands for one; none if it is neither.
fn path(written: &str) -> Option<String> {
    let rest = match written.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|start| rest.get(start..)).unwrap_or_default(),
        None => written,
    };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let is_printable = path.bytes().all(|byte| byte.is_ascii_graphic());
    is_printable.then(|| format!("/{}", path.strip_prefix('/').unwrap_or(path)))
}

impl Settings for OtlpReceiverConfig {
    fn validate(&self, issues: &mut Issues) {
        let Self { protocols: OtlpProtocols { grpc, http } } = self;
        if !grpc.is_on() && !http.is_on() {
            let message = "must specify at least one protocol when using the OTLP receiver";
            issues.error("protocols", message);
        }
        if let Some(grpc) = grpc.get() {
            grpc.validate_at("protocols::grpc", issues);
        }
        if let Some(http) = http.get() {
            http.a.validate_at("protocols::http", issues);
            validate_paths(&http.b, issues);
        }
    }
}

fn validate_paths(paths: &OtlpHttpPaths, issues: &mut Issues) {
    let mut seen: Vec<String> = Vec::new();
    for signal in Signal::ALL {
        let written = paths.written(signal);
        let at = format!("protocols::http::{signal}_url_path");
        match path(written) {
            None => {
                issues.error(at, format!("invalid HTTP URL path set for signal: {written:?}"));
            }
            Some(path) if seen.contains(&path) => {
                issues.error(at, format!("{path:?} is the path of another signal"));
            }
            Some(path) => seen.push(path),
        }
    }
}
