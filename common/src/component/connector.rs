//! What ends one pipeline and starts others.

use crate::{
    component::{BuildError, Context, PipelineId, processor::Holder},
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
