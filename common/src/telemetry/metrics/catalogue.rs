//! The metrics that upstream has too, under its names.

use super::{Level, Metric, PerSignal};

const RECEIVER_SCOPE: &str = "go.opentelemetry.io/collector/receiver/receiverhelper";
const SCRAPER_SCOPE: &str = "go.opentelemetry.io/collector/scraper/scraperhelper";
const PROCESSOR_SCOPE: &str = "go.opentelemetry.io/collector/processor/processorhelper";
const MEMORY_LIMITER_SCOPE: &str = "go.opentelemetry.io/collector/processor/memorylimiterprocessor";
const BATCH_SCOPE: &str = "go.opentelemetry.io/collector/processor/batchprocessor";
const FILTER_SCOPE: &str =
    "github.com/open-telemetry/opentelemetry-collector-contrib/processor/filterprocessor";
const EXPORTER_SCOPE: &str = "go.opentelemetry.io/collector/exporter/exporterhelper";
const SERVICE_SCOPE: &str = "go.opentelemetry.io/collector/service";
const HTTP_SCOPE: &str = "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp";
const GRPC_SCOPE: &str =
    "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc";

/// Three counters whose names end in the signal's items.
macro_rules! per_signal {
    ($prefix:literal, $help:literal, $labels:expr, $scope:expr) => {
        PerSignal {
            traces: Metric::counter(
                concat!($prefix, "_spans"),
                concat!("Number of spans ", $help),
                $labels,
            )
            .unit("{span}")
            .scope($scope),
            metrics: Metric::counter(
                concat!($prefix, "_metric_points"),
                concat!("Number of metric points ", $help),
                $labels,
            )
            .unit("{datapoint}")
            .scope($scope),
            logs: Metric::counter(
                concat!($prefix, "_log_records"),
                concat!("Number of log records ", $help),
                $labels,
            )
            .unit("{record}")
            .scope($scope),
        }
    };
}

const RECEIVER: &[&str] = &["receiver", "transport"];
const SCRAPER: &[&str] = &["receiver", "scraper"];
const PROCESSOR: &[&str] = &["processor"];
const PROCESSOR_SIGNAL: &[&str] = &["processor", "otel_signal"];
const FILTER: &[&str] = &["filter"];
const EXPORTER: &[&str] = &["exporter"];
const EXPORTER_SIGNAL: &[&str] = &["exporter", "data_type"];

/// Items that a receiver pushed into its pipelines.
pub static RECEIVER_ACCEPTED: PerSignal = per_signal!(
    "otelcol_receiver_accepted",
    "successfully pushed into the pipeline",
    RECEIVER,
    RECEIVER_SCOPE
);

/// Items that a receiver could not push into its pipelines.
pub static RECEIVER_REFUSED: PerSignal = per_signal!(
    "otelcol_receiver_refused",
    "that could not be pushed into the pipeline",
    RECEIVER,
    RECEIVER_SCOPE
);

/// Items that failed inside a receiver; always 0, as upstream has it unless a gate is on.
pub static RECEIVER_FAILED: PerSignal = per_signal!(
    "otelcol_receiver_failed",
    "that the receiver itself failed to process",
    RECEIVER,
    RECEIVER_SCOPE
);

/// What a scraper read.
pub static SCRAPER_SCRAPED_METRIC_POINTS: Metric = Metric::counter(
    "otelcol_scraper_scraped_metric_points",
    "Number of metrics successfully scraped",
    SCRAPER,
)
.unit("{datapoint}")
.scope(SCRAPER_SCOPE);

/// What a scraper could not read.
pub static SCRAPER_ERRORED_METRIC_POINTS: Metric = Metric::counter(
    "otelcol_scraper_errored_metric_points",
    "Number of metrics that could not be scraped",
    SCRAPER,
)
.unit("{datapoint}")
.scope(SCRAPER_SCOPE);

/// Log records that a scraper read.
pub static SCRAPER_SCRAPED_LOG_RECORDS: Metric = Metric::counter(
    "otelcol_scraper_scraped_log_records",
    "Number of log records successfully scraped",
    SCRAPER,
)
.unit("{record}")
.scope(SCRAPER_SCOPE);

/// Log records that a scraper could not read.
pub static SCRAPER_ERRORED_LOG_RECORDS: Metric = Metric::counter(
    "otelcol_scraper_errored_log_records",
    "Number of log records that could not be scraped",
    SCRAPER,
)
.unit("{record}")
.scope(SCRAPER_SCOPE);

/// Items offered to a processor.
pub static PROCESSOR_INCOMING_ITEMS: Metric = Metric::counter(
    "otelcol_processor_incoming_items",
    "Number of items passed to the processor",
    PROCESSOR_SIGNAL,
)
.unit("{item}")
.scope(PROCESSOR_SCOPE);

/// Items that a processor passed on.
pub static PROCESSOR_OUTGOING_ITEMS: Metric = Metric::counter(
    "otelcol_processor_outgoing_items",
    "Number of items emitted from the processor",
    PROCESSOR_SIGNAL,
)
.unit("{item}")
.scope(PROCESSOR_SCOPE);

/// Time that a processor takes for a payload.
pub static PROCESSOR_INTERNAL_DURATION: Metric = Metric::histogram(
    "otelcol_processor_internal_duration",
    "Duration of time taken to process a batch of telemetry data through the processor",
    PROCESSOR_SIGNAL,
    SECONDS,
)
.unit("s")
.from_level(Level::Detailed)
.scope(PROCESSOR_SCOPE);

/// Items that a memory limiter let through.
pub static MEMORY_LIMITER_ACCEPTED: PerSignal = per_signal!(
    "otelcol_processor_memory_limiter_accepted",
    "successfully pushed into the next component in the pipeline",
    PROCESSOR,
    MEMORY_LIMITER_SCOPE
);

/// Items that a memory limiter refused.
pub static MEMORY_LIMITER_REFUSED: PerSignal = per_signal!(
    "otelcol_processor_memory_limiter_refused",
    "that were rejected by the next component in the pipeline",
    PROCESSOR,
    MEMORY_LIMITER_SCOPE
);

/// Items that a filter dropped.
pub static FILTERED: PerSignal = PerSignal {
    traces: Metric::counter(
        "otelcol_processor_filter_spans_filtered",
        "Number of spans dropped by the filter processor",
        FILTER,
    )
    .unit("1")
    .scope(FILTER_SCOPE),
    metrics: Metric::counter(
        "otelcol_processor_filter_datapoints_filtered",
        "Number of metric data points dropped by the filter processor",
        FILTER,
    )
    .unit("1")
    .scope(FILTER_SCOPE),
    logs: Metric::counter(
        "otelcol_processor_filter_logs_filtered",
        "Number of logs dropped by the filter processor",
        FILTER,
    )
    .unit("1")
    .scope(FILTER_SCOPE),
};

/// Batches sent because they were full.
pub static BATCH_SIZE_TRIGGER_SEND: Metric = Metric::counter(
    "otelcol_processor_batch_batch_size_trigger_send",
    "Number of times the batch was sent due to a size trigger",
    PROCESSOR,
)
.unit("{time}")
.from_level(Level::Normal)
.scope(BATCH_SCOPE);

/// Batches sent because their time was over.
pub static BATCH_TIMEOUT_TRIGGER_SEND: Metric = Metric::counter(
    "otelcol_processor_batch_timeout_trigger_send",
    "Number of times the batch was sent due to a timeout trigger",
    PROCESSOR,
)
.unit("{time}")
.from_level(Level::Normal)
.scope(BATCH_SCOPE);

/// Items in the batches sent.
pub static BATCH_SEND_SIZE: Metric = Metric::histogram(
    "otelcol_processor_batch_batch_send_size",
    "Number of units in the batch",
    PROCESSOR,
    ITEMS,
)
.unit("{unit}")
.from_level(Level::Normal)
.scope(BATCH_SCOPE);

/// Bytes in the batches sent.
pub static BATCH_SEND_SIZE_BYTES: Metric = Metric::histogram(
    "otelcol_processor_batch_batch_send_size_bytes",
    "Number of bytes in batch that was sent",
    PROCESSOR,
    BYTES,
)
.unit("By")
.from_level(Level::Detailed)
.scope(BATCH_SCOPE);

/// Distinct combinations of metadata values that a batch processor keeps apart.
pub static BATCH_METADATA_CARDINALITY: Metric = Metric::gauge(
    "otelcol_processor_batch_metadata_cardinality",
    "Number of distinct metadata value combinations being processed",
    PROCESSOR,
)
.unit("{combination}")
.from_level(Level::Normal)
.scope(BATCH_SCOPE);

/// Items that an exporter delivered.
pub static EXPORTER_SENT: PerSignal = per_signal!(
    "otelcol_exporter_sent",
    "successfully sent to destination",
    EXPORTER,
    EXPORTER_SCOPE
);

/// Items that an exporter gave up.
pub static EXPORTER_SEND_FAILED: PerSignal = per_signal!(
    "otelcol_exporter_send_failed",
    "in failed attempts to send to destination",
    EXPORTER,
    EXPORTER_SCOPE
)
.hidden_until_counted();

/// Items that found no room in an exporter's queue.
pub static EXPORTER_ENQUEUE_FAILED: PerSignal = per_signal!(
    "otelcol_exporter_enqueue_failed",
    "that failed to be added to the sending queue",
    EXPORTER,
    EXPORTER_SCOPE
)
.hidden_until_counted();

/// What is in an exporter's queue, in units of its sizer.
pub static EXPORTER_QUEUE_SIZE: Metric = Metric::gauge(
    "otelcol_exporter_queue_size",
    "Current size of the sending queue, in units of its sizer",
    EXPORTER_SIGNAL,
)
.unit("{batch}")
.scope(EXPORTER_SCOPE);

/// What fits into an exporter's queue, in units of its sizer.
pub static EXPORTER_QUEUE_CAPACITY: Metric = Metric::gauge(
    "otelcol_exporter_queue_capacity",
    "Fixed capacity of the sending queue, in units of its sizer",
    EXPORTER_SIGNAL,
)
.unit("{batch}")
.scope(EXPORTER_SCOPE);

/// Requests that an exporter is sending or waiting to send again.
pub static EXPORTER_IN_FLIGHT_REQUESTS: Metric = Metric::gauge(
    "otelcol_exporter_in_flight_requests",
    "Number of requests being sent, including those that wait for a retry",
    EXPORTER_SIGNAL,
)
.unit("{request}")
.scope(EXPORTER_SCOPE);

/// Items in the requests that an exporter sends.
pub static EXPORTER_QUEUE_BATCH_SEND_SIZE: Metric = Metric::histogram(
    "otelcol_exporter_queue_batch_send_size",
    "Number of units in the batch that was sent",
    EXPORTER,
    ITEMS,
)
.unit("{unit}")
.from_level(Level::Detailed)
.scope(EXPORTER_SCOPE);

/// Bytes in the requests that an exporter sends.
pub static EXPORTER_QUEUE_BATCH_SEND_SIZE_BYTES: Metric = Metric::histogram(
    "otelcol_exporter_queue_batch_send_size_bytes",
    "Number of bytes in the batch that was sent",
    EXPORTER,
    BYTES,
)
.unit("By")
.from_level(Level::Detailed)
.scope(EXPORTER_SCOPE);

/// Items in what is put into an exporter's queue.
pub static EXPORTER_ENQUEUE_SIZE: Metric = Metric::histogram(
    "otelcol_exporter_enqueue_size",
    "Number of units in what was added to the sending queue",
    EXPORTER,
    ITEMS,
)
.unit("{unit}")
.from_level(Level::Detailed)
.scope(EXPORTER_SCOPE);

/// Bytes in what is put into an exporter's queue.
pub static EXPORTER_ENQUEUE_SIZE_BYTES: Metric = Metric::histogram(
    "otelcol_exporter_enqueue_size_bytes",
    "Number of bytes in what was added to the sending queue",
    EXPORTER,
    BYTES,
)
.unit("By")
.from_level(Level::Detailed)
.scope(EXPORTER_SCOPE);

/// Seconds since the process started.
pub static PROCESS_UPTIME: Metric =
    Metric::counter("otelcol_process_uptime", "Uptime of the process", &[])
        .unit("s")
        .scope(SERVICE_SCOPE);

/// CPU time of the process.
pub static PROCESS_CPU_SECONDS: Metric = Metric::counter(
    "otelcol_process_cpu_seconds",
    "Total CPU user and system time in seconds",
    &[],
)
.unit("s")
.scope(SERVICE_SCOPE);

/// Resident memory of the process.
pub static PROCESS_MEMORY_RSS: Metric =
    Metric::gauge("otelcol_process_memory_rss", "Total physical memory (resident set size)", &[])
        .unit("By")
        .scope(SERVICE_SCOPE);

/// Bytes that the process has allocated now.
pub static PROCESS_HEAP_ALLOC: Metric = Metric::gauge(
    "otelcol_process_runtime_heap_alloc_bytes",
    "Bytes of allocated heap objects",
    &[],
)
.unit("By")
.scope(SERVICE_SCOPE);

/// Bytes that the process ever allocated.
pub static PROCESS_TOTAL_ALLOC: Metric = Metric::counter(
    "otelcol_process_runtime_total_alloc_bytes",
    "Cumulative bytes allocated for heap objects",
    &[],
)
.unit("By")
.scope(SERVICE_SCOPE);

/// Bytes that the allocator has from the operating system.
pub static PROCESS_TOTAL_SYS: Metric = Metric::gauge(
    "otelcol_process_runtime_total_sys_memory_bytes",
    "Total bytes of memory obtained from the operating system",
    &[],
)
.unit("By")
.scope(SERVICE_SCOPE);

const HTTP_SERVER: &[&str] = &[
    "http_request_method",
    "http_response_status_code",
    "http_route",
    "network_protocol_name",
    "network_protocol_version",
    "server_address",
    "server_port",
    "url_scheme",
];
const HTTP_CLIENT: &[&str] = &[
    "http_request_method",
    "http_response_status_code",
    "network_protocol_name",
    "network_protocol_version",
    "server_address",
    "server_port",
    "url_scheme",
];
const RPC: &[&str] = &["rpc_system_name", "rpc_method", "rpc_response_status_code"];

/// Time that our HTTP servers take for a request.
pub static HTTP_SERVER_REQUEST_DURATION: Metric = Metric::histogram(
    "http_server_request_duration",
    "Duration of HTTP server requests",
    HTTP_SERVER,
    SECONDS,
)
.unit("s")
.from_level(Level::Detailed)
.scope(HTTP_SCOPE);

/// Time that requests of our HTTP clients take.
pub static HTTP_CLIENT_REQUEST_DURATION: Metric = Metric::histogram(
    "http_client_request_duration",
    "Duration of HTTP client requests",
    HTTP_CLIENT,
    SECONDS,
)
.unit("s")
.from_level(Level::Detailed)
.scope(HTTP_SCOPE);

/// Time that our gRPC servers take for a call.
pub static RPC_SERVER_CALL_DURATION: Metric = Metric::histogram(
    "rpc_server_call_duration",
    "Duration of inbound remote procedure calls",
    RPC,
    SECONDS,
)
.unit("s")
.from_level(Level::Detailed)
.scope(GRPC_SCOPE);

/// Time that calls of our gRPC clients take.
pub static RPC_CLIENT_CALL_DURATION: Metric = Metric::histogram(
    "rpc_client_call_duration",
    "Duration of outbound remote procedure calls",
    RPC,
    SECONDS,
)
.unit("s")
.from_level(Level::Detailed)
.scope(GRPC_SCOPE);

const SECONDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const ITEMS: &[f64] = &[
    10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2000.0, 3000.0, 4000.0, 5000.0,
    6000.0, 7000.0, 8000.0, 9000.0, 10000.0, 20000.0, 30000.0, 50000.0, 100_000.0,
];
const BYTES: &[f64] = &[
    128.0,
    256.0,
    512.0,
    1024.0,
    2048.0,
    4096.0,
    8192.0,
    16384.0,
    32768.0,
    65536.0,
    131_072.0,
    262_144.0,
    524_288.0,
    1_048_576.0,
    2_097_152.0,
    4_194_304.0,
    8_388_608.0,
    16_777_216.0,
];
