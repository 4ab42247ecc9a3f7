//! The metrics that only we have.

use super::Metric;

/// Items by stage and where they went.
pub static STAGE_ITEMS: Metric = Metric::counter(
    "otelcol_stage_items",
    "Items by stage and flow: in + created = passed_on + merged + dropped + refused + held",
    &["kind", "component", "pipeline", "otel_signal", "flow", "reason"],
)
.unit("{item}")
.hidden_until_counted();

/// Items that a stage holds.
pub static STAGE_HELD_ITEMS: Metric = Metric::gauge(
    "otelcol_stage_held_items",
    "Items that a stage took responsibility for and has not passed on",
    &["kind", "component", "pipeline", "otel_signal"],
)
.unit("{item}");

/// Strings that were not UTF-8 and were mended with U+FFFD.
pub static RECEIVER_MENDED_STRINGS: Metric = Metric::counter(
    "otelcol_receiver_mended_strings",
    "Number of strings that were not UTF-8 and were mended",
    &["receiver", "transport", "otel_signal"],
)
.unit("{string}")
.hidden_until_counted();

/// Bytes that the budget has given out.
pub static BUDGET_USED: Metric =
    Metric::gauge("otelcol_budget_used_bytes", "Bytes of telemetry held now", &[]).unit("By");

/// Bytes that the budget may give out.
pub static BUDGET_LIMIT: Metric =
    Metric::gauge("otelcol_budget_limit_bytes", "Bytes of telemetry that may be held", &[])
        .unit("By");

/// Log records that sampling left out.
pub static LOG_RECORDS_SAMPLED_OUT: Metric = Metric::counter(
    "otelcol_telemetry_sampled_out_log_records",
    "Number of our own log records that sampling left out",
    &[],
)
.unit("{record}");
