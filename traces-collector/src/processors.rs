//! What works on traces alone inside a pipeline.

mod span;

use common::component::Registry;
pub use span::{
    NameSettings, SpanProcessor, SpanProcessorConfig, StatusSettings, StatusWord,
    ToAttributesSettings,
};

/// Adds the processors for traces.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.processor::<SpanProcessor>()
}
