//! Starting, changing and stopping a graph.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    component::{Host, StartError},
    service::{
        graph::Graph,
        instance::{Instance, Key, Part},
    },
};

/// How much of the time left receivers may take to finish their requests, so that the stages behind
/// them have time to drain.
const RECEIVERS_SHARE: f64 = 0.5;
/// How long parts that were started in vain may take to stop.
const ABORT_GRACE: Duration = Duration::from_secs(1);

/// A started graph.
pub(super) struct Running {
    graph: Graph,
    host: Host,
}

impl Running {
    /// Starts everything: extensions, then pipelines from sink to source, receivers last.
    ///
    /// What was started is stopped again if something fails.
    pub(super) async fn start(graph: Graph, host: Host) -> Result<Self, StartError> {
        graph.connect();
        let keys: Vec<Key> = start_order(&graph).cloned().collect();
        start_all(&graph, &keys).await?;
        let running = Self { graph, host };
        running.announce();
        Ok(running)
    }

    pub(super) const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Replaces the graph by a new one that shares its unchanged instances.
    ///
    /// New parts start before anything old stops, so a failure leaves the old graph as it was. A
    /// changed receiver takes its listeners over ([`crate::net::Listeners`]).
    pub(super) async fn replace(&mut self, new: Graph, grace: Duration) -> Result<(), StartError> {
        let added: Vec<Key> = start_order(&new)
            .filter(|key| !same_instance(&self.graph, &new, key))
            .cloned()
            .collect();
        start_all(&new, &added).await?;
        new.connect();
        let old = std::mem::replace(&mut self.graph, new);
        let deadline = Instant::now() + grace;
        let removed = old.order.iter().chain(&old.extensions);
        for key in removed.filter(|key| !same_instance(&old, &self.graph, key)) {
            stop_one(&old, key, deadline).await;
        }
        old.tasks.stop(deadline).await;
        self.announce();
        Ok(())
    }

    /// Stops receivers, then stages from source to sink, then extensions; says whether all ended in time.
    pub(super) async fn stop(self, grace: Duration) -> bool {
        let now = Instant::now();
        let deadline = now + grace;
        self.host.readiness.send_replace(false);
        let (receivers, stages): (Vec<&Key>, Vec<&Key>) =
            self.graph.order.iter().partition(|key| matches!(key, Key::Receiver(_)));
        let stops = receivers
            .into_iter()
            .filter_map(|key| self.graph.instances.get(key))
            .map(|receiver| receiver.stop(now + grace.mul_f64(RECEIVERS_SHARE)));
        let mut in_time =
            futures_util::future::join_all(stops).await.into_iter().all(|ended| ended);
        for key in stages {
            in_time &= stop_one(&self.graph, key, deadline).await;
        }
        in_time &= self.graph.tasks.stop(deadline).await;
        tracing::info!("Stopping extensions...");
        for key in self.graph.extensions.iter().rev() {
            in_time &= stop_one(&self.graph, key, deadline).await;
        }
        in_time
    }

    fn announce(&self) {
        self.host.overview.send_replace(Arc::new(self.graph.overview.clone()));
        self.host.readiness.send_replace(true);
    }
}

/// Extensions first, then everything else from sink to source.
fn start_order(graph: &Graph) -> impl Iterator<Item = &Key> {
    graph.extensions.iter().chain(graph.order.iter().rev())
}

fn same_instance(old: &Graph, new: &Graph, key: &Key) -> bool {
    match (old.instances.get(key), new.instances.get(key)) {
        (Some(old), Some(new)) => old.is_same(new),
        _ => false,
    }
}

async fn start_all(graph: &Graph, keys: &[Key]) -> Result<(), StartError> {
    let mut started = Vec::new();
    for key in keys {
        let Some(instance) = graph.instances.get(key) else { continue };
        if let Err(error) = instance.start().await {
            let deadline = Instant::now() + ABORT_GRACE;
            for key in started.iter().rev() {
                stop_one(graph, key, deadline).await;
            }
            return Err(StartError::with_source(format!("failed to start {key}: {error}"), error));
        }
        if matches!(key, Key::Extension(_)) {
            tracing::info!(component = %key, "Extension started.");
        }
        started.push(key.clone());
    }
    Ok(())
}

async fn stop_one(graph: &Graph, key: &Key, deadline: Instant) -> bool {
    let Some(instance) = graph.instances.get(key) else { return true };
    let in_time = instance.stop(deadline).await;
    if !in_time {
        tracing::warn!(component = %key, "component did not stop before the deadline");
    }
    in_time
}

impl Instance {
    /// Whether two instances are one, taken over by a reload.
    fn is_same(&self, other: &Self) -> bool {
        match (&self.part, &other.part) {
            (Part::Service(one), Part::Service(two)) => Arc::ptr_eq(one, two),
            (Part::Source(one, _), Part::Source(two, _)) => Arc::ptr_eq(one, two),
            (Part::Transform(one), Part::Transform(two)) => Arc::ptr_eq(one, two),
            (Part::Stage(one, _), Part::Stage(two, _)) => Arc::ptr_eq(one, two),
            (Part::Sink(one, _), Part::Sink(two, _)) => Arc::ptr_eq(one, two),
            _ => false,
        }
    }
}
