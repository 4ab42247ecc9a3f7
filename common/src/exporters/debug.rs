//! Prints telemetry, for people who look for a fault.
//!
//! With `use_internal_logger` (the default) the text goes through the collector's own log, with its
//! level, encoding and sampling, so lines can be left out under load; with `false` every line is written.
//!
//! ```yaml
//! debug:
//!   verbosity: detailed
//!   use_internal_logger: false
//!   output_paths: [stderr]
//! ```
//!
//! `basic` prints one line of counts per request, `normal` adds one line per item, and `detailed` adds
//! every field. The older type `logging` and its keys `loglevel` and `logLevel` are understood.
//!
//! Accepts: when the text is handed to the log or the output. Holds: nothing. Rejects: items that nest
//! too deep to be printed.

mod counts;
mod detailed;
mod normal;
mod output;
mod sampling;
mod text;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use counts::Counts;
use output::Output;
use sampling::Sampler;

use crate::{
    component::{BuildError, Context, DeliveryDefaults, Export, Exporter, Lifecycle, StartError},
    pipeline::{Accepted, Outcome, Payload, Reason, Rejected},
    settings::{Issues, Settings, any_case},
    signal::{Signal, SignalSet},
};

/// How much is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verbosity {
    /// Nothing; known, but refused.
    None,
    /// Counts.
    #[default]
    Basic,
    /// Counts and a line per item.
    Normal,
    /// Counts and every field.
    Detailed,
}

impl Verbosity {
    const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "basic",
            Self::Normal => "normal",
            Self::Detailed => "detailed",
        }
    }

    /// What a level of the old `loglevel` key stands for.
    fn from_log_level(level: &str) -> Option<Self> {
        match level.to_ascii_lowercase().as_str() {
            "debug" => Some(Self::Detailed),
            "info" => Some(Self::Normal),
            "warn" | "error" => Some(Self::Basic),
            _ => None,
        }
    }
}

/// The settings of `debug`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct DebugExporterConfig {
    /// How much is printed.
    #[serde(deserialize_with = "any_case")]
    pub verbosity: Verbosity,
    /// Records of one text that are printed in each second before sampling starts.
    pub sampling_initial: u64,
    /// Then every so many-th is printed; 1 prints all, 0 none.
    pub sampling_thereafter: u64,
    /// Whether the collector's own log prints the text.
    pub use_internal_logger: bool,
    /// `stdout`, `stderr`, or files, when it does not.
    pub output_paths: Option<Vec<String>>,
    /// The older spelling of `verbosity`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub loglevel: String,
    /// The oldest spelling of `verbosity`.
    #[serde(rename = "logLevel", skip_serializing_if = "String::is_empty")]
    pub log_level: String,
}

impl Default for DebugExporterConfig {
    fn default() -> Self {
        Self {
            verbosity: Verbosity::Basic,
            sampling_initial: 2,
            sampling_thereafter: 1,
            use_internal_logger: true,
            output_paths: None,
            loglevel: String::new(),
            log_level: String::new(),
        }
    }
}

impl Settings for DebugExporterConfig {
    fn validate(&self, issues: &mut Issues) {
        if self.verbosity == Verbosity::None {
            issues.error(
                "verbosity",
                "verbosity level \"None\" is not supported, expected one of basic, normal, detailed",
            );
        }
        match (self.use_internal_logger, self.output_paths.as_deref()) {
            (true, Some([_, ..])) => issues.error(
                "output_paths",
                "output_paths is not supported when use_internal_logger is true",
            ),
            (false, Some([])) => issues.error(
                "output_paths",
                "output_paths must not be empty when use_internal_logger is false",
            ),
            _ => {}
        }
        for (key, level) in [("loglevel", &self.loglevel), ("logLevel", &self.log_level)] {
            if level.is_empty() {
                continue;
            }
            match Verbosity::from_log_level(level) {
                Some(verbosity) => issues.warn(
                    key,
                    format!("is an old spelling, write `verbosity: {}`", verbosity.name()),
                ),
                None => issues.error(
                    key,
                    format!("unknown level {level:?}, expected one of debug, info, warn, error"),
                ),
            }
        }
    }
}

impl DebugExporterConfig {
    fn effective_verbosity(&self) -> Verbosity {
        let old = [&self.loglevel, &self.log_level];
        old.into_iter().find_map(|level| Verbosity::from_log_level(level)).unwrap_or(self.verbosity)
    }
}

/// Prints payloads of one signal.
#[derive(Debug)]
pub struct DebugExporter {
    signal: Signal,
    verbosity: Verbosity,
    sampler: Sampler,
    output: Output,
}

impl Exporter for DebugExporter {
    const NAME: &'static str = "debug";
    const ALIASES: &'static [&'static str] = &["logging"];
    const SIGNALS: SignalSet = SignalSet::ALL;
    const DELIVERY: DeliveryDefaults =
        DeliveryDefaults { timeout_ms: None, retry: false, queue: Some(false) };

    type Config = DebugExporterConfig;

    fn build(config: Self::Config, context: Context) -> Result<Self, BuildError> {
        let output = if config.use_internal_logger {
            Output::log()
        } else {
            Output::paths(config.output_paths.clone().unwrap_or_else(|| vec!["stdout".to_owned()]))
        };
        Ok(Self {
            signal: context.signal.ok_or_else(|| BuildError::new("an exporter needs a signal"))?,
            verbosity: config.effective_verbosity(),
            sampler: Sampler::new(config.sampling_initial, config.sampling_thereafter),
            output,
        })
    }
}

impl Lifecycle for DebugExporter {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        Box::pin(std::future::ready(self.output.open().map_err(|(path, error)| {
            StartError::with_source(format!("output_paths: cannot open {path}"), error)
        })))
    }
}

impl Export for DebugExporter {
    fn export(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(std::future::ready(self.print(&payload)))
    }
}

impl DebugExporter {
    fn print(&self, payload: &Payload) -> Outcome {
        let counts = Counts::of(self.signal, payload);
        if self.sampler.is_due(counts.title()) {
            self.output.counts(&counts);
        }
        let text = match self.verbosity {
            Verbosity::None | Verbosity::Basic => return Ok(Accepted::FULLY),
            Verbosity::Normal => normal::text(self.signal, payload.chunks()),
            Verbosity::Detailed => detailed::text(self.signal, payload.chunks()),
        };
        let text = text.map_err(|error| {
            Rejected::new(Reason::Refused, format!("cannot be printed: {error}"))
        })?;
        if self.sampler.is_due(&text) {
            self.output.text(&text);
        }
        Ok(Accepted::FULLY)
    }
}

#[cfg(test)]
mod tests;
