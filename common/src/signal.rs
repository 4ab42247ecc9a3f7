//! The three signals and what differs between them: names, paths, and units of count.
//!
//! Everything else about an export request is the same for all three, so code that needs a
//! difference asks here instead of matching on its own.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A kind of telemetry, as OTLP divides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    /// Spans.
    Traces,
    /// Metric data points.
    Metrics,
    /// Log records.
    Logs,
}

impl Signal {
    /// All signals, in the order they are listed everywhere.
    pub const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    /// The word used in configs, labels and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    /// The unit that is counted, in the plural, as upstream's metric names have it.
    #[must_use]
    pub const fn items(self) -> &'static str {
        match self {
            Self::Traces => "spans",
            Self::Metrics => "metric_points",
            Self::Logs => "log_records",
        }
    }

    /// The default OTLP/HTTP path (OTLP specification 1.x, "OTLP/HTTP Request").
    #[must_use]
    pub const fn http_path(self) -> &'static str {
        match self {
            Self::Traces => "/v1/traces",
            Self::Metrics => "/v1/metrics",
            Self::Logs => "/v1/logs",
        }
    }

    /// The full method path of the OTLP gRPC export call.
    #[must_use]
    pub const fn grpc_path(self) -> &'static str {
        match self {
            Self::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            Self::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        }
    }

    /// The collector that carries this signal alone.
    #[must_use]
    pub const fn collector(self) -> &'static str {
        match self {
            Self::Traces => "traces-collector",
            Self::Metrics => "metrics-collector",
            Self::Logs => "logs-collector",
        }
    }

    /// A dense index, for tables with one place per signal.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Traces => 0,
            Self::Metrics => 1,
            Self::Logs => 2,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no signal.
#[derive(Debug, thiserror::Error)]
#[error("unknown pipeline signal: {0:?}, expected one of traces, metrics, logs")]
pub struct UnknownSignal(String);

impl FromStr for Signal {
    type Err = UnknownSignal;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|signal| signal.name() == word)
            .ok_or_else(|| UnknownSignal(word.to_owned()))
    }
}

/// A set of signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalSet(u8);

impl SignalSet {
    /// No signal.
    pub const NONE: Self = Self(0);
    /// Every signal.
    pub const ALL: Self = Self(0b111);

    /// The set of one signal.
    #[must_use]
    pub const fn only(signal: Signal) -> Self {
        Self(1 << signal.index())
    }

    /// This set and one signal more.
    #[must_use]
    pub const fn with(self, signal: Signal) -> Self {
        Self(self.0 | 1 << signal.index())
    }

    /// Whether the signal is in the set.
    #[must_use]
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 & (1 << signal.index()) != 0
    }

    /// The signals of the set, in their usual order.
    pub fn iter(self) -> impl Iterator<Item = Signal> {
        Signal::ALL.into_iter().filter(move |signal| self.contains(*signal))
    }
}
