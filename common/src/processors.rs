//! What works on telemetry inside a pipeline.

mod batch;
mod memory_limiter;

pub use batch::{BatchProcessor, BatchProcessorConfig};
pub use memory_limiter::{MemoryLimiterConfig, MemoryLimiterProcessor};
