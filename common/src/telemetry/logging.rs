//! Our own log, laid out as upstream lays out its own.
//!
//! Code logs with the macros of `tracing`; values are fields, never part of the message. Who logs is
//! told by a span: the service makes one with [`component_span`] for each component and runs its tasks
//! in it, and every record made inside has `otelcol.component.id`, `otelcol.component.kind` and, where
//! they apply, `otelcol.signal` and `otelcol.pipeline.id`. Fields of the record itself win over these.
//!
//! ```yaml
//! service:
//!   telemetry:
//!     logs:
//!       level: info
//!       encoding: json
//!       output_paths: [stderr]
//! ```

mod fields;
mod layer;
mod output;
mod record;
mod sampler;

use std::{sync::Arc, time::Duration};

use tracing::{Level, Span};
use tracing_subscriber::layer::SubscriberExt;

use crate::telemetry::{
    Metrics, Resource,
    metrics::LOG_RECORDS_SAMPLED_OUT,
    settings::{LogEncoding, LogLevel, LogSettings},
};

pub use layer::LogLayer;
pub use output::OutputError;

/// How records are written, as `service::telemetry::logs` says it.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// The least severe level that is written; nothing if none.
    pub level: Option<Level>,
    /// The form of a record.
    pub encoding: LogEncoding,
    /// Whether records say which line of code they come from.
    pub with_caller: bool,
    /// How repeated records are thinned out.
    pub sampling: Option<Sampling>,
    /// `stderr`, `stdout`, paths, or `file://` URLs.
    pub output_paths: Vec<String>,
    /// Where it is told that a record could not be written.
    pub error_output_paths: Vec<String>,
    /// Fields of every record.
    pub initial_fields: Vec<(String, serde_json::Value)>,
    /// The `resource` field of every record.
    pub resource: Option<Resource>,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            level: Some(Level::INFO),
            encoding: LogEncoding::Console,
            with_caller: true,
            sampling: Some(Sampling::default()),
            output_paths: vec!["stderr".to_owned()],
            error_output_paths: vec!["stderr".to_owned()],
            initial_fields: Vec::new(),
            resource: None,
        }
    }
}

impl LogOptions {
    /// What the settings mean, for a process that is this resource.
    #[must_use]
    pub fn new(settings: &LogSettings, resource: &Resource) -> Self {
        let sampling = Sampling {
            tick: settings.sampling.tick.get(),
            initial: settings.sampling.initial,
            thereafter: settings.sampling.thereafter,
        };
        let fields = settings.initial_fields.iter();
        Self {
            level: match settings.level {
                LogLevel::Debug => Some(Level::DEBUG),
                LogLevel::Info => Some(Level::INFO),
                LogLevel::Warn => Some(Level::WARN),
                LogLevel::Error => Some(Level::ERROR),
                LogLevel::Dpanic | LogLevel::Panic | LogLevel::Fatal => None,
            },
            encoding: settings.encoding,
            with_caller: !settings.disable_caller,
            sampling: settings.sampling.enabled.then_some(sampling),
            output_paths: settings.output_paths.clone(),
            error_output_paths: settings.error_output_paths.clone(),
            initial_fields: fields.map(|(name, value)| (name.clone(), value.clone())).collect(),
            resource: (!settings.disable_zap_resource).then(|| resource.clone()),
        }
    }
}

/// In each `tick`, the first `initial` records of a level and message are written, then every
/// `thereafter`th.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// How long a count lasts.
    pub tick: Duration,
    /// Records that are written in any case.
    pub initial: u64,
    /// Of the records after that, one in so many is written; none if 0.
    pub thereafter: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { tick: Duration::from_secs(10), initial: 10, thereafter: 100 }
    }
}

/// The process's log, for changing its options while it runs. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Log(Arc<layer::Shared>);

impl Log {
    /// A log and the layer that feeds it.
    ///
    /// # Errors
    /// [`OutputError`] if an output cannot be opened.
    pub fn new(options: &LogOptions) -> Result<(Self, LogLayer), OutputError> {
        let shared = Arc::new(layer::Shared::new(options)?);
        Ok((Self(Arc::clone(&shared)), LogLayer::new(shared)))
    }

    /// Makes a log the one of the whole process; only the first call in a process takes effect.
    ///
    /// # Errors
    /// [`OutputError`] if an output cannot be opened.
    pub fn install(options: &LogOptions) -> Result<Self, OutputError> {
        let (log, layer) = Self::new(options)?;
        let subscriber = tracing_subscriber::registry().with(layer);
        if tracing::subscriber::set_global_default(subscriber).is_err() {
            tracing::debug!("the log of this process is installed already");
        }
        Ok(log)
    }

    /// Changes the options; if this fails, the old ones stay.
    ///
    /// # Errors
    /// [`OutputError`] if an output cannot be opened.
    pub fn reconfigure(&self, options: &LogOptions) -> Result<(), OutputError> {
        self.0.reconfigure(options)?;
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }

    /// Shows how many records sampling left out; called once, at start.
    pub fn expose(&self, metrics: &Metrics) {
        let shared = Arc::clone(&self.0);
        metrics.read_with(&LOG_RECORDS_SAMPLED_OUT, &[], move || shared.sampled_out() as f64);
    }

    /// Records that sampling left out since the start.
    #[must_use]
    pub fn sampled_out(&self) -> u64 {
        self.0.sampled_out()
    }
}

/// A span that tells who logs; made once per component.
#[must_use]
pub fn component_span(id: &str, kind: &str, signal: Option<&str>, pipeline: Option<&str>) -> Span {
    // The span is on at every level, because the records inside it may be of any.
    tracing::error_span!(
        target: "common::component",
        "component",
        otelcol.component.id = id,
        otelcol.component.kind = kind,
        otelcol.signal = signal,
        otelcol.pipeline.id = pipeline,
    )
}

#[cfg(test)]
mod tests;
