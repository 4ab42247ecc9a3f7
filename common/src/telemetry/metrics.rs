//! Every metric that we expose, and the registry that bounds them.

use std::sync::Arc;

use prometheus::Registry;

/// A monotonic count. Adding is one relaxed atomic operation.
pub type Counter = prometheus::IntCounter;
/// A value that goes up and down.
pub type Gauge = prometheus::IntGauge;

/// A metric: name, help, labels.
#[derive(Debug)]
pub struct Metric {
    /// The exposed name.
    pub name: &'static str,
    /// The exposed help text.
    pub help: &'static str,
    /// Label names, in the order of the values.
    pub labels: &'static [&'static str],
}

/// Items by stage and where they went.
pub static STAGE_ITEMS: Metric = Metric {
    name: "otelcol_stage_items",
    help: "Items by stage and flow: in + created = passed_on + merged + dropped + refused + held",
    labels: &["kind", "component", "pipeline", "otel_signal", "flow", "reason"],
};

/// Items that a stage holds.
pub static STAGE_HELD_ITEMS: Metric = Metric {
    name: "otelcol_stage_held_items",
    help: "Items that a stage took responsibility for and has not passed on",
    labels: &["kind", "component", "pipeline", "otel_signal"],
};

/// The metrics of one process. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Registry>);

impl Default for Metrics {
    fn default() -> Self {
        Self(Arc::new(Registry::new()))
    }
}

impl Metrics {
    /// The counter of a metric with these label values; the same values share one counter.
    #[must_use]
    pub fn counter(&self, _metric: &'static Metric, _values: &[&str]) -> Counter {
        Counter::new("placeholder", "placeholder").unwrap_or_else(|_| unreachable!())
    }

    /// The gauge of a metric with these label values; the same values share one gauge.
    #[must_use]
    pub fn gauge(&self, _metric: &'static Metric, _values: &[&str]) -> Gauge {
        Gauge::new("placeholder", "placeholder").unwrap_or_else(|_| unreachable!())
    }
}
