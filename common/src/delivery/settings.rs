//! The keys `timeout`, `retry_on_failure` and `sending_queue`.

mod retry;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{
    component::{ComponentId, DeliveryDefaults, SendingBatch},
    settings::{
        DefaultOnNull, Duration, Finding, Issues, Node, Settings, SomeByDefault, decode_own,
    },
};

pub use retry::{RetryKeys, RetrySettings};

const DEFAULT_QUEUE_SIZE: i64 = 1000;
const DEFAULT_CONSUMERS: i64 = 10;

/// The delivery keys as they are written, for an exporter whose queue is on by default.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct QueuedKeys {
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// What happens when an attempt fails.
    pub retry_on_failure: RetryKeys,
    /// The queue in front of the exporter.
    pub sending_queue: SomeByDefault<QueueSettings>,
}

/// The same for an exporter whose queue is off by default.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UnqueuedKeys {
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// What happens when an attempt fails.
    pub retry_on_failure: RetryKeys,
    /// The queue in front of the exporter.
    pub sending_queue: DefaultOnNull<QueueSettings>,
}

impl Settings for QueuedKeys {}
impl Settings for UnqueuedKeys {}

impl QueuedKeys {
    /// The settings of an exporter that has these keys.
    #[must_use]
    pub fn settle(self, defaults: DeliveryDefaults) -> DeliverySettings {
        let queue = self.sending_queue.into_option();
        DeliverySettings::settle(defaults, self.timeout, self.retry_on_failure, queue)
    }
}

impl UnqueuedKeys {
    /// The settings of an exporter that has these keys.
    #[must_use]
    pub fn settle(self, defaults: DeliveryDefaults) -> DeliverySettings {
        let queue = self.sending_queue.into_option();
        DeliverySettings::settle(defaults, self.timeout, self.retry_on_failure, queue)
    }
}

/// How an exporter delivers: its written settings over its defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DeliverySettings {
    /// How long one attempt may take; zero for as long as it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// What happens when an attempt fails; `None` for exporters without that key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_on_failure: Option<RetrySettings>,
    /// The queue in front of the exporter, if it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sending_queue: Option<QueueSettings>,
    /// Whether the config says how long one payload is tried.
    #[serde(skip)]
    is_time_limit_written: bool,
}

impl DeliverySettings {
    /// The keys that an exporter with these defaults has; any other is unknown.
    #[must_use]
    pub fn keys(defaults: DeliveryDefaults) -> Vec<&'static str> {
        let keys = [
            ("timeout", defaults.timeout_ms.is_some()),
            ("retry_on_failure", defaults.retry),
            ("sending_queue", defaults.queue.is_some()),
        ];
        keys.into_iter().filter(|(_, is_there)| *is_there).map(|(key, _)| key).collect()
    }

    /// Reads the delivery keys out of an exporter's settings and leaves the others to the exporter;
    /// `path` is where they stand, for messages.
    ///
    /// # Errors
    /// All findings, if there is one.
    pub fn decode(
        node: &Node,
        path: &str,
        defaults: DeliveryDefaults,
    ) -> Result<Self, Vec<Finding>> {
        match defaults.queue {
            _ if Self::keys(defaults).is_empty() => Ok(Self::default()),
            Some(true) => Ok(decode_own::<QueuedKeys>(node, path)?.settle(defaults)),
            _ => Ok(decode_own::<UnqueuedKeys>(node, path)?.settle(defaults)),
        }
    }

    /// The settings of an exporter for which nothing is written.
    #[must_use]
    pub fn of(defaults: DeliveryDefaults) -> Self {
        if defaults.queue == Some(true) {
            QueuedKeys::default().settle(defaults)
        } else {
            UnqueuedKeys::default().settle(defaults)
        }
    }

    fn settle(
        defaults: DeliveryDefaults,
        timeout: Option<Duration>,
        retry: RetryKeys,
        queue: Option<QueueSettings>,
    ) -> Self {
        let default = defaults.timeout_ms.map(Duration::from_millis);
        let queue = defaults.queue.and(queue);
        let is_durable = queue.as_ref().is_some_and(QueueSettings::is_durable);
        Self {
            timeout: default.map(|default| timeout.unwrap_or(default)),
            is_time_limit_written: retry.max_elapsed_time.is_some(),
            retry_on_failure: defaults.retry.then(|| retry.settle(is_durable)),
            sending_queue: queue,
        }
    }

    /// Whether a client is to send again what this exporter rejects, in a pipeline where it is the
    /// only exporter or one of several.
    #[must_use]
    pub fn must_not_lose(&self, is_only: bool) -> bool {
        match &self.sending_queue {
            // Nothing stands between the exporter and the client: its answer is the answer.
            None => true,
            Some(queue) => match queue.when_full {
                Some(when_full) => when_full == WhenFull::Refuse,
                None => is_only || queue.is_durable(),
            },
        }
    }

    /// The extension that keeps the queue on disk, if there is one.
    #[must_use]
    pub fn storage(&self) -> Option<&ComponentId> {
        self.sending_queue.as_ref()?.storage.as_ref()
    }

    /// Reports what is wrong with values that are each valid by themselves.
    pub fn validate(&self, issues: &mut Issues) {
        if self.timeout.is_some_and(Duration::is_negative) {
            issues.error("timeout", "'timeout' must be non-negative");
        }
        if let Some(retry) = &self.retry_on_failure {
            retry.validate(issues);
        }
        if let Some(queue) = &self.sending_queue {
            queue.validate(issues);
        }
        self.warn_of_time_limit(issues);
    }

    /// A durable queue keeps data for as long as an outage lasts, unless it is told to give it up.
    fn warn_of_time_limit(&self, issues: &mut Issues) {
        let Some(retry) = self.retry_on_failure.as_ref().filter(|retry| retry.enabled) else {
            return;
        };
        if self.is_time_limit_written
            && retry.max_elapsed_time > Duration::ZERO
            && self.storage().is_some()
        {
            let message = format!(
                "after {} of trying, what the durable queue keeps is dropped; without \
                 `max_elapsed_time` it is kept until the backend takes it",
                retry.max_elapsed_time
            );
            issues.warn("retry_on_failure::max_elapsed_time", message);
        }
    }
}

/// What a size is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sizer {
    /// Payloads.
    #[default]
    Requests,
    /// Spans, data points or log records.
    Items,
    /// Bytes of OTLP protobuf.
    Bytes,
}

/// What a full queue does with what does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenFull {
    /// Drops it, counted.
    Drop,
    /// Rejects it, for the client to send again.
    Refuse,
}

/// `sending_queue`: what waits for the exporter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueSettings {
    /// How many payloads are sent at the same time.
    pub num_consumers: i64,
    /// How much the queue takes, in units of `sizer`.
    pub queue_size: i64,
    /// What `queue_size` counts; payloads unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sizer: Option<Sizer>,
    /// Whether a full queue makes the sender wait for room.
    pub block_on_overflow: bool,
    /// Whether the sender waits until the backend answered.
    pub wait_for_result: bool,
    /// The extension that keeps the queue on disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<ComponentId>,
    /// What a full queue does; by itself, a queue beside others drops and an only one refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_full: Option<WhenFull>,
    /// Whether payloads are merged after the queue.
    pub batch: DefaultOnNull<BatchSettings>,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            num_consumers: DEFAULT_CONSUMERS,
            queue_size: DEFAULT_QUEUE_SIZE,
            sizer: None,
            block_on_overflow: false,
            wait_for_result: false,
            storage: None,
            when_full: None,
            batch: DefaultOnNull::off(),
        }
    }
}

impl QueueSettings {
    /// Whether what is accepted outlives the process.
    #[must_use]
    pub const fn is_durable(&self) -> bool {
        self.storage.is_some()
    }

    /// Keeps the room that `queue_size` stands for when a batch moves behind the queue: what was counted
    /// as one request is now as many as the batch is made of, so their items are counted.
    pub fn make_room_for<'a>(&mut self, moved: impl IntoIterator<Item = &'a SendingBatch>) {
        let largest = moved.into_iter().map(|batch| batch.min_items).max().unwrap_or(0);
        if largest > 0 && self.queue_sizer() == Sizer::Requests {
            let largest = i64::try_from(largest).unwrap_or(i64::MAX);
            self.queue_size = self.queue_size.saturating_mul(largest);
            self.sizer = Some(Sizer::Items);
        }
    }

    /// Whether nothing is refused because the queue is full: what comes waits, or is dropped.
    #[must_use]
    pub fn never_refuses(&self) -> bool {
        self.block_on_overflow || self.when_full == Some(WhenFull::Drop)
    }

    /// What `queue_size` counts.
    #[must_use]
    pub fn queue_sizer(&self) -> Sizer {
        self.sizer.unwrap_or_default()
    }

    /// What the sizes of a batch count: its own sizer, or the queue's where that one is written.
    #[must_use]
    pub fn batch_sizer(&self, batch: &BatchSettings) -> Sizer {
        batch.sizer.or(self.sizer).unwrap_or(Sizer::Items)
    }

    fn validate(&self, issues: &mut Issues) {
        const PATH: &str = "sending_queue";
        if self.num_consumers <= 0 {
            issues.error(PATH, "`num_consumers` must be positive");
        }
        if self.queue_size <= 0 {
            issues.error(PATH, "`queue_size` must be positive");
        }
        if self.is_durable() && self.wait_for_result {
            issues.error(
                PATH,
                "`wait_for_result` is not supported with a persistent queue configured with `storage`",
            );
        }
        if let Some(batch) = self.batch.get() {
            self.validate_batch(batch, issues);
        }
    }

    fn validate_batch(&self, batch: &BatchSettings, issues: &mut Issues) {
        let sizer = self.batch_sizer(batch);
        issues.within("sending_queue::batch", |issues| batch.validate(sizer, issues));
        if self.queue_sizer() == sizer && batch.min_size > self.queue_size {
            issues.error("sending_queue", "`min_size` must be less than or equal to `queue_size`");
        }
    }
}

/// `sending_queue::batch`: how payloads are merged before they are sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchSettings {
    /// How long less than `min_size` waits.
    pub flush_timeout: Duration,
    /// What `min_size` and `max_size` count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sizer: Option<Sizer>,
    /// What is sent at once.
    pub min_size: i64,
    /// What is sent at most; zero for no limit.
    pub max_size: i64,
    /// What is kept apart.
    pub partition: PartitionSettings,
}

impl Default for BatchSettings {
    fn default() -> Self {
        Self {
            flush_timeout: Duration::from_millis(200),
            sizer: None,
            min_size: 8192,
            max_size: 0,
            partition: PartitionSettings::default(),
        }
    }
}

impl BatchSettings {
    fn validate(&self, sizer: Sizer, issues: &mut Issues) {
        if self.flush_timeout <= Duration::ZERO {
            issues.error("", "`flush_timeout` must be positive");
        }
        if sizer == Sizer::Requests {
            issues.error("", "`batch` supports only `items` or `bytes` sizer");
        }
        if self.min_size < 0 {
            issues.error("", "`min_size` must be non-negative");
        }
        if self.max_size < 0 {
            issues.error("", "`max_size` must be non-negative");
        }
        if self.max_size > 0 && self.max_size < self.min_size {
            issues.error("", "`max_size` must be greater than or equal to `min_size`");
        }
        let mut seen = HashSet::new();
        for key in &self.partition.metadata_keys {
            if !seen.insert(key.to_lowercase()) {
                let message = format!(
                    "duplicate entry in metadata_keys: {:?} (case-insensitive)",
                    key.to_lowercase()
                );
                issues.error("partition", message);
            }
        }
    }
}

/// `sending_queue::batch::partition`: what payloads are kept apart by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartitionSettings {
    /// Metadata keys; payloads with different values are never merged.
    pub metadata_keys: Vec<String>,
}

#[cfg(test)]
mod tests;
