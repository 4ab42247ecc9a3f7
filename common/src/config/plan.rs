//! What of a config runs in this collector: the result of validation, and all that `service` needs.

use crate::{
    component::{ComponentId, PipelineId},
    signal::{Signal, SignalSet},
};

/// The part of a config that runs here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Pipelines to run, each before those that it feeds through a connector.
    pub pipelines: Vec<PlannedPipeline>,
    /// Pipelines of other collectors.
    pub foreign: Vec<PipelineId>,
    /// Extensions to run, in the order to start them.
    pub extensions: Vec<ComponentId>,
}

/// One pipeline to run, its component lists sorted by what each is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPipeline {
    /// Its id.
    pub id: PipelineId,
    /// Receivers to start for it; none if only connectors feed it here.
    pub receivers: Vec<ComponentId>,
    /// Connectors that feed it.
    pub sources: Vec<ComponentId>,
    /// Processors in order.
    pub processors: Vec<ComponentId>,
    /// Exporters.
    pub exporters: Vec<ComponentId>,
    /// Connectors that it feeds.
    pub sinks: Vec<ComponentId>,
}

impl Plan {
    /// The signals of the pipelines that run here.
    #[must_use]
    pub fn signals(&self) -> SignalSet {
        let signals = self.pipelines.iter().map(|pipeline| pipeline.id.signal());
        signals.fold(SignalSet::NONE, SignalSet::with)
    }

    /// The pipelines that a connector feeds with input of one signal, given what it can send for it.
    pub fn fed_by<'a>(
        &'a self,
        connector: &'a ComponentId,
        can_send: impl Fn(Signal) -> bool + 'a,
    ) -> impl Iterator<Item = &'a PlannedPipeline> {
        self.pipelines
            .iter()
            .filter(move |pipeline| pipeline.sources.contains(connector))
            .filter(move |pipeline| can_send(pipeline.id.signal()))
    }
}
