//! How long calls take.

use tokio::time::Instant;

use super::{Metric, Metrics};

/// Observes durations in a histogram whose labels are known only when a call is over.
#[derive(Clone, Debug)]
pub struct Durations {
    metrics: Metrics,
    metric: &'static Metric,
}

impl Durations {
    /// Durations of a metric, or nothing if the level does not show it: then nobody takes the time.
    #[must_use]
    pub fn of(metrics: &Metrics, metric: &'static Metric) -> Option<Self> {
        metrics.level().shows(metric).then(|| Self { metrics: metrics.clone(), metric })
    }

    /// Enters what has passed since `started`, under the label values of the metric.
    pub fn observe(&self, started: Instant, values: &[&str]) {
        let elapsed = started.elapsed().as_secs_f64();
        self.metrics.histogram(self.metric, values).observe(elapsed);
    }
}
