//! From `--config` to typed settings: sources, merging, variables, and the shape of the document.

pub mod batching;
mod delivery;
pub mod effective;
pub mod expand;
pub mod load;
pub mod merge;
pub mod model;
pub mod ordered;
pub mod plan;
pub mod prepare;
pub mod print;
pub mod source;
pub mod telemetry;
pub mod validate;
pub mod yaml;

pub use batching::{Batching, MovedBatch};
pub use load::{Environment, Loaded, load, load_with};
pub use model::{Config, Definition, Definitions, Pipeline, Reference, Service};
pub use ordered::OrderedMap;
pub use plan::{Plan, PlannedPipeline};
pub use prepare::{ConfigError, Prepared, Sources};
