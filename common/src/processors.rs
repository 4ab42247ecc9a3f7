//! What works on telemetry inside a pipeline.

mod actions;
mod attributes;
mod batch;
mod group_by_attrs;
mod matching;
mod memory_limiter;
mod probabilistic_sampler;
mod resource;

pub use actions::{ActionKind, ActionSettings, PlainValue};
pub use attributes::{AttributesProcessor, AttributesProcessorConfig};
pub use batch::{BatchProcessor, BatchProcessorConfig};
pub use group_by_attrs::{GroupByAttrsConfig, GroupByAttrsProcessor};
pub use matching::{
    CacheSettings, LibrarySettings, MatchSettings, MatchType, PropertySettings, Selection,
    SeveritySettings, Visit,
};
pub use memory_limiter::{MemoryLimiterConfig, MemoryLimiterProcessor};
pub use probabilistic_sampler::{
    AttributeSource, ProbabilisticSamplerConfig, ProbabilisticSamplerProcessor, SamplerMode,
};
pub use resource::{ResourceProcessor, ResourceProcessorConfig};

use crate::component::Registry;

/// Adds the processors that every collector has.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .processor::<AttributesProcessor>()
        .processor::<BatchProcessor>()
        .processor::<GroupByAttrsProcessor>()
        .processor::<MemoryLimiterProcessor>()
        .processor::<ProbabilisticSamplerProcessor>()
        .processor::<ResourceProcessor>()
}
