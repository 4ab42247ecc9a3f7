//! The kinds of things that a statement is run on, and what can be named from each.
//!
//! Source: the `contexts` of the Collector's `pkg/ottl`.

use crate::{
    otlp::schema::{EnumName, enums},
    signal::Signal,
};

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
    pub fn enums(self) -> impl Iterator<Item = EnumName> + Clone {
        const SPAN: &[&[EnumName]] = &[&enums::SPAN_KIND, &enums::STATUS_CODE];
        const METRIC: &[&[EnumName]] = &[&enums::AGGREGATION_TEMPORALITY, &METRIC_DATA_TYPE];
        const DATA_POINT: &[&[EnumName]] =
            &[&FLAG, &enums::AGGREGATION_TEMPORALITY, &METRIC_DATA_TYPE];
        const LOG: &[&[EnumName]] = &[&enums::SEVERITY_NUMBER];

        let lists = match self {
            Self::Resource | Self::Scope => &[],
            Self::Span | Self::SpanEvent => SPAN,
            Self::Metric => METRIC,
            Self::DataPoint | Self::Exemplar => DATA_POINT,
            Self::Log => LOG,
        };
        lists.iter().copied().flatten().copied()
    }
}

const METRIC_DATA_TYPE: [EnumName; 6] = [
    ("METRIC_DATA_TYPE_NONE", 0),
    ("METRIC_DATA_TYPE_GAUGE", 1),
    ("METRIC_DATA_TYPE_SUM", 2),
    ("METRIC_DATA_TYPE_HISTOGRAM", 3),
    ("METRIC_DATA_TYPE_EXPONENTIAL_HISTOGRAM", 4),
    ("METRIC_DATA_TYPE_SUMMARY", 5),
];

const FLAG: [EnumName; 2] = [("FLAG_NONE", 0), ("FLAG_NO_RECORDED_VALUE", 1)];
