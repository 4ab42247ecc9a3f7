//! Merges payloads until a batch is large or old enough.
//!
//! A batch is never dropped because the next component is busy: it is offered again until it is taken,
//! and new payloads are refused meanwhile. Merging appends encoded requests; nothing is decoded.
//!
//! ```yaml
//! batch:
//!   timeout: 200ms
//!   send_batch_size: 8192
//!   send_batch_max_size: 0
//!   metadata_keys: []
//!   metadata_cardinality_limit: 1000
//! ```
//!
//! Accepts: when the payload is in memory. Holds: at most a quarter of the memory budget. Rejects: while
//! the next component refuses, when its memory is full, and above `metadata_cardinality_limit`.

mod backlog;
mod shard;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures_util::future::{BoxFuture, join_all};
use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};
use tokio::{
    task::JoinHandle,
    time::{Duration as Time, Instant, timeout_at},
};

use self::{backlog::Backlog, shard::Shard};
use crate::{
    component::{BuildError, Context, Lifecycle, Processor, SendingBatch, Stage, StartError},
    pipeline::{
        Accepted, Consumer, Edge, MetadataKeys, MetadataValues, Outcome, Payload, Reason, Rejected,
    },
    settings::{Duration, Issues, Settings},
    signal::SignalSet,
    telemetry::metrics::{self, Gauge},
};

// Long enough for a batch to go out, short enough for a client to be told in time.
const ROOM_WAIT: Time = Time::from_millis(500);
const RETRY_AFTER: Time = Time::from_secs(1);
const GRACE: Time = Time::from_millis(250);

/// Settings of the `batch` processor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchProcessorConfig {
    /// How long a payload waits at most; zero sends each at once.
    pub timeout: Duration,
    /// How many items make a batch that is sent at once; zero sends each payload at once.
    pub send_batch_size: u32,
    /// How many items a batch has at most; zero for no limit.
    pub send_batch_max_size: u32,
    /// Metadata keys; payloads with different values are never merged.
    pub metadata_keys: Vec<String>,
    /// How many combinations of values are kept apart; zero for no limit.
    pub metadata_cardinality_limit: u32,
}

impl Default for BatchProcessorConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_millis(200),
            send_batch_size: 8192,
            send_batch_max_size: 0,
            metadata_keys: Vec::new(),
            metadata_cardinality_limit: 1000,
        }
    }
}

impl Settings for BatchProcessorConfig {
    fn validate(&self, issues: &mut Issues) {
        if self.send_batch_max_size > 0 && self.send_batch_max_size < self.send_batch_size {
            let message = "send_batch_max_size must be greater or equal to send_batch_size";
            issues.error("", message);
        }
        let mut seen = HashSet::new();
        for key in self.metadata_keys.iter().map(|key| key.to_lowercase()) {
            if seen.contains(&key) {
                let message =
                    format!("duplicate entry in metadata_keys: {key:?} (case-insensitive)");
                issues.error("", message);
            }
            seen.insert(key);
        }
        if self.timeout.is_negative() {
            issues.error("", "timeout must be greater or equal to 0");
        }
    }
}

/// The `batch` processor.
pub struct BatchProcessor {
    config: BatchProcessorConfig,
    context: Context,
    next: Edge,
    keys: MetadataKeys,
    backlog: Arc<Backlog>,
    /// The only shard without metadata keys.
    single: Option<Arc<Shard>>,
    shards: RwLock<HashMap<MetadataValues, Arc<Shard>>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
    cardinality: Gauge,
}

impl Processor for BatchProcessor {
    const NAME: &'static str = "batch";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = BatchProcessorConfig;

    fn build(config: Self::Config, context: Context, next: Edge) -> Result<Stage, BuildError> {
        Ok(Stage::Consumer(Arc::new(Self::new(config, context, next))))
    }

    fn sending_batch(config: &Self::Config) -> Option<SendingBatch> {
        Some(SendingBatch {
            timeout: config.timeout.get(),
            min_items: config.send_batch_size as usize,
            max_items: config.send_batch_max_size as usize,
            metadata_keys: config.metadata_keys.clone(),
            metadata_cardinality_limit: config.metadata_cardinality_limit as usize,
        })
    }
}

impl BatchProcessor {
    fn new(config: BatchProcessorConfig, context: Context, next: Edge) -> Self {
        let keys = MetadataKeys::new(&config.metadata_keys);
        let largest = config.send_batch_size.max(config.send_batch_max_size);
        let backlog = Arc::new(Backlog::new(context.host.budget.clone(), largest as usize));
        let id = context.id.to_string();
        let own = &context.host.telemetry.metrics;
        let cardinality = own.gauge(&metrics::BATCH_METADATA_CARDINALITY, &[&id]);
        let mut processor = Self {
            keys,
            backlog,
            single: None,
            shards: RwLock::default(),
            workers: Mutex::default(),
            cardinality,
            config,
            context,
            next,
        };
        if processor.keys.is_empty() {
            processor.single = Some(processor.new_shard(&MetadataValues::default()));
        }
        processor
    }

    fn new_shard(&self, values: &MetadataValues) -> Arc<Shard> {
        self.cardinality.inc();
        Arc::new(Shard::new(
            &self.config,
            &self.context,
            self.next.clone(),
            self.keys.context_of(values),
            Arc::clone(&self.backlog),
        ))
    }

    fn spawn_worker(&self, shard: &Arc<Shard>) {
        let worker = self.context.tasks.spawn(Arc::clone(shard).run());
        self.workers.lock().push(worker);
    }

    fn shard_for(&self, payload: &Payload) -> Result<Arc<Shard>, Rejected> {
        if let Some(single) = &self.single {
            return Ok(Arc::clone(single));
        }
        let values = self.keys.values_of(payload.context());
        if let Some(shard) = self.shards.read().get(&values) {
            return Ok(Arc::clone(shard));
        }
        let mut shards = self.shards.write();
        if let Some(shard) = shards.get(&values) {
            return Ok(Arc::clone(shard));
        }
        if self.backlog.is_closed() {
            return Err(shutting_down());
        }
        let limit = self.config.metadata_cardinality_limit as usize;
        if limit > 0 && shards.len() >= limit {
            let message = "too many batcher metadata-value combinations";
            return Err(Rejected::new(Reason::Refused, message));
        }
        let shard = self.new_shard(&values);
        self.spawn_worker(&shard);
        shards.insert(values, Arc::clone(&shard));
        Ok(shard)
    }

    async fn take(&self, payload: Payload) -> Outcome {
        if payload.is_empty() {
            return Ok(Accepted::FULLY);
        }
        let shard = self.shard_for(&payload)?;
        refuse_while_blocked(&shard)?;
        let gives_up_at = Instant::now() + ROOM_WAIT;
        loop {
            let room = self.backlog.room();
            tokio::pin!(room);
            room.as_mut().enable();
            if self.backlog.reserve(payload.items(), payload.size()) {
                break;
            }
            // What waits for its time or size will not have either before there is room.
            self.press_all();
            if timeout_at(gives_up_at, room).await.is_err() {
                let message = "the batch processor holds as much as it may";
                return Err(Rejected::new(Reason::Overloaded, message).retry_after(RETRY_AFTER));
            }
            refuse_while_blocked(&shard)?;
        }
        // Nothing is awaited from here on: what is pushed is accepted.
        if shard.push(payload) { Ok(Accepted::FULLY) } else { Err(shutting_down()) }
    }

    fn all_shards(&self) -> Vec<Arc<Shard>> {
        self.single.iter().chain(self.shards.read().values()).map(Arc::clone).collect()
    }

    fn press_all(&self) {
        for shard in self.all_shards() {
            shard.press();
        }
    }

    async fn drain(&self, deadline: Instant) {
        self.backlog.close();
        let shards = self.all_shards();
        for shard in &shards {
            shard.stop_by(deadline);
        }
        let workers = std::mem::take(&mut *self.workers.lock());
        if timeout_at(deadline + GRACE, join_all(workers)).await.is_err() {
            tracing::warn!("batches were not all sent when the time to stop was over");
        }
        self.cardinality.sub(i64::try_from(shards.len()).unwrap_or(0));
    }
}

impl Consumer for BatchProcessor {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(self.take(payload))
    }

    fn has_room(&self, bytes: usize) -> bool {
        let is_blocked = self.single.as_ref().is_some_and(|shard| shard.refusal().is_some());
        !is_blocked && self.backlog.has_room(bytes)
    }
}

impl Lifecycle for BatchProcessor {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        if let Some(single) = &self.single {
            self.spawn_worker(single);
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn stop(&self, deadline: Instant) -> BoxFuture<'_, ()> {
        Box::pin(self.drain(deadline))
    }
}

/// While a batch is refused, more would only wait behind it: the client is told the same.
fn refuse_while_blocked(shard: &Shard) -> Result<(), Rejected> {
    match shard.refusal() {
        Some(rejected) => {
            let delay = rejected.retry_after.unwrap_or(RETRY_AFTER);
            Err(rejected.retry_after(delay))
        }
        None => Ok(()),
    }
}

fn shutting_down() -> Rejected {
    Rejected::new(Reason::ShuttingDown, "the batch processor is stopping")
}

#[cfg(test)]
mod tests;
