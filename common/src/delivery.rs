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
mod persistent_queue;
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
pub use persistent_queue::{Durability, queue_name};
pub use settings::{
    BatchSettings, DeliverySettings, PartitionSettings, QueueSettings, QueuedKeys, RetryKeys,
    RetrySettings, Sizer, UnqueuedKeys, WhenFull,
};

use crate::{
    component::{BuildError, Context, Export, Holder, Peer, PipelineId},
    pipeline::Consumer,
};

/// An exporter with everything around it.
pub trait Delivery: Holder {
    /// What a pipeline sends to.
    fn entry(self: Arc<Self>, pipeline: &PipelineId) -> Arc<dyn Consumer>;
}

/// Wraps an exporter in what its settings ask for; `peer` is whom it sends to, and `durability` what
/// the extension named in `sending_queue::storage` provides.
///
/// # Errors
/// [`BuildError`] if the settings name a storage and there is none.
pub fn deliver(
    export: Arc<dyn Export>,
    settings: &DeliverySettings,
    context: &Context,
    peer: &Peer,
    durability: Option<Durability>,
) -> Result<Arc<dyn Delivery>, BuildError> {
    let sender = Arc::new(sender::Sender::new(export, settings, context, peer));
    let Some(queue) = &settings.sending_queue else {
        return Ok(Arc::new(direct::Direct::new(sender, context)));
    };
    Ok(match (&queue.storage, durability, context.signal) {
        (None, ..) => Arc::new(queue::Queue::new(sender, queue, context)),
        (Some(_), Some(durability), Some(signal)) => Arc::new(
            persistent_queue::PersistentQueue::new(sender, queue, durability, context, signal),
        ),
        (Some(storage), ..) => {
            let message = format!("sending_queue::storage: \"{storage}\" provides no storage");
            return Err(BuildError::new(message));
        }
    })
}

#[cfg(test)]
mod tests;
