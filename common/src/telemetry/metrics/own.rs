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

const QUEUE: &[&str] = &["exporter", "data_type"];

/// Bytes of the payloads in an exporter's queue, whatever its sizer.
pub static EXPORTER_QUEUE_SIZE_BYTES: Metric = Metric::gauge(
    "otelcol_exporter_queue_size_bytes",
    "Bytes of the payloads in the sending queue, whatever its sizer",
    QUEUE,
)
.unit("By");

/// Bytes that an exporter's queue may hold, where something bounds them.
pub static EXPORTER_QUEUE_CAPACITY_BYTES: Metric = Metric::gauge(
    "otelcol_exporter_queue_capacity_bytes",
    "Bytes of payloads that the sending queue may hold",
    QUEUE,
)
.unit("By");

/// Bytes of the requests that an exporter is sending or waiting to send again.
pub static EXPORTER_IN_FLIGHT_BYTES: Metric = Metric::gauge(
    "otelcol_exporter_in_flight_bytes",
    "Bytes of the requests being sent, including those that wait for a retry",
    QUEUE,
)
.unit("By");

/// What the files of a durable queue take on disk.
pub static EXPORTER_QUEUE_DISK_BYTES: Metric = Metric::gauge(
    "otelcol_exporter_queue_disk_bytes",
    "Bytes that the files of the durable queue take on disk",
    QUEUE,
)
.unit("By");

/// Records of a durable queue that could not be read back, and were set aside.
pub static EXPORTER_QUEUE_DAMAGED_RECORDS: Metric = Metric::counter(
    "otelcol_exporter_queue_damaged_records",
    "Number of records in the durable queue that were damaged on disk",
    QUEUE,
)
.unit("{record}");

/// Bytes at the end of a durable queue that were never acknowledged, because their write was cut off.
pub static EXPORTER_QUEUE_TORN_BYTES: Metric = Metric::counter(
    "otelcol_exporter_queue_torn_bytes",
    "Bytes of unfinished, never acknowledged writes that recovery cut off",
    QUEUE,
)
.unit("By");
