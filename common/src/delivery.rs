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
mod queue;
mod retry;
mod settings;
mod tally;
mod ticket;
mod timeout;

use std::{collections::BTreeMap, sync::Arc};

pub use configure::{check, divide, read};
pub use meters::aliases;
pub use settings::{
    BatchSettings, DeliverySettings, PartitionSettings, QueueSettings, QueuedKeys, RetryKeys,
    RetrySettings, Sizer, UnqueuedKeys, WhenFull,
};

use crate::{
    component::{BuildError, Context, Export, Holder, Peer, PipelineId, SendingBatch},
    pipeline::Consumer,
    storage::Storage,
};

/// What a queue needs to outlive the process.
#[derive(Clone, Debug)]
pub struct Durability {
    /// Where it keeps its data.
    pub storage: Storage,
    /// How payloads of each pipeline are merged when they come out of the queue, where a batch processor
    /// of the pipeline asks for it.
    pub batches: BTreeMap<PipelineId, SendingBatch>,
}

/// An exporter with its delivery: one for all pipelines that name it.
pub trait Delivery: Holder {
    /// Where a pipeline sends.
    fn entry(self: Arc<Self>, pipeline: &PipelineId) -> Arc<dyn Consumer>;
}

impl Delivery for queue::Queue {
    fn entry(self: Arc<Self>, _pipeline: &PipelineId) -> Arc<dyn Consumer> {
        self
    }
}

impl Delivery for direct::Direct {
    fn entry(self: Arc<Self>, _pipeline: &PipelineId) -> Arc<dyn Consumer> {
        self
    }
}

/// Wraps an exporter in what its settings ask for; `peer` is whom it sends to, `durability` is given for
/// a queue with `storage`.
///
/// # Errors
/// [`BuildError`] if the settings do not fit together.
pub fn deliver(
    export: Arc<dyn Export>,
    settings: &DeliverySettings,
    context: &Context,
    peer: &Peer,
    _durability: Option<Durability>,
) -> Result<Arc<dyn Delivery>, BuildError> {
    let sender = Arc::new(retry::Sender::new(export, settings, context, peer));
    Ok(match &settings.sending_queue {
        Some(queue) => Arc::new(queue::Queue::new(sender, queue, context)),
        None => Arc::new(direct::Direct::new(sender, context)),
    })
}

#[cfg(test)]
mod tests;
