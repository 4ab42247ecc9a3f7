//! Connected instances.
//!
//! Instances are built, or taken over from the graph before, in any order; edges are connected at the
//! end, all at once, so that a reload changes nothing until everything new stands.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    component::Overview,
    pipeline::{Books, Consumer, Edge, Tasks},
    service::instance::{Instance, Key, Part},
    signal::Signal,
};

/// What to run: instances in the order in which data reaches them, and how they are connected.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) instances: BTreeMap<Key, Instance>,
    /// In the order to start them in.
    pub(super) extensions: Vec<Key>,
    /// Everything else, sources first: the order to stop in.
    pub(super) order: Vec<Key>,
    pub(super) overview: Overview,
    connections: Vec<Connection>,
    /// Tasks of our own stages (fan-outs), which belong to no component.
    pub(super) tasks: Tasks,
}

/// An edge and where it leads.
struct Connection {
    from: Edge,
    to: Target,
}

/// A stage, its books, and what is at stake when it refuses beside others.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) consumer: Arc<dyn Consumer>,
    pub(super) books: Books,
    /// Whether the client sends again what this stage refuses, although others took it. A memory queue
    /// beside others drops its own copy instead.
    pub(super) must_not_lose: bool,
}

impl Graph {
    /// Notes where an edge leads; [`Graph::connect`] makes it so.
    pub(super) fn lead(&mut self, from: &Edge, to: Target) {
        self.connections.push(Connection { from: from.clone(), to });
    }

    /// Leads every edge to its new target, and cuts those that lead nowhere any more.
    pub(super) fn connect(&self) {
        for connection in &self.connections {
            connection
                .from
                .connect(Arc::clone(&connection.to.consumer), connection.to.books.clone());
        }
        for instance in self.instances.values() {
            let Part::Source(_, outputs) = &instance.part else { continue };
            for signal in Signal::ALL {
                let edge = outputs.edge(signal);
                let is_led =
                    self.connections.iter().any(|connection| connection.from.is_same(edge));
                if !is_led {
                    edge.disconnect();
                }
            }
        }
    }
}
