//! A request taken apart by prost, for comparing what is in it.

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    metrics::v1::metric::Data,
};
use prost::Message as _;

use crate::signal::Signal;

/// Each item as text behind the text of all that stands above it.
///
/// # Errors
/// What prost says of bytes that are no such request.
#[expect(clippy::disallowed_methods, reason = "prost is what our own reading is held against")]
pub fn flattened(signal: Signal, request: &[u8]) -> Result<Vec<String>, prost::DecodeError> {
    let mut items = Vec::new();
    match signal {
        Signal::Traces => {
            for mut group in ExportTraceServiceRequest::decode(request)?.resource_spans {
                for mut scope in std::mem::take(&mut group.scope_spans) {
                    for item in std::mem::take(&mut scope.spans) {
                        items.push(format!("{group:?} {scope:?} {item:?}"));
                    }
                }
            }
        }
        Signal::Logs => {
            for mut group in ExportLogsServiceRequest::decode(request)?.resource_logs {
                for mut scope in std::mem::take(&mut group.scope_logs) {
                    for item in std::mem::take(&mut scope.log_records) {
                        items.push(format!("{group:?} {scope:?} {item:?}"));
                    }
                }
            }
        }
        Signal::Metrics => {
            for mut group in ExportMetricsServiceRequest::decode(request)?.resource_metrics {
                for mut scope in std::mem::take(&mut group.scope_metrics) {
                    for mut metric in std::mem::take(&mut scope.metrics) {
                        let points = take_points(metric.data.as_mut());
                        let above = format!("{group:?} {scope:?} {metric:?}");
                        items.extend(points.into_iter().map(|point| format!("{above} {point}")));
                    }
                }
            }
        }
    }
    Ok(items)
}

fn take_points(data: Option<&mut Data>) -> Vec<String> {
    fn texts<T: std::fmt::Debug>(points: &mut Vec<T>) -> Vec<String> {
        points.drain(..).map(|point| format!("{point:?}")).collect()
    }
    match data {
        None => Vec::new(),
        Some(Data::Gauge(data)) => texts(&mut data.data_points),
        Some(Data::Sum(data)) => texts(&mut data.data_points),
        Some(Data::Histogram(data)) => texts(&mut data.data_points),
        Some(Data::ExponentialHistogram(data)) => texts(&mut data.data_points),
        Some(Data::Summary(data)) => texts(&mut data.data_points),
    }
}
