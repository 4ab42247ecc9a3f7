//! The kinds of things that a statement is run on, and what can be named from each.
//!
//! Source: the `contexts` of the Collector's `pkg/ottl`.

use crate::signal::Signal;

/// What a statement is run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Each resource.
    Resource,
    /// Each scope.
    Scope,
    /// Each span.
    Span,
    /// Each event of each span.
    SpanEvent,
    /// Each metric.
    Metric,
    /// Each data point.
    DataPoint,
    /// Each exemplar of each data point.
    Exemplar,
    /// Each log record.
    Log,
}

/// Where a message stands from the place that is visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The resource.
    Resource,
    /// The scope.
    Scope,
    /// The metric.
    Metric,
    /// The span, log record or data point.
    Item,
    /// The event or exemplar.
    Inner,
}

/// A name for a number.
pub type Enum = (&'static str, i64);

impl Context {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Resource,
        Self::Scope,
        Self::Span,
        Self::SpanEvent,
        Self::Metric,
        Self::DataPoint,
        Self::Exemplar,
        Self::Log,
    ];

    /// Its name, as paths begin with it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Scope => "scope",
            Self::Span => "span",
            Self::SpanEvent => "spanevent",
            Self::Metric => "metric",
            Self::DataPoint => "datapoint",
            Self::Exemplar => "exemplar",
            Self::Log => "log",
        }
    }

    /// The context of a name. A scope has two.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        if name == "instrumentation_scope" {
            return Some(Self::Scope);
        }
        Self::ALL.into_iter().find(|context| context.name() == name)
    }

    /// Itself and what is around it, from the inside out.
    #[must_use]
    pub const fn reachable(self) -> &'static [Self] {
        match self {
            Self::Resource => &[Self::Resource],
            Self::Scope => &[Self::Scope, Self::Resource],
            Self::Span => &[Self::Span, Self::Scope, Self::Resource],
            Self::SpanEvent => &[Self::SpanEvent, Self::Span, Self::Scope, Self::Resource],
            Self::Metric => &[Self::Metric, Self::Scope, Self::Resource],
            Self::DataPoint => &[Self::DataPoint, Self::Metric, Self::Scope, Self::Resource],
            Self::Exemplar => {
                &[Self::Exemplar, Self::DataPoint, Self::Metric, Self::Scope, Self::Resource]
            }
            Self::Log => &[Self::Log, Self::Scope, Self::Resource],
        }
    }

    /// Whether a signal has it.
    #[must_use]
    pub fn is_of(self, signal: Signal) -> bool {
        Self::of_signal(signal).contains(&self)
    }

    /// The contexts of a signal, from the outside in.
    #[must_use]
    pub const fn of_signal(signal: Signal) -> &'static [Self] {
        match signal {
            Signal::Traces => &[Self::Resource, Self::Scope, Self::Span, Self::SpanEvent],
            Signal::Metrics => {
                &[Self::Resource, Self::Scope, Self::Metric, Self::DataPoint, Self::Exemplar]
            }
            Signal::Logs => &[Self::Resource, Self::Scope, Self::Log],
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn level(self) -> Level {
        match self {
            Self::Resource => Level::Resource,
            Self::Scope => Level::Scope,
            Self::Metric => Level::Metric,
            Self::Span | Self::DataPoint | Self::Log => Level::Item,
            Self::SpanEvent | Self::Exemplar => Level::Inner,
        }
    }

    /// The names of numbers that statements on it may use.
    #[must_use]
    pub const fn enums(self) -> &'static [Enum] {
        match self {
            Self::Resource | Self::Scope => &[],
            Self::Span | Self::SpanEvent => SPAN_ENUMS,
            Self::Metric => METRIC_ENUMS,
            Self::DataPoint | Self::Exemplar => DATA_POINT_ENUMS,
            Self::Log => LOG_ENUMS,
        }
    }
}

const SPAN_ENUMS: &[Enum] = &[
    ("SPAN_KIND_UNSPECIFIED", 0),
    ("SPAN_KIND_INTERNAL", 1),
    ("SPAN_KIND_SERVER", 2),
    ("SPAN_KIND_CLIENT", 3),
    ("SPAN_KIND_PRODUCER", 4),
    ("SPAN_KIND_CONSUMER", 5),
    ("STATUS_CODE_UNSET", 0),
    ("STATUS_CODE_OK", 1),
    ("STATUS_CODE_ERROR", 2),
];

const METRIC_ENUMS: &[Enum] = &[
    ("AGGREGATION_TEMPORALITY_UNSPECIFIED", 0),
    ("AGGREGATION_TEMPORALITY_DELTA", 1),
    ("AGGREGATION_TEMPORALITY_CUMULATIVE", 2),
    ("METRIC_DATA_TYPE_NONE", 0),
    ("METRIC_DATA_TYPE_GAUGE", 1),
    ("METRIC_DATA_TYPE_SUM", 2),
    ("METRIC_DATA_TYPE_HISTOGRAM", 3),
    ("METRIC_DATA_TYPE_EXPONENTIAL_HISTOGRAM", 4),
    ("METRIC_DATA_TYPE_SUMMARY", 5),
];

const DATA_POINT_ENUMS: &[Enum] = &[
    ("FLAG_NONE", 0),
    ("FLAG_NO_RECORDED_VALUE", 1),
    ("AGGREGATION_TEMPORALITY_UNSPECIFIED", 0),
    ("AGGREGATION_TEMPORALITY_DELTA", 1),
    ("AGGREGATION_TEMPORALITY_CUMULATIVE", 2),
    ("METRIC_DATA_TYPE_NONE", 0),
    ("METRIC_DATA_TYPE_GAUGE", 1),
    ("METRIC_DATA_TYPE_SUM", 2),
    ("METRIC_DATA_TYPE_HISTOGRAM", 3),
    ("METRIC_DATA_TYPE_EXPONENTIAL_HISTOGRAM", 4),
    ("METRIC_DATA_TYPE_SUMMARY", 5),
];

const LOG_ENUMS: &[Enum] = &[
    ("SEVERITY_NUMBER_UNSPECIFIED", 0),
    ("SEVERITY_NUMBER_TRACE", 1),
    ("SEVERITY_NUMBER_TRACE2", 2),
    ("SEVERITY_NUMBER_TRACE3", 3),
    ("SEVERITY_NUMBER_TRACE4", 4),
    ("SEVERITY_NUMBER_DEBUG", 5),
    ("SEVERITY_NUMBER_DEBUG2", 6),
    ("SEVERITY_NUMBER_DEBUG3", 7),
    ("SEVERITY_NUMBER_DEBUG4", 8),
    ("SEVERITY_NUMBER_INFO", 9),
    ("SEVERITY_NUMBER_INFO2", 10),
    ("SEVERITY_NUMBER_INFO3", 11),
    ("SEVERITY_NUMBER_INFO4", 12),
    ("SEVERITY_NUMBER_WARN", 13),
    ("SEVERITY_NUMBER_WARN2", 14),
    ("SEVERITY_NUMBER_WARN3", 15),
    ("SEVERITY_NUMBER_WARN4", 16),
    ("SEVERITY_NUMBER_ERROR", 17),
    ("SEVERITY_NUMBER_ERROR2", 18),
    ("SEVERITY_NUMBER_ERROR3", 19),
    ("SEVERITY_NUMBER_ERROR4", 20),
    ("SEVERITY_NUMBER_FATAL", 21),
    ("SEVERITY_NUMBER_FATAL2", 22),
    ("SEVERITY_NUMBER_FATAL3", 23),
    ("SEVERITY_NUMBER_FATAL4", 24),
];
