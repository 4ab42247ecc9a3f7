//! Connected instances.
//!
//! Instances are built, or taken over from the graph before, in any order; edges are connected at the
//! end, all at once, so that a reload changes nothing until everything new stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    component::{ComponentId, Overview},
    pipeline::{Books, Consumer, Edge, Tasks},
    service::instance::{Instance, Key, Part},
    storage::Storage,
};

/// What to run: instances in the order in which data reaches them, and how they are connected.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) instances: BTreeMap<Key, Instance>,
    /// In the order to start them in.
    pub(super) extensions: Vec<Key>,
    /// Everything else, sources first.
    pub(super) order: Vec<Key>,
    /// What sends to each instance, and so must have stopped before it does.
    pub(super) feeders: BTreeMap<Key, BTreeSet<Key>>,
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
    /// A graph without anything in it, whose own stages run in these tasks.
    pub(super) fn empty(tasks: Tasks) -> Self {
        Self { tasks, ..Self::default() }
    }

    /// The storage that an extension offers, if it is here and offers one.
    pub(super) fn storage(&self, extension: &ComponentId) -> Option<Storage> {
        match &self.instances.get(&Key::Extension(extension.clone()))?.part {
            Part::Service(built) => built.storage.clone(),
            _ => None,
        }
    }

    /// Notes where an edge leads; [`Graph::connect`] makes it so.
    pub(super) fn lead(&mut self, from: &Edge, to: Target) {
        self.connections.push(Connection { from: from.clone(), to });
    }

    /// Leads the edges that are new here to their targets, and leaves those alone that a running graph
    /// uses: a new part finds its way as soon as it starts.
    pub(super) fn connect_new(&self, running: &Self) {
        let in_use: Vec<&Edge> = running.instances.values().flat_map(Instance::edges).collect();
        let is_new =
            |connection: &&Connection| !in_use.iter().any(|edge| edge.is_same(&connection.from));
        self.connections.iter().filter(is_new).for_each(Connection::connect);
    }

    /// Leads every edge to its new target, and cuts those that lead nowhere any more.
    pub(super) fn connect(&self) {
        self.connections.iter().for_each(Connection::connect);
        for edge in self.instances.values().flat_map(Instance::edges) {
            if !self.connections.iter().any(|connection| connection.from.is_same(edge)) {
                edge.disconnect();
            }
        }
    }

    /// Whether an instance is the same in both graphs.
    pub(super) fn shares(&self, other: &Self, key: &Key) -> bool {
        match (self.instances.get(key), other.instances.get(key)) {
            (Some(one), Some(two)) => one.is_same(two),
            _ => false,
        }
    }
}

impl Connection {
    fn connect(&self) {
        self.from.connect(Arc::clone(&self.to.consumer), self.to.books.clone());
    }
}
