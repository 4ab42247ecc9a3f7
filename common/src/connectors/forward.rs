//! Joins pipelines of one signal: what ends in it goes on in every pipeline that starts with it.
//!
//! It answers as those pipelines answer, so nothing is lost in between.
//!
//! ```yaml
//! forward:
//! ```
//!
//! Accepts: as the pipelines behind it accept, in the way of a fan-out if there are several. Holds:
//! nothing. Rejects: nothing of its own.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::{
    component::{BuildError, Connector, ConnectorOutputs, Context, Holder, Lifecycle},
    pipeline::{Consumer, Fanout, Outcome, Payload},
    settings::Settings,
    signal::{Signal, SignalSet},
};

/// `forward` has no settings.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ForwardConnectorConfig {}

impl Settings for ForwardConnectorConfig {}

/// Makes the stage that sends on.
#[derive(Clone, Copy, Debug)]
pub struct ForwardConnector;

impl Connector for ForwardConnector {
    const NAME: &'static str = "forward";

    type Config = ForwardConnectorConfig;

    fn outputs(input: Signal) -> SignalSet {
        SignalSet::only(input)
    }

    fn build(
        _config: Self::Config,
        context: Context,
        outputs: ConnectorOutputs,
    ) -> Result<Arc<dyn Holder>, BuildError> {
        let edges = outputs.all(&context.id)?;
        Ok(Arc::new(Forward(Fanout::to_all(edges, context.books, context.tasks))))
    }
}

struct Forward(Fanout);

impl Lifecycle for Forward {}

impl Consumer for Forward {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        self.0.consume(payload)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.0.has_room(bytes)
    }
}

#[cfg(test)]
mod tests;
