//! Spreads payloads over the pipelines that start with it: each takes the next one in turn.
//!
//! A payload goes to one pipeline as a whole, whose answer is the client's; a pipeline that refuses is
//! not passed over. The first payload goes to the second pipeline.
//!
//! ```yaml
//! round_robin:
//! ```
//!
//! Accepts: when the pipeline whose turn it is accepts. Holds: nothing. Rejects: nothing of its own.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::{
    component::{BuildError, Connector, ConnectorOutputs, Context, Holder, Lifecycle},
    pipeline::{Consumer, Edge, Outcome, Payload, Reason, Rejected},
    settings::Settings,
    signal::{Signal, SignalSet},
};

/// `round_robin` has no settings.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RoundRobinConnectorConfig {}

impl Settings for RoundRobinConnectorConfig {}

/// The `round_robin` connector.
#[derive(Clone, Copy, Debug)]
pub struct RoundRobinConnector;

impl Connector for RoundRobinConnector {
    const NAME: &'static str = "round_robin";
    const ALIASES: &'static [&'static str] = &["roundrobin"];

    type Config = RoundRobinConnectorConfig;

    fn outputs(input: Signal) -> SignalSet {
        SignalSet::only(input)
    }

    fn build(
        _config: Self::Config,
        context: Context,
        outputs: ConnectorOutputs,
    ) -> Result<Arc<dyn Holder>, BuildError> {
        let pipelines = outputs.all(&context.id)?;
        Ok(Arc::new(RoundRobin { pipelines, turn: AtomicUsize::new(1) }))
    }
}

struct RoundRobin {
    pipelines: Vec<Edge>,
    turn: AtomicUsize,
}

impl RoundRobin {
    fn next(&self) -> Option<&Edge> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.pipelines.get(turn.checked_rem(self.pipelines.len())?)
    }

    async fn run(&self, payload: Payload) -> Outcome {
        match self.next() {
            Some(edge) => edge.send(payload).await,
            None => Err(Rejected::new(Reason::Unavailable, "the connector feeds no pipeline")),
        }
    }
}

impl Lifecycle for RoundRobin {}

impl Consumer for RoundRobin {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(self.run(payload))
    }

    // A refusal for want of room would not move on to the next pipeline, so one that has room is enough.
    fn has_room(&self, bytes: usize) -> bool {
        self.pipelines.iter().any(|edge| edge.has_room(bytes))
    }
}

#[cfg(test)]
mod tests;
