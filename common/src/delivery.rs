//! What every exporter is wrapped in: queue, batching, retry and timeout.
//!
//! A payload goes through the queue (where it may be merged with others), then is tried until it is
//! delivered, refused for good, or out of time; each try is limited by `timeout`.
//!
//! ```yaml
//! timeout: 5s
//! retry_on_failure:
//!   initial_interval: 5s
//!   max_interval: 30s
//!   max_elapsed_time: 5m
//! sending_queue:
//!   num_consumers: 10
//!   queue_size: 1000
//! ```
//!
//! Accepts: with a queue, when the payload is in memory; with `wait_for_result` or without a queue, when
//! the backend took it. Holds: what is in the queue, bounded by `queue_size`. Rejects: when the queue is
//! full, and without a queue what the backend rejects.

mod batcher;
mod configure;
mod direct;
mod queue;
mod retry;
mod settings;
mod tally;
mod ticket;
mod timeout;

use std::sync::Arc;

pub use configure::{check, divide, read};
pub use settings::{
    BatchSettings, DeliverySettings, PartitionSettings, QueueSettings, QueuedKeys, RetrySettings,
    Sizer, UnqueuedKeys, WhenFull,
};

use crate::{
    component::{Context, Export, Holder},
    pipeline::Aliases,
    signal::Signal,
    telemetry::{Metrics, metrics},
};

/// Wraps an exporter in what its settings ask for.
#[must_use]
pub fn deliver(
    export: Arc<dyn Export>,
    settings: &DeliverySettings,
    context: &Context,
) -> Arc<dyn Holder> {
    let sender = Arc::new(retry::Sender::new(export, settings, context));
    match &settings.sending_queue {
        Some(queue) => Arc::new(queue::Queue::new(sender, queue, context)),
        None => Arc::new(direct::Direct::new(sender, context)),
    }
}

/// Upstream's names for what the books of an exporter count; for whoever opens them.
#[must_use]
pub fn aliases(
    metrics: &Metrics,
    exporter: &str,
    signal: Signal,
    settings: &DeliverySettings,
) -> Aliases {
    let counter =
        |metric: &'static metrics::PerSignal| Some(metrics.counter(metric.of(signal), &[exporter]));
    // What a queue refuses never came to a try, unless the client waits for the answer.
    let refused = match &settings.sending_queue {
        Some(queue) if !queue.wait_for_result => counter(&metrics::EXPORTER_ENQUEUE_FAILED),
        _ => counter(&metrics::EXPORTER_SEND_FAILED),
    };
    Aliases {
        offered: None,
        passed_on: counter(&metrics::EXPORTER_SENT),
        refused,
        dropped: counter(&metrics::EXPORTER_SEND_FAILED),
    }
}

#[cfg(test)]
mod tests;
