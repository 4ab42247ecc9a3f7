//! What processors that sample and regroup count, under upstream's names.

use super::{Level, Metric, PerSignal};

const SAMPLER_SCOPE: &str = "github.com/open-telemetry/opentelemetry-collector-contrib/processor/probabilisticsamplerprocessor";

const GROUP_BY_ATTRS_SCOPE: &str =
    "github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbyattrsprocessor";

const DECISION: &[&str] = &["policy", "sampled"];

/// Spans that a probabilistic sampler kept or dropped, by what decided.
pub static PROBABILISTIC_SAMPLER_TRACES: Metric = Metric::counter(
    "otelcol_processor_probabilistic_sampler_count_traces_sampled",
    "Count of traces that were sampled or not",
    DECISION,
)
.unit("1")
.from_level(Level::Normal)
.scope(SAMPLER_SCOPE)
.hidden_until_counted();

/// Log records that a probabilistic sampler kept or dropped, by what decided.
pub static PROBABILISTIC_SAMPLER_LOGS: Metric = Metric::counter(
    "otelcol_processor_probabilistic_sampler_count_logs_sampled",
    "Count of logs that were sampled or not",
    DECISION,
)
.unit("1")
.from_level(Level::Normal)
.scope(SAMPLER_SCOPE)
.hidden_until_counted();

/// What is counted of a signal's items by `group_by_attrs`.
macro_rules! items_grouped {
    ($name:literal, $help:literal) => {
        PerSignal {
            traces: grouped(
                concat!("otelcol_processor_groupbyattrs_", $name, "_spans"),
                concat!("Number of spans that ", $help),
            ),
            metrics: grouped(
                concat!("otelcol_processor_groupbyattrs_", $name, "_metrics"),
                concat!("Number of metrics that ", $help),
            ),
            logs: grouped(
                concat!("otelcol_processor_groupbyattrs_", $name, "_logs"),
                concat!("Number of logs that ", $help),
            ),
        }
    };
}

/// Items that had one of the keys.
pub static GROUP_BY_ATTRS_GROUPED: PerSignal =
    items_grouped!("num_grouped", "had attributes grouped");

/// Items that had none of the keys.
pub static GROUP_BY_ATTRS_NOT_GROUPED: PerSignal =
    items_grouped!("num_non_grouped", "did not have attributes grouped");

/// Resources that came of a request.
pub static GROUP_BY_ATTRS_GROUPS: PerSignal = PerSignal {
    traces: groups(
        "otelcol_processor_groupbyattrs_span_groups",
        "Distribution of groups extracted for spans",
    ),
    metrics: groups(
        "otelcol_processor_groupbyattrs_metric_groups",
        "Distribution of groups extracted for metrics",
    ),
    logs: groups(
        "otelcol_processor_groupbyattrs_log_groups",
        "Distribution of groups extracted for logs",
    ),
};

const fn grouped(name: &'static str, help: &'static str) -> Metric {
    Metric::counter(name, help, &[])
        .unit("1")
        .from_level(Level::Normal)
        .scope(GROUP_BY_ATTRS_SCOPE)
        .hidden_until_counted()
}

const fn groups(name: &'static str, help: &'static str) -> Metric {
    Metric::histogram(name, help, &[], COUNTS)
        .unit("1")
        .from_level(Level::Normal)
        .scope(GROUP_BY_ATTRS_SCOPE)
}

const COUNTS: &[f64] = &[
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10000.0,
];
