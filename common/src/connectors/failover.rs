//! Sends to the pipelines of the highest priority level that works, and to lower ones while it does not.
//!
//! What a level refuses, for whatever reason, is offered to the next, and the level that takes it is
//! active from then on. Every `retry_interval` one payload is offered to the higher levels first, and the
//! first that takes it becomes active again.
//!
//! ```yaml
//! failover:
//!   priority_levels:
//!     - [traces/first, traces/also_first]
//!     - [traces/second]
//!   retry_interval: 10m
//! ```
//!
//! All pipelines of the active level receive each payload; one that refuses makes the level fail, and
//! those that took the payload keep it. When the levels below refuse too, the higher ones are asked as well
//! before the client is refused. An exporter with a `sending_queue` takes payloads for a backend that is
//! away until its queue is full, and so fails over late: set `sending_queue: {enabled: false}` on the
//! exporters of all levels but the last. The log and `otelcol_connector_failover_active_level` tell which level
//! is active, `otelcol_connector_failover_count` how often one was left.
//!
//! Accepts: when all pipelines of one level accept. Holds: nothing. Rejects: what every level rejects.

mod state;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use self::state::State;
use crate::{
    component::{BuildError, Connector, ConnectorOutputs, Context, Holder, Lifecycle, PipelineId},
    delivery::QueueSettings,
    pipeline::{Consumer, Fanout, Outcome, Payload, Rejected},
    settings::{Duration, Issues, NoneByDefault, Settings},
    signal::{Signal, SignalSet},
};

/// Settings of `failover`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct FailoverConnectorConfig {
    /// The pipelines of each level, from the highest priority down.
    pub priority_levels: Vec<Vec<PipelineId>>,
    /// How often the levels above the active one are tried.
    pub retry_interval: Duration,
    /// Deprecated, without effect.
    #[serde(skip_serializing)]
    pub retry_gap: Option<Duration>,
    /// Deprecated, without effect.
    #[serde(skip_serializing)]
    pub max_retries: Option<i64>,
    /// Not available.
    #[serde(skip_serializing_if = "NoneByDefault::is_off")]
    pub sending_queue: NoneByDefault<QueueSettings>,
}

impl Default for FailoverConnectorConfig {
    fn default() -> Self {
        Self {
            priority_levels: Vec::new(),
            retry_interval: Duration::from_secs(600),
            retry_gap: None,
            max_retries: None,
            sending_queue: NoneByDefault::off(),
        }
    }
}

impl Settings for FailoverConnectorConfig {
    fn validate(&self, issues: &mut Issues) {
        if self.priority_levels.is_empty() {
            issues.error("priority_levels", "must have at least one list of pipelines");
        }
        for (index, level) in self.priority_levels.iter().enumerate() {
            if level.is_empty() {
                let path = format!("priority_levels::{index}");
                issues.error(path, "must name at least one pipeline");
            }
        }
        if self.retry_interval <= Duration::ZERO {
            issues.error("retry_interval", "must be positive");
        }
        let deprecated =
            [("retry_gap", self.retry_gap.is_some()), ("max_retries", self.max_retries.is_some())];
        for (key, _) in deprecated.into_iter().filter(|(_, is_written)| *is_written) {
            issues.warn(key, "deprecated and without effect, as upstream; remove it");
        }
        if self.sending_queue.is_on() {
            issues.error(
                "sending_queue",
                "a queue in the connector is not available; the client keeps what no level takes. \
                 Remove the key, and set `sending_queue: {enabled: false}` on the exporters behind, so \
                 that nothing waits for a backend that is away",
            );
        }
    }
}

/// The `failover` connector.
#[derive(Clone, Copy, Debug)]
pub struct FailoverConnector;

impl Connector for FailoverConnector {
    const NAME: &'static str = "failover";

    type Config = FailoverConnectorConfig;

    fn outputs(input: Signal) -> SignalSet {
        SignalSet::only(input)
    }

    fn build(
        config: Self::Config,
        context: Context,
        outputs: ConnectorOutputs,
    ) -> Result<Arc<dyn Holder>, BuildError> {
        let level = |listed: &Vec<PipelineId>| {
            let edges = outputs.edges(listed)?;
            Ok(Fanout::to_all(edges, context.books.clone(), context.tasks.clone()))
        };
        let levels = config.priority_levels.iter().map(level).collect::<Result<_, BuildError>>()?;
        outputs.warn_of_unlisted(&context.id, config.priority_levels.iter().flatten());
        let state = State::new(&context, config.retry_interval.get());
        Ok(Arc::new(Failover { levels, state }))
    }
}

struct Failover {
    levels: Vec<Fanout>,
    state: State,
}

impl Failover {
    async fn run(&self, payload: Payload) -> Outcome {
        let turn = self.state.turn();
        let mut refusals: Vec<Rejected> = Vec::new();
        for index in turn.order(self.levels.len()) {
            let Some(level) = self.levels.get(index) else { continue };
            match level.consume(payload.clone()).await {
                Ok(accepted) => {
                    self.state.note(turn, index, refusals.last());
                    return Ok(accepted);
                }
                Err(rejected) => refusals.push(rejected),
            }
        }
        Err(Rejected::of_several(&refusals.iter().collect::<Vec<_>>()))
    }
}

impl Lifecycle for Failover {}

impl Consumer for Failover {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(self.run(payload))
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.levels.iter().any(|level| level.has_room(bytes))
    }
}

#[cfg(test)]
mod tests;
