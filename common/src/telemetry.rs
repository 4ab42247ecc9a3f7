//! Our own signals: metrics, logs, and who we say we are.

pub mod exposition;
pub mod logging;
pub mod metrics;
pub mod process;
mod resource;
pub mod settings;

use std::sync::Arc;

pub use metrics::{Counter, Metrics};
pub use resource::Resource;

/// Name and version of a binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildInfo {
    /// The command, such as `traces-collector`.
    pub command: Arc<str>,
    /// One sentence on what it is.
    pub description: Arc<str>,
    /// The release.
    pub version: Arc<str>,
}

/// Where components report about themselves. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// The metric registry.
    pub metrics: Metrics,
}
