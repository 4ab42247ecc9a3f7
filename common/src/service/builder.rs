//! Builds the instances of a plan and says how they are connected.

mod exits;
mod order;
mod pipelines;

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    component::{
        BuildError, BuiltExtension, ComponentId, Context, Extensions, Host, Kind, Outputs,
        Overview, PipelineId, PipelineOverview, Registry, Tasks,
    },
    config::{Batching, Config, Plan},
    pipeline::{Aliases, Books, Branch, Edge, Fanout, StageLabels},
    service::{
        contexts,
        graph::{Graph, Target},
        instance::{Instance, Key, Part},
    },
    settings::Node,
    signal::Signal,
    telemetry::Metrics,
};

/// Builds a graph, taking over what is unchanged from the one before.
pub(super) struct Builder<'a> {
    config: &'a Config,
    plan: &'a Plan,
    registry: &'a Registry,
    host: &'a Host,
    before: Option<&'a Graph>,
    batching: Batching,
    extensions: Arc<BTreeMap<ComponentId, BuiltExtension>>,
    graph: Graph,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        config: &'a Config,
        plan: &'a Plan,
        registry: &'a Registry,
        host: &'a Host,
        before: Option<&'a Graph>,
    ) -> Self {
        let tasks = Tasks::of("a fan-out", tracing::Span::none(), host.fatal.clone());
        let batching = Batching::of(config, plan, registry);
        let graph = Graph::empty(tasks);
        let extensions = Arc::default();
        Self { config, plan, registry, host, before, batching, extensions, graph }
    }

    /// Builds everything, reporting the first component that cannot be built.
    pub(super) fn build(mut self) -> Result<Graph, BuildError> {
        for id in &self.plan.extensions {
            self.extension(id, &mut Vec::new())?;
        }
        let mut entries: BTreeMap<PipelineId, Target> = BTreeMap::new();
        let mut stages = Vec::new();
        // Pipelines are sorted source to sink; the other way round every target is built already.
        for pipeline in self.plan.pipelines.iter().rev() {
            let (entry, keys) = self.pipeline(pipeline, &entries)?;
            entries.insert(pipeline.id.clone(), entry);
            stages.push(keys);
        }
        self.receivers(&entries)?;
        stages.reverse();
        let sinks = stages.iter().flat_map(|keys| keys.exporters.iter().cloned());
        let order: Vec<Key> =
            stages.iter().flat_map(|keys| keys.stages.iter().cloned()).chain(sinks).collect();
        for key in order {
            if !self.graph.order.contains(&key) {
                self.graph.order.push(key);
            }
        }
        self.graph.feeders = self.feeders();
        self.graph.overview = self.overview();
        Ok(self.graph)
    }

    /// Builds an extension, after those that it asks for; `asking` are those that wait for it.
    fn extension(
        &mut self,
        id: &ComponentId,
        asking: &mut Vec<ComponentId>,
    ) -> Result<(), BuildError> {
        let key = Key::Extension(id.clone());
        if self.graph.instances.contains_key(&key) {
            return Ok(());
        }
        if asking.contains(id) {
            return Err(BuildError::new(format!("extension \"{id}\" asks for itself")));
        }
        let missing = || missing(Kind::Extension, id);
        let settings = self.config.settings(Kind::Extension, id).ok_or_else(missing)?;
        let factory = self.registry.find_extension(id.type_name()).ok_or_else(missing)?;
        asking.push(id.clone());
        for needed in factory.needs(settings) {
            // One that does not run is told by whoever asks for it.
            if self.plan.extensions.contains(&needed) {
                self.extension(&needed, asking)?;
            }
        }
        asking.pop();
        let instance = self.instance(Recipe::new(key.clone(), settings), |context| {
            Ok(Part::Service(factory.build(settings, context)?))
        })?;
        if let Part::Service(built) = instance.part {
            Arc::make_mut(&mut self.extensions).insert(id.clone(), built);
        }
        self.graph.extensions.push(key);
        Ok(())
    }

    fn receivers(&mut self, entries: &BTreeMap<PipelineId, Target>) -> Result<(), BuildError> {
        let mut ids: Vec<&ComponentId> =
            self.plan.pipelines.iter().flat_map(|pipeline| &pipeline.receivers).collect();
        ids.sort();
        ids.dedup();
        let mut keys = Vec::new();
        for id in ids {
            let missing = || missing(Kind::Receiver, id);
            let settings = self.config.settings(Kind::Receiver, id).ok_or_else(missing)?;
            let factory = self.registry.find_receiver(id.type_name()).ok_or_else(missing)?;
            let key = Key::Receiver(id.clone());
            let instance = self.instance(Recipe::new(key.clone(), settings), |context| {
                let edge = || Edge::from_source(context.books.clone());
                let outputs = Outputs::new([edge(), edge(), edge()]);
                Ok(Part::Source(factory.build(settings, context, outputs.clone())?, outputs))
            })?;
            let Part::Source(_, outputs) = instance.part else { continue };
            for signal in Signal::ALL {
                let targets: Vec<Target> = self
                    .plan
                    .pipelines
                    .iter()
                    .filter(|pipeline| pipeline.id.signal() == signal)
                    .filter(|pipeline| pipeline.receivers.contains(id))
                    .filter_map(|pipeline| entries.get(&pipeline.id).cloned())
                    .collect();
                if let Some(target) = self.join(targets, &id.to_string(), signal) {
                    self.connection(outputs.edge(signal), target);
                }
            }
            keys.push(key);
        }
        self.graph.order.splice(0..0, keys);
        Ok(())
    }

    /// Takes an unchanged instance over, or builds it.
    fn instance(
        &mut self,
        recipe: Recipe<'_>,
        build: impl FnOnce(Context) -> Result<Part, BuildError>,
    ) -> Result<Instance, BuildError> {
        let Recipe { key, fingerprint, aliases } = recipe;
        if let Some(built) = self.graph.instances.get(&key) {
            return Ok(built.clone());
        }
        let kept = self.before.and_then(|before| before.instances.get(&key));
        let instance = match kept.filter(|kept| self.is_unchanged(kept, &fingerprint)) {
            Some(instance) => instance.clone(),
            None => {
                let extensions = Extensions::new(Arc::clone(&self.extensions));
                let context = contexts::context(self.host, extensions.clone(), &key, aliases);
                let (books, tasks) = (context.books.clone(), context.tasks.clone());
                let part = tasks.span().in_scope(|| build(context)).map_err(|error| {
                    BuildError::with_source(format!("failed to build {key}"), error)
                })?;
                Instance { fingerprint, asked: extensions.asked(), part, books, tasks }
            }
        };
        self.graph.instances.insert(key, instance.clone());
        Ok(instance)
    }

    /// Whether an instance would be built as it was before, with the same extensions.
    fn is_unchanged(&self, kept: &Instance, fingerprint: &str) -> bool {
        let is_same = |id: &ComponentId| {
            let key = Key::Extension(id.clone());
            self.before.is_some_and(|before| before.shares(&self.graph, &key))
        };
        kept.fingerprint == fingerprint && kept.asked.iter().all(is_same)
    }

    /// One target for several: itself if it is alone, a fan-out otherwise.
    fn join(&mut self, mut targets: Vec<Target>, owner: &str, signal: Signal) -> Option<Target> {
        if targets.len() < 2 {
            return targets.pop();
        }
        let labels = StageLabels {
            kind: "fanout",
            component: owner.to_owned(),
            pipeline: String::new(),
            signal: signal.name(),
        };
        let metrics = self.host.telemetry.metrics.owned();
        let books = Books::open(&metrics, labels, Aliases::default());
        let mut branches = Vec::with_capacity(targets.len());
        for target in targets {
            let edge = Edge::new(books.clone());
            branches.push(Branch { edge: edge.clone(), must_not_lose: target.must_not_lose });
            self.connection(&edge, target);
        }
        let fanout = Fanout::new(branches, books.clone(), self.graph.tasks.clone());
        Some(Target { consumer: Arc::new(fanout), books, must_not_lose: true })
    }

    fn connection(&mut self, from: &Edge, to: Target) {
        self.graph.lead(from, to);
    }

    fn overview(&self) -> Overview {
        let pipelines = self.plan.pipelines.iter().map(|pipeline| PipelineOverview {
            id: pipeline.id.clone(),
            receivers: [&*pipeline.receivers, &pipeline.sources].concat(),
            processors: pipeline.processors.clone(),
            exporters: [&*pipeline.exporters, &pipeline.sinks].concat(),
        });
        Overview { pipelines: pipelines.collect(), extensions: self.plan.extensions.clone() }
    }
}

/// What makes an instance the same as one before.
struct Recipe<'a> {
    key: Key,
    fingerprint: String,
    aliases: Box<dyn FnOnce(&Metrics) -> Aliases + 'a>,
}

impl Recipe<'_> {
    fn new(key: Key, settings: &Node) -> Self {
        Self { key, fingerprint: settings.fingerprint(), aliases: Box::new(|_| Aliases::default()) }
    }
}

fn missing(kind: Kind, id: &ComponentId) -> BuildError {
    BuildError::new(format!("{kind} \"{id}\" is not configured"))
}

#[cfg(test)]
mod tests;
