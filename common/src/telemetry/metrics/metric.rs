//! What is known about a metric before it has a value.

use crate::{signal::Signal, telemetry::settings::MetricLevel};

/// How much we tell about ourselves (`service::telemetry::metrics::level`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing.
    None,
    /// What says whether telemetry flows.
    Basic,
    /// What upstream shows by default.
    #[default]
    Normal,
    /// Everything.
    Detailed,
}

impl Level {
    /// Whether a metric is shown at this level.
    #[must_use]
    pub fn shows(self, metric: &Metric) -> bool {
        metric.is_visible_at(self)
    }
}

impl From<MetricLevel> for Level {
    fn from(level: MetricLevel) -> Self {
        match level {
            MetricLevel::None => Self::None,
            MetricLevel::Basic => Self::Basic,
            MetricLevel::Normal => Self::Normal,
            MetricLevel::Detailed => Self::Detailed,
        }
    }
}

/// What the values of a metric are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MetricKind {
    /// Only rises.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Values counted per bucket; these are the upper bounds.
    Histogram(&'static [f64]),
}

/// A metric: name, help, labels, and when and how it is shown.
#[derive(Debug)]
pub struct Metric {
    /// The exposed name, without type and unit suffixes.
    pub name: &'static str,
    /// The exposed help text.
    pub help: &'static str,
    /// Label names, in the order of the values.
    pub labels: &'static [&'static str],
    /// What its values are.
    pub kind: MetricKind,
    /// The unit as upstream writes it: `s`, `By`, or a word in braces.
    pub unit: &'static str,
    /// The lowest level at which it is shown.
    pub level: Level,
    /// The instrumentation scope, as upstream names it.
    pub scope: &'static str,
    /// Whether a series is shown only once it has counted something.
    pub(super) is_shown_at_zero: bool,
}

impl Metric {
    const fn new(
        kind: MetricKind,
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            help,
            labels,
            kind,
            unit: "",
            level: Level::Basic,
            scope: "tercet",
            is_shown_at_zero: true,
        }
    }

    /// A metric that only rises.
    #[must_use]
    pub const fn counter(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Self {
        Self::new(MetricKind::Counter, name, help, labels)
    }

    /// A metric that rises and falls.
    #[must_use]
    pub const fn gauge(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Self {
        Self::new(MetricKind::Gauge, name, help, labels)
    }

    /// A distribution over the given upper bounds.
    #[must_use]
    pub const fn histogram(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
        bounds: &'static [f64],
    ) -> Self {
        Self::new(MetricKind::Histogram(bounds), name, help, labels)
    }

    /// The same metric with a unit.
    #[must_use]
    pub const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// The same metric, shown from a level on.
    #[must_use]
    pub const fn from_level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The same metric in a scope.
    #[must_use]
    pub const fn scope(mut self, scope: &'static str) -> Self {
        self.scope = scope;
        self
    }

    /// The same metric, whose series are not shown before they counted something.
    #[must_use]
    pub const fn hidden_until_counted(mut self) -> Self {
        self.is_shown_at_zero = false;
        self
    }

    /// Whether it is shown at a level.
    pub(super) fn is_visible_at(&self, level: Level) -> bool {
        level >= self.level
    }

    /// How many exposed lines one combination of label values costs.
    pub(super) const fn cost(&self) -> usize {
        match self.kind {
            MetricKind::Counter | MetricKind::Gauge => 1,
            // One for each bound, one for infinity, sum and count.
            MetricKind::Histogram(bounds) => bounds.len() + 3,
        }
    }
}

/// A metric that has a name of its own for each signal.
#[derive(Debug)]
pub struct PerSignal {
    pub(super) traces: Metric,
    pub(super) metrics: Metric,
    pub(super) logs: Metric,
}

impl PerSignal {
    /// The same metrics, whose series are not shown before they counted something.
    #[must_use]
    pub(super) const fn hidden_until_counted(self) -> Self {
        let Self { traces, metrics, logs } = self;
        Self {
            traces: traces.hidden_until_counted(),
            metrics: metrics.hidden_until_counted(),
            logs: logs.hidden_until_counted(),
        }
    }

    /// The metric of one signal.
    #[must_use]
    pub const fn of(&self, signal: Signal) -> &Metric {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Metrics => &self.metrics,
            Signal::Logs => &self.logs,
        }
    }
}
