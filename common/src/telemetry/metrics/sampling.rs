//! What processors that sample and regroup count, under upstream's names.

use super::{Level, Metric};

const SAMPLER_SCOPE: &str = "github.com/open-telemetry/opentelemetry-collector-contrib/processor/probabilisticsamplerprocessor";

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
