//! Starting, changing and stopping a graph.

mod drain;

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use crate::{
    component::{Host, StartError, Tasks},
    service::{
        graph::Graph,
        instance::{Instance, Key},
    },
};

/// How much of the time left receivers may take to finish their requests, so that the stages behind
/// them have time to drain.
const RECEIVERS_SHARE: f64 = 0.5;
/// How long parts that were started in vain may take to stop.
const ABORT_GRACE: Duration = Duration::from_secs(1);
/// Replaced graphs that drain at the same time; a further reload waits for the oldest.
const MAX_RETIRING: usize = 4;

/// A started graph.
pub(super) struct Running {
    graph: Graph,
    host: Host,
    /// Parts of graphs before this one that still drain.
    retiring: Vec<JoinHandle<bool>>,
    tasks: Tasks,
}

impl Running {
    /// Starts everything: extensions, then pipelines from sink to source, receivers last.
    ///
    /// What was started is stopped again if something fails.
    pub(super) async fn start(graph: Graph, host: Host) -> Result<Self, StartError> {
        graph.connect();
        let keys: Vec<Key> = start_order(&graph).cloned().collect();
        start_all(&graph, &keys).await?;
        let tasks = Tasks::of("the reload", tracing::Span::none(), host.fatal.clone());
        let running = Self { graph, host, retiring: Vec::new(), tasks };
        running.announce();
        Ok(running)
    }

    pub(super) const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Replaces the graph by a new one that shares its unchanged instances.
    ///
    /// New parts start before anything old stops, so a failure leaves the old graph as it was. A
    /// changed receiver takes its listeners over ([`crate::net::Listeners`]). Returns when all data
    /// takes the new way; old parts drain on their own, at most as long as `grace`.
    pub(super) async fn replace(&mut self, new: Graph, grace: Duration) -> Result<(), StartError> {
        let added: Vec<Key> =
            start_order(&new).filter(|key| !new.shares(&self.graph, key)).cloned().collect();
        new.connect_new(&self.graph);
        start_all(&new, &added).await?;
        new.connect();
        let old = std::mem::replace(&mut self.graph, new);
        self.retire(old, grace).await;
        self.announce();
        Ok(())
    }

    /// Lets the parts of an old graph that the new one does not share drain and stop.
    async fn retire(&mut self, old: Graph, grace: Duration) {
        self.retiring.retain(|retiring| !retiring.is_finished());
        if self.retiring.len() >= MAX_RETIRING {
            // It ends at its deadline.
            drop(self.retiring.remove(0).await);
        }
        let removed = |keys: &[Key]| -> Vec<Key> {
            keys.iter().filter(|key| !old.shares(&self.graph, key)).cloned().collect()
        };
        let (stages, extensions) = (removed(&old.order), removed(&old.extensions));
        let now = Instant::now();
        let (receivers_by, deadline) = (now + grace.mul_f64(RECEIVERS_SHARE), now + grace);
        self.retiring.push(self.tasks.spawn(async move {
            let mut in_time = drain::stop_in_order(&old, &stages, receivers_by, deadline).await;
            in_time &= old.tasks.stop(deadline).await;
            in_time & drain::stop_one_by_one(&old, extensions.iter().rev(), deadline).await
        }));
    }

    /// Stops receivers, then stages from source to sink, then extensions; says whether all ended in time.
    pub(super) async fn stop(self, grace: Duration) -> bool {
        let now = Instant::now();
        let (receivers_by, deadline) = (now + grace.mul_f64(RECEIVERS_SHARE), now + grace);
        self.host.readiness.send_replace(false);
        let graph = &self.graph;
        let (receivers, stages): (Vec<Key>, Vec<Key>) =
            graph.order.iter().cloned().partition(|key| matches!(key, Key::Receiver(_)));
        // What is retiring may still send to stages of this graph.
        let retired = timeout_at(receivers_by, futures_util::future::join_all(self.retiring));
        let (stopped, retired) =
            tokio::join!(drain::stop_in_order(graph, &receivers, receivers_by, deadline), retired);
        let has_retired =
            retired.is_ok_and(|ended| ended.into_iter().all(|ended| ended.unwrap_or(false)));
        let mut in_time = stopped & has_retired;
        in_time &= drain::stop_in_order(graph, &stages, receivers_by, deadline).await;
        in_time &= graph.tasks.stop(deadline).await;
        tracing::info!("Stopping extensions...");
        in_time & drain::stop_one_by_one(graph, graph.extensions.iter().rev(), deadline).await
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

/// Starts instances one after the other; if one fails, stops it and those before it.
async fn start_all(graph: &Graph, keys: &[Key]) -> Result<(), StartError> {
    let mut started: Vec<&Key> = Vec::new();
    for key in keys {
        let Some(instance) = graph.instances.get(key) else { continue };
        started.push(key);
        if let Err(error) = instance.start().await {
            let deadline = Instant::now() + ABORT_GRACE;
            drain::stop_one_by_one(graph, started.into_iter().rev(), deadline).await;
            return Err(StartError::with_source(format!("failed to start {key}"), error));
        }
        if matches!(key, Key::Extension(_)) {
            tracing::info!(component = %key, "Extension started.");
        }
    }
    Ok(())
}

async fn stop_one(key: &Key, instance: &Instance, deadline: Instant) -> bool {
    let in_time = instance.stop(deadline).await;
    if !in_time {
        tracing::warn!(component = %key, "component did not stop before the deadline");
    }
    in_time
}

#[cfg(test)]
mod tests;
