//! One running component and what a reload needs to know of it.

use std::{collections::BTreeSet, fmt, sync::Arc};

use tokio::time::{Duration, Instant, timeout_at};
use tracing::Instrument as _;

use crate::{
    component::{
        BuiltExtension, ComponentId, Holder, Lifecycle, Outputs, PipelineId, StartError, Step,
        Tasks,
    },
    delivery::Delivery,
    pipeline::{Books, Edge},
    signal::Signal,
};

/// What a component may need after its deadline to count what it gives up.
const SLACK: Duration = Duration::from_millis(500);

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
    /// An extension: started and stopped, and nothing is sent to it.
    Service(BuiltExtension),
    /// A receiver with its edges.
    Source(Arc<dyn Lifecycle>, Outputs),
    /// A processor that works in the caller's task.
    Transform(Arc<dyn Step>),
    /// A processor that sends later, with its edge.
    Stage(Arc<dyn Holder>, Edge),
    /// An exporter in its delivery, with an entry for each pipeline.
    Delivery(Arc<dyn Delivery>),
    /// A connector, whose edges stand in its outputs.
    Sink(Arc<dyn Holder>, Vec<(PipelineId, Edge)>),
}

/// A component that runs, or is about to.
#[derive(Clone)]
pub(super) struct Instance {
    /// Settings and neighbours it was built from; it is reused while they stay the same.
    pub(super) fingerprint: String,
    /// The extensions that it asked for; it is reused while they are.
    pub(super) asked: BTreeSet<ComponentId>,
    pub(super) part: Part,
    pub(super) books: Books,
    pub(super) tasks: Tasks,
}

impl Instance {
    fn lifecycle(&self) -> &dyn Lifecycle {
        match &self.part {
            Part::Service(extension) => &*extension.service,
            Part::Source(source, _) => &**source,
            Part::Delivery(delivery) => &**delivery as &dyn Lifecycle,
            Part::Stage(holder, _) | Part::Sink(holder, _) => &**holder as &dyn Lifecycle,
            Part::Transform(step) => &**step as &dyn Lifecycle,
        }
    }

    pub(super) async fn start(&self) -> Result<(), StartError> {
        self.lifecycle().start().instrument(self.tasks.span().clone()).await
    }

    /// Stops the component, then whatever tasks it left.
    pub(super) async fn stop(&self, deadline: Instant) -> bool {
        let patience = deadline.max(Instant::now()) + SLACK;
        let stopping = self.lifecycle().stop(deadline).instrument(self.tasks.span().clone());
        if timeout_at(patience, stopping).await.is_err() {
            self.tasks.stopping().cancel();
            return false;
        }
        self.tasks.stop(patience).await
    }

    /// The edges out of this instance.
    pub(super) fn edges(&self) -> Vec<&Edge> {
        match &self.part {
            Part::Source(_, outputs) => {
                Signal::ALL.into_iter().map(|signal| outputs.edge(signal)).collect()
            }
            Part::Stage(_, edge) => vec![edge],
            Part::Sink(_, edges) => edges.iter().map(|(_, edge)| edge).collect(),
            Part::Service(_) | Part::Transform(_) | Part::Delivery(_) => Vec::new(),
        }
    }

    /// Whether two instances are one, taken over by a reload.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (&self.part, &other.part) {
            (Part::Service(one), Part::Service(two)) => Arc::ptr_eq(&one.service, &two.service),
            (Part::Delivery(one), Part::Delivery(two)) => Arc::ptr_eq(one, two),
            (Part::Source(one, _), Part::Source(two, _)) => Arc::ptr_eq(one, two),
            (Part::Transform(one), Part::Transform(two)) => Arc::ptr_eq(one, two),
            (Part::Stage(one, _), Part::Stage(two, _)) => Arc::ptr_eq(one, two),
            (Part::Sink(one, _), Part::Sink(two, _)) => Arc::ptr_eq(one, two),
            _ => false,
        }
    }
}
