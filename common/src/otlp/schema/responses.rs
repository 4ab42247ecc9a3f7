//! The messages of export responses.

use super::{Field, Kind, Message, Tree, always_in_json, message_table, singular};
use crate::otlp::field_numbers::{partial_success, response};

message_table! {
    /// `ExportTraceServiceResponse`.
    EXPORT_TRACE_SERVICE_RESPONSE = "ExportTraceServiceResponse" Node {
        always_in_json(response::PARTIAL_SUCCESS, "partial_success", "partialSuccess", Kind::Message(&EXPORT_TRACE_PARTIAL_SUCCESS)),
    }
    /// `ExportTracePartialSuccess`.
    EXPORT_TRACE_PARTIAL_SUCCESS = "ExportTracePartialSuccess" Node {
        singular(partial_success::REJECTED, "rejected_spans", "rejectedSpans", Kind::Int64),
        singular(partial_success::ERROR_MESSAGE, "error_message", "errorMessage", Kind::String),
    }
    /// `ExportMetricsServiceResponse`.
    EXPORT_METRICS_SERVICE_RESPONSE = "ExportMetricsServiceResponse" Node {
        always_in_json(response::PARTIAL_SUCCESS, "partial_success", "partialSuccess", Kind::Message(&EXPORT_METRICS_PARTIAL_SUCCESS)),
    }
    /// `ExportMetricsPartialSuccess`.
    EXPORT_METRICS_PARTIAL_SUCCESS = "ExportMetricsPartialSuccess" Node {
        singular(partial_success::REJECTED, "rejected_data_points", "rejectedDataPoints", Kind::Int64),
        singular(partial_success::ERROR_MESSAGE, "error_message", "errorMessage", Kind::String),
    }
    /// `ExportLogsServiceResponse`.
    EXPORT_LOGS_SERVICE_RESPONSE = "ExportLogsServiceResponse" Node {
        always_in_json(response::PARTIAL_SUCCESS, "partial_success", "partialSuccess", Kind::Message(&EXPORT_LOGS_PARTIAL_SUCCESS)),
    }
    /// `ExportLogsPartialSuccess`.
    EXPORT_LOGS_PARTIAL_SUCCESS = "ExportLogsPartialSuccess" Node {
        singular(partial_success::REJECTED, "rejected_log_records", "rejectedLogRecords", Kind::Int64),
        singular(partial_success::ERROR_MESSAGE, "error_message", "errorMessage", Kind::String),
    }
}
