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
mod meters;
mod partitions;
mod queue;
mod retry;
mod sender;
mod settings;
mod tally;
mod ticket;
mod timeout;

use std::sync::Arc;

pub use configure::{check, divide, read};
pub use meters::aliases;
pub use settings::{
    BatchSettings, DeliverySettings, PartitionSettings, QueueSettings, QueuedKeys, RetrySettings,
    Sizer, UnqueuedKeys, WhenFull,
};

use crate::component::{Context, Export, Holder, Peer};

/// Wraps an exporter in what its settings ask for; `peer` is whom it sends to.
#[must_use]
pub fn deliver(
    export: Arc<dyn Export>,
    settings: &DeliverySettings,
    context: &Context,
    peer: &Peer,
) -> Arc<dyn Holder> {
    let sender = Arc::new(sender::Sender::new(export, settings, context, peer));
    match &settings.sending_queue {
        Some(queue) => Arc::new(queue::Queue::new(sender, queue, context)),
        None => Arc::new(direct::Direct::new(sender, context)),
    }
}

#[cfg(test)]
mod tests;
