//! One running component and what a reload needs to know of it.

use std::{fmt, sync::Arc};

use tokio::time::Instant;

use crate::{
    component::{ComponentId, Holder, Lifecycle, Outputs, PipelineId, StartError, Step, Tasks},
    pipeline::{Books, Edge},
    signal::Signal,
};

/// Which instance it is. The same key and settings before and after a reload are the same instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Extension(ComponentId),
    Receiver(ComponentId),
    Processor(PipelineId, ComponentId),
    Connector(ComponentId, Signal),
    Exporter(ComponentId, Signal),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extension(id) => write!(f, "extension \"{id}\""),
            Self::Receiver(id) => write!(f, "receiver \"{id}\""),
            Self::Processor(pipeline, id) => write!(f, "processor \"{id}\" in \"{pipeline}\""),
            Self::Connector(id, signal) => write!(f, "connector \"{id}\" for {signal}"),
            Self::Exporter(id, signal) => write!(f, "exporter \"{id}\" for {signal}"),
        }
    }
}

/// What was built.
#[derive(Clone)]
pub(super) enum Part {
    /// Started and stopped, and nothing is sent to it.
    Service(Arc<dyn Lifecycle>),
    /// A receiver with its edges.
    Source(Arc<dyn Lifecycle>, Outputs),
    /// A processor that works in the caller's task.
    Transform(Arc<dyn Step>),
    /// A processor that sends later, with its edge.
    Stage(Arc<dyn Holder>, Edge),
    /// An exporter, or a connector whose edges stand in its outputs.
    Sink(Arc<dyn Holder>, Vec<(PipelineId, Edge)>),
}

/// A component that runs, or is about to.
#[derive(Clone)]
pub(super) struct Instance {
    /// Settings and neighbours it was built from; it is reused while they stay the same.
    pub(super) fingerprint: String,
    pub(super) part: Part,
    pub(super) books: Books,
    pub(super) tasks: Tasks,
}

impl Instance {
    fn lifecycle(&self) -> &dyn Lifecycle {
        match &self.part {
            Part::Service(service) | Part::Source(service, _) => &**service,
            Part::Stage(holder, _) | Part::Sink(holder, _) => &**holder as &dyn Lifecycle,
            Part::Transform(step) => &**step as &dyn Lifecycle,
        }
    }

    pub(super) async fn start(&self) -> Result<(), StartError> {
        self.lifecycle().start().await
    }

    /// Stops the component, then whatever tasks it left.
    pub(super) async fn stop(&self, deadline: Instant) -> bool {
        let stop = self.lifecycle().stop(deadline);
        if tokio::time::timeout_at(deadline, stop).await.is_err() {
            self.tasks.stopping().cancel();
            return false;
        }
        self.tasks.stop(deadline).await
    }
}
