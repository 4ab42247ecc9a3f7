//! What `service::telemetry` can set.
//!
//! ```yaml
//! logs: {level: info, encoding: json}
//! metrics:
//!   level: normal
//!   readers:
//!     - pull: {exporter: {prometheus: {host: 0.0.0.0, port: 8888}}}
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::settings::{self, Duration, NoneByDefault, TlsServerSettings};

/// `service::telemetry`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct TelemetrySettings {
    /// Our own logs.
    pub logs: LogSettings,
    /// Our own metrics.
    pub metrics: MetricSettings,
    /// Our own spans, which this version cannot send.
    pub traces: TraceSettings,
    /// Who we say we are.
    #[serde(skip_deserializing)]
    pub resource: ResourceSettings,
}

/// `service::telemetry::logs`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct LogSettings {
    /// The least level that is written.
    #[serde(deserialize_with = "settings::any_case")]
    pub level: LogLevel,
    /// The form of a line.
    pub encoding: LogEncoding,
    /// Stack traces from `warn` on instead of `error`: without effect, since we write none.
    pub development: bool,
    /// No source location.
    pub disable_caller: bool,
    /// No stack traces, which is how it is.
    pub disable_stacktrace: bool,
    /// What is left out when the same line repeats.
    pub sampling: LogSampling,
    /// Where lines go: `stdout`, `stderr`, or a path.
    pub output_paths: Vec<String>,
    /// Where the logger's own errors go.
    pub error_output_paths: Vec<String>,
    /// Fields of every line.
    pub initial_fields: serde_json::Map<String, Value>,
    /// Where our logs are pushed, which this version cannot do.
    pub processors: Vec<Value>,
    /// No `resource` field.
    pub disable_zap_resource: bool,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            level: LogLevel::Info,
            encoding: LogEncoding::Console,
            development: false,
            disable_caller: false,
            disable_stacktrace: false,
            sampling: LogSampling::default(),
            output_paths: vec!["stderr".to_owned()],
            error_output_paths: vec!["stderr".to_owned()],
            initial_fields: serde_json::Map::new(),
            processors: Vec::new(),
            disable_zap_resource: false,
        }
    }
}

/// The least level of lines that are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What operators want to know.
    #[default]
    Info,
    /// What may become a problem.
    Warn,
    /// What is one.
    Error,
    /// Nothing of ours, as the three levels below are unused.
    Dpanic,
    /// See `Dpanic`.
    Panic,
    /// See `Dpanic`.
    Fatal,
}

/// The form of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogEncoding {
    /// Columns between tabs.
    #[default]
    Console,
    /// One object per line.
    Json,
}

/// `service::telemetry::logs::sampling`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct LogSampling {
    /// Whether anything is left out.
    pub enabled: bool,
    /// The span in which lines are counted.
    pub tick: Duration,
    /// So many equal lines are written in each span.
    pub initial: u64,
    /// Then every so many; 0 leaves out the rest.
    pub thereafter: u64,
}

impl Default for LogSampling {
    fn default() -> Self {
        Self { enabled: true, tick: Duration::from_secs(10), initial: 10, thereafter: 100 }
    }
}

/// `service::telemetry::metrics`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct MetricSettings {
    /// How much is measured.
    #[serde(deserialize_with = "settings::any_case")]
    pub level: MetricLevel,
    /// Where metrics can be read.
    pub readers: Vec<MetricReader>,
    /// Changes to what is measured, which this version cannot make.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<Value>,
    /// The spelling of releases before 0.123; becomes a reader when it is read.
    #[serde(skip_serializing)]
    pub address: Option<String>,
}

impl Default for MetricSettings {
    fn default() -> Self {
        Self {
            level: MetricLevel::Normal,
            readers: vec![MetricReader::prometheus(PrometheusReader {
                host: Some("localhost".to_owned()),
                port: Some(8888),
                ..PrometheusReader::default()
            })],
            views: Vec::new(),
            address: None,
        }
    }
}

/// How much is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricLevel {
    /// Nothing.
    None,
    /// Without the batch processor.
    Basic,
    /// With it.
    #[default]
    Normal,
    /// Also sizes, durations, and what HTTP and gRPC do.
    Detailed,
}

/// One of `service::telemetry::metrics::readers`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct MetricReader {
    /// Metrics that are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull: Option<PullReader>,
    /// Metrics that are sent, which this version cannot do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub periodic: Option<Value>,
}

impl MetricReader {
    /// A page that Prometheus scrapes.
    #[must_use]
    pub const fn prometheus(settings: PrometheusReader) -> Self {
        let exporter = PullExporter { prometheus: Some(settings) };
        Self { pull: Some(PullReader { exporter }), periodic: None }
    }

    /// The page that Prometheus scrapes, if it is one.
    #[must_use]
    pub fn as_prometheus(&self) -> Option<&PrometheusReader> {
        self.pull.as_ref()?.exporter.prometheus.as_ref()
    }
}

/// `pull` of a reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct PullReader {
    /// The form of the page.
    pub exporter: PullExporter,
}

/// `pull::exporter` of a reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct PullExporter {
    /// The only form there is.
    pub prometheus: Option<PrometheusReader>,
}

/// `pull::exporter::prometheus` of a reader.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct PrometheusReader {
    /// The host to listen on; empty for the default host.
    pub host: Option<String>,
    /// The port to listen on.
    pub port: Option<u16>,
    /// No `otel_scope_*` labels.
    pub without_scope_info: bool,
    /// No unit at the end of a name.
    pub without_units: bool,
    /// No `_total` at the end of a name.
    pub without_type_suffix: bool,
    /// Resource attributes that every series has as labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_resource_constant_labels: Option<IncludeExclude>,
    /// TLS instead of plain text; upstream has no such key here.
    #[serde(skip_serializing_if = "NoneByDefault::is_off")]
    pub tls: NoneByDefault<TlsServerSettings>,
}

impl Default for PrometheusReader {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            without_scope_info: true,
            without_units: true,
            without_type_suffix: true,
            with_resource_constant_labels: None,
            tls: NoneByDefault::default(),
        }
    }
}

/// Names by pattern, in which `*` stands for any text and `?` for any character.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct IncludeExclude {
    /// Which ones are taken; none means all.
    pub included: Vec<String>,
    /// Which of them are not.
    pub excluded: Vec<String>,
}

/// `service::telemetry::traces`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct TraceSettings {
    /// Whether spans of our own are made.
    #[serde(deserialize_with = "settings::any_case")]
    pub level: TraceLevel,
    /// Where spans are sent; none means that there are none.
    pub processors: Vec<Value>,
    /// How a trace is carried on, which takes effect with processors only.
    pub propagators: Vec<String>,
    /// Which traces are kept, which takes effect with processors only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampler: Option<Value>,
    /// How large a span may be, which takes effect with processors only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Value>,
}

/// Whether spans of our own are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TraceLevel {
    /// None.
    None,
    /// If there is a processor.
    #[default]
    Basic,
    /// As `Basic`.
    Normal,
    /// As `Basic`.
    Detailed,
}

/// `service::telemetry::resource`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ResourceSettings {
    /// What is added to our default attributes, or takes their place; null takes one away.
    pub attributes: Vec<ResourceAttribute>,
    /// Where the names are defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema_url: Option<String>,
}

/// An attribute of the resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResourceAttribute {
    /// Its name.
    pub name: String,
    /// A string, boolean, number, or a list of these; null takes the default away.
    pub value: Value,
}
