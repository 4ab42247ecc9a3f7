//! The metrics of single components, under upstream's names where it has them.

use super::Metric;

const FAILOVER_SCOPE: &str =
    "github.com/open-telemetry/opentelemetry-collector-contrib/connector/failoverconnector";
const DETECTION_SCOPE: &str = "github.com/open-telemetry/opentelemetry-collector-contrib/processor/resourcedetectionprocessor";
const DETECTION: &[&str] = &["detector", "outcome"];

/// How detectors of the resource ended.
pub static DETECTOR_RESULTS: Metric = Metric::counter(
    "otelcol_resourcedetection_detector_results",
    "Number of detections by their outcome",
    DETECTION,
)
.unit("{detection}")
.scope(DETECTION_SCOPE);

/// How long they took, with all attempts.
pub static DETECTOR_DURATION: Metric = Metric::histogram(
    "otelcol_resourcedetection_detector_duration",
    "Duration of detections with all their attempts",
    DETECTION,
    &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0],
)
.unit("s")
.scope(DETECTION_SCOPE);

/// How many attributes are put on resources.
pub static ATTRIBUTES_DETECTED: Metric = Metric::gauge(
    "otelcol_resourcedetection_attributes_detected",
    "Number of attributes that were detected",
    &["processor"],
)
.unit("{attribute}")
.scope(DETECTION_SCOPE);

/// How often a failover connector left a level because a lower one took what it refused.
pub static CONNECTOR_FAILOVER_COUNT: Metric = Metric::counter(
    "otelcol_connector_failover_count",
    "Number of times the connector failed from the respective level",
    &["connector", "otel_signal", "level"],
)
.unit("{times}")
.scope(FAILOVER_SCOPE)
.hidden_until_counted();

/// Which level a failover connector sends to.
pub static CONNECTOR_FAILOVER_ACTIVE_LEVEL: Metric = Metric::gauge(
    "otelcol_connector_failover_active_level",
    "Priority level that the failover connector sends to, 1 for the highest",
    &["connector", "otel_signal"],
)
.unit("{level}");
