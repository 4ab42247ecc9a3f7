//! What a component is given when it is built.

use std::sync::Arc;

use crate::{
    component::{ComponentId, Extensions, Kind, PipelineId, Tasks},
    net::{Listeners, Opener},
    pipeline::{Books, Budget, Fatal},
    signal::Signal,
    storage::OpenStores,
    telemetry::{BuildInfo, Telemetry},
};

/// A component that cannot be built from its settings, although each setting is valid by itself.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct BuildError {
    /// What is wrong, with the setting and its value, and what would be right.
    pub message: String,
    /// The cause, if another error is behind it.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl BuildError {
    /// An error that tells the whole story in its message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// An error with a cause behind it.
    pub fn with_source(
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { message: message.into(), source: Some(source.into()) }
    }
}

/// What the process offers to all components of one collector. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Host {
    /// Own metrics and logs.
    pub telemetry: Telemetry,
    /// The bytes that may be held.
    pub budget: Budget,
    /// Name and version of this binary.
    pub build_info: BuildInfo,
    /// The address that listeners without a host bind (`--default-host`), `localhost` unless set.
    pub default_host: Arc<str>,
    /// Whether the collector can take telemetry, as `health_check` tells it.
    pub readiness: tokio::sync::watch::Sender<bool>,
    /// The open sockets, for whoever replaces their owner.
    pub listeners: Listeners,
    /// Where a component reports a fault that it cannot go on with.
    pub fatal: Fatal,
    /// The running pipelines, for pages about them.
    pub overview: tokio::sync::watch::Sender<Arc<crate::component::Overview>>,
    /// What is open on disk, for whoever replaces its owner.
    pub open_stores: OpenStores,
}

/// What one component instance is given.
#[derive(Clone, Debug)]
pub struct Context {
    /// Its id in the config, as the user wrote it.
    pub id: ComponentId,
    /// Its kind.
    pub kind: Kind,
    /// The pipeline, for processors only.
    pub pipeline: Option<PipelineId>,
    /// The signal, for processors, exporters and connectors (their input).
    pub signal: Option<Signal>,
    /// Where it counts what it creates, drops, merges and holds; edges count the rest.
    pub books: Books,
    /// Its tasks; the service stops them after `Lifecycle::stop`.
    pub tasks: Tasks,
    /// What other components offer.
    pub extensions: Extensions,
    /// The process around it.
    pub host: Host,
}

impl Context {
    /// An opener for one of the component's listeners; `role` tells them apart.
    #[must_use]
    pub fn opener(&self, role: &str) -> Opener {
        let owner = format!("{} {} {role}", self.kind, self.id);
        self.host.listeners.opener(owner, Arc::clone(&self.host.default_host))
    }
}
