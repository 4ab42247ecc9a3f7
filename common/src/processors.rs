//! What works on telemetry inside a pipeline.

mod actions;
mod attributes;
mod batch;
mod matching;
mod memory_limiter;
mod resource;

pub use actions::{ActionKind, ActionSettings};
pub use attributes::{AttributesProcessor, AttributesProcessorConfig};
pub use batch::{BatchProcessor, BatchProcessorConfig};
pub use matching::{
    CacheSettings, LibrarySettings, MatchSettings, MatchType, PropertySettings, SeveritySettings,
};
pub use memory_limiter::{MemoryLimiterConfig, MemoryLimiterProcessor};
pub use resource::{ResourceProcessor, ResourceProcessorConfig};

use crate::component::Registry;

/// Adds the processors that every collector has.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .processor::<AttributesProcessor>()
        .processor::<BatchProcessor>()
        .processor::<MemoryLimiterProcessor>()
        .processor::<ResourceProcessor>()
}
