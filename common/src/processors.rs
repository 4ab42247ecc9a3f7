//! What works on telemetry inside a pipeline.

mod actions;
mod batch;
mod memory_limiter;
mod resource;

pub use actions::{ActionKind, ActionSettings, PlainValue};
pub use batch::{BatchProcessor, BatchProcessorConfig};
pub use memory_limiter::{MemoryLimiterConfig, MemoryLimiterProcessor};
pub use resource::{ResourceProcessor, ResourceProcessorConfig};

use crate::component::Registry;

/// Adds the processors that every collector has.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .processor::<BatchProcessor>()
        .processor::<MemoryLimiterProcessor>()
        .processor::<ResourceProcessor>()
}
