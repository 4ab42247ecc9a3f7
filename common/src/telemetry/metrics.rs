//! Every metric that we expose, and the registry that bounds them.
//!
//! At most [`MAX_SERIES`] series are shown: whatever comes after gets a handle that counts for nobody,
//! one warning is logged, and `otelcol_telemetry_dropped_series` says how many there were.

mod catalogue;
mod components;
mod durations;
mod metric;
mod own;
mod registry;
mod sampling;

pub use catalogue::*;
pub use components::*;
pub use durations::Durations;
pub use metric::{Level, Metric, MetricKind, PerSignal};
pub use own::*;
pub use registry::{MAX_SERIES, Metrics, Sample, SampleValue};
pub use sampling::*;

/// A monotonic count. Adding is one relaxed atomic operation.
pub type Counter = prometheus::IntCounter;
/// A monotonic sum of seconds or other fractions.
pub type FloatCounter = prometheus::Counter;
/// A value that goes up and down.
pub type Gauge = prometheus::IntGauge;
/// A fraction that goes up and down.
pub type FloatGauge = prometheus::Gauge;
/// How values are distributed over fixed bounds.
pub type Histogram = prometheus::Histogram;

#[cfg(test)]
mod tests;
