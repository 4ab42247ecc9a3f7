//! The running collector in words, for pages and logs about it.

use crate::component::{ComponentId, PipelineId};

/// What runs now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// The pipelines, in the order of the config.
    pub pipelines: Vec<PipelineOverview>,
    /// The extensions, in the order they started.
    pub extensions: Vec<ComponentId>,
}

/// One pipeline and its components.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineOverview {
    /// The pipeline's id.
    pub id: PipelineId,
    /// Receivers, and connectors that feed it.
    pub receivers: Vec<ComponentId>,
    /// Processors in order, with whether each changes data.
    pub processors: Vec<ComponentId>,
    /// Exporters, and connectors that it feeds.
    pub exporters: Vec<ComponentId>,
}
