//! The keys `timeout`, `retry_on_failure` and `sending_queue`.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{
    component::DeliveryDefaults,
    pipeline::Backoff,
    settings::{
        DefaultOnNull, Duration, Finding, Issues, Node, Settings, SomeByDefault, decode_own,
    },
};

const DEFAULT_QUEUE_SIZE: i64 = 1000;
const DEFAULT_CONSUMERS: i64 = 10;
const NOT_YET: &str = "is not available in this version";

/// The delivery keys as they are written, for an exporter whose queue is on by default.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct QueuedKeys {
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// What happens when an attempt fails.
    pub retry_on_failure: RetrySettings,
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
    pub retry_on_failure: RetrySettings,
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
        retry: RetrySettings,
        queue: Option<QueueSettings>,
    ) -> Self {
        let default = defaults.timeout_ms.map(Duration::from_millis);
        Self {
            timeout: default.map(|default| timeout.unwrap_or(default)),
            retry_on_failure: defaults.retry.then_some(retry),
            sending_queue: defaults.queue.and(queue),
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
                None => is_only,
            },
        }
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
    }
}

/// `retry_on_failure`: waits between attempts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetrySettings {
    /// Whether a failed attempt is followed by another.
    pub enabled: bool,
    /// The first wait.
    pub initial_interval: Duration,
    /// How far a wait is spread, 0 to 1.
    pub randomization_factor: f64,
    /// What a wait is multiplied with to get the next.
    pub multiplier: f64,
    /// The longest wait before it is spread.
    pub max_interval: Duration,
    /// How long one payload is tried; zero for ever.
    pub max_elapsed_time: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            initial_interval: Duration::from_secs(5),
            randomization_factor: 0.5,
            multiplier: 1.5,
            max_interval: Duration::from_secs(30),
            max_elapsed_time: Duration::from_secs(300),
        }
    }
}

impl RetrySettings {
    /// The waits that they describe.
    #[must_use]
    pub fn backoff(&self) -> Backoff {
        Backoff {
            initial: self.initial_interval.get(),
            multiplier: self.multiplier,
            max: self.max_interval.get(),
            randomization: self.randomization_factor,
        }
    }

    /// Whether a payload that was tried for so long is given up.
    #[must_use]
    pub fn is_over(&self, elapsed: std::time::Duration) -> bool {
        let limit = self.max_elapsed_time.get();
        !limit.is_zero() && elapsed > limit
    }

    fn validate(&self, issues: &mut Issues) {
        let mut error = |message: &str| issues.error("retry_on_failure", message);
        if self.initial_interval.is_negative() {
            error("'initial_interval' must be non-negative");
        }
        if !(0.0..=1.0).contains(&self.randomization_factor) {
            error("'randomization_factor' must be within [0, 1]");
        }
        if self.multiplier.is_nan() || self.multiplier < 0.0 {
            error("'multiplier' must be non-negative");
        }
        if self.max_interval.is_negative() {
            error("'max_interval' must be non-negative");
        }
        if self.max_elapsed_time.is_negative() {
            error("'max_elapsed_time' must be non-negative");
        }
        if self.max_elapsed_time > Duration::ZERO {
            if self.max_elapsed_time < self.initial_interval {
                error("'max_elapsed_time' must not be less than 'initial_interval'");
            }
            if self.max_elapsed_time < self.max_interval {
                error("'max_elapsed_time' must not be less than 'max_interval'");
            }
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
    pub storage: Option<String>,
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
        if self.storage.is_some() {
            if self.wait_for_result {
                issues.error(
                    PATH,
                    "`wait_for_result` is not supported with a persistent queue configured with `storage`",
                );
            }
            issues.error("sending_queue::storage", format!("`storage` {NOT_YET}"));
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
