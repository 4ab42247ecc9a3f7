//! What ends one pipeline and starts others.

use crate::{
    component::{BuildError, ComponentId, Context, PipelineId, processor::Holder},
    pipeline::Edge,
    settings::Settings,
    signal::{Signal, SignalSet},
};
use std::sync::Arc;

/// An exporter of one pipeline that is a receiver of others. One instance per id and input signal.
pub trait Connector: Sized {
    /// The type in configs, snake_case, upstream's word.
    const NAME: &'static str;
    /// Older spellings, accepted with a warning.
    const ALIASES: &'static [&'static str] = &[];
    /// Its settings.
    type Config: Settings;

    /// What it can send for input of one signal.
    fn outputs(input: Signal) -> SignalSet;

    /// Makes the connector without opening anything.
    ///
    /// # Errors
    /// [`BuildError`] if the settings do not fit together.
    fn build(
        config: Self::Config,
        context: Context,
        outputs: ConnectorOutputs,
    ) -> Result<Arc<dyn Holder>, BuildError>;
}

/// The pipelines that a connector feeds.
#[derive(Clone, Debug, Default)]
pub struct ConnectorOutputs {
    /// Every pipeline that names the connector as a receiver, with the edge into it.
    pub pipelines: Vec<(PipelineId, Edge)>,
}

impl ConnectorOutputs {
    /// The edges into all of them.
    ///
    /// # Errors
    /// If there is none.
    pub fn all(self, connector: &ComponentId) -> Result<Vec<Edge>, BuildError> {
        if self.pipelines.is_empty() {
            let message = format!("{connector} feeds no pipeline, name it as a receiver");
            return Err(BuildError::new(message));
        }
        Ok(self.pipelines.into_iter().map(|(_, edge)| edge).collect())
    }

    /// The edges into pipelines that settings list.
    ///
    /// # Errors
    /// If one of them does not name the connector as a receiver, or cannot take what it sends.
    pub fn edges(&self, listed: &[PipelineId]) -> Result<Vec<Edge>, BuildError> {
        let edges = listed.iter().map(|id| {
            let found = self.pipelines.iter().find(|(fed, _)| fed == id);
            found.map(|(_, edge)| edge.clone()).ok_or_else(|| {
                let fed: Vec<String> = self.pipelines.iter().map(|(id, _)| id.to_string()).collect();
                BuildError::new(format!(
                    "pipeline \"{id}\" is not fed by this connector, name the connector as one of its \
                     receivers; it feeds [{}]",
                    fed.join(", ")
                ))
            })
        });
        edges.collect()
    }

    /// Warns of pipelines that name the connector as a receiver but are never sent anything.
    pub fn warn_of_unlisted<'a>(
        &self,
        connector: &ComponentId,
        listed: impl Iterator<Item = &'a PipelineId> + Clone,
    ) {
        for (id, _) in &self.pipelines {
            if !listed.clone().any(|listed| listed == id) {
                tracing::warn!(
                    connector = connector.to_string(),
                    pipeline = id.to_string(),
                    "A pipeline names the connector as a receiver, but its settings never send there."
                );
            }
        }
    }
}
