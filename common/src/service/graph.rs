//! From a plan to connected instances.
//!
//! Instances are built, or taken over from the graph before, in any order; edges are connected at the
//! end, all at once, so that a reload changes nothing until everything new stands.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    component::{
        BuildError, ComponentId, ConnectorOutputs, Context, Host, Kind, Outputs, Overview, PipelineId,
        PipelineOverview, Registry, Stage,
    },
    config::{Config, Plan, PlannedPipeline},
    delivery,
    pipeline::{Aliases, Books, Branch, Chain, Consumer, Edge, Fanout, StageLabels, Tasks, Transform},
    service::instance::{Instance, Key, Part},
    settings::Node,
    signal::Signal,
    telemetry::metrics,
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
struct Target {
    consumer: Arc<dyn Consumer>,
    books: Books,
    /// Whether the client sends again what this stage refuses, although others took it. A memory queue
    /// beside others drops its own copy instead.
    must_not_lose: bool,
}

impl Graph {
    /// Leads every edge to its new target, and cuts those that lead nowhere any more.
    pub(super) fn connect(&self) {
        for connection in &self.connections {
            connection.from.connect(Arc::clone(&connection.to.consumer), connection.to.books.clone());
        }
        for instance in self.instances.values() {
            let Part::Source(_, outputs) = &instance.part else { continue };
            for signal in Signal::ALL {
                let edge = outputs.edge(signal);
                let is_led = self.connections.iter().any(|connection| connection.from.is_same(edge));
                if !is_led {
                    edge.disconnect();
                }
            }
        }
    }
}

/// Builds a graph, taking over what is unchanged from the one before.
pub(super) struct Builder<'a> {
    config: &'a Config,
    plan: &'a Plan,
    registry: &'a Registry,
    host: &'a Host,
    before: Option<&'a Graph>,
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
        Self { config, plan, registry, host, before, graph: Graph::default() }
    }

    /// Builds everything, reporting the first component that cannot be built.
    pub(super) fn build(mut self) -> Result<Graph, BuildError> {
        for id in &self.plan.extensions {
            self.extension(id)?;
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
        self.graph.overview = self.overview();
        Ok(self.graph)
    }

    fn extension(&mut self, id: &ComponentId) -> Result<(), BuildError> {
        let Some(settings) = self.config.settings(Kind::Extension, id) else { return Ok(()) };
        let key = Key::Extension(id.clone());
        let registry = self.registry;
        self.instance(&key, settings.fingerprint(), Kind::Extension, |_, context| {
            let factory = registry
                .find_extension(id.type_name())
                .ok_or_else(|| missing(Kind::Extension, id))?;
            Ok(Part::Service(factory.build(settings, context)?))
        })?;
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
            let Some(settings) = self.config.settings(Kind::Receiver, id) else { continue };
            let key = Key::Receiver(id.clone());
            let registry = self.registry;
            let instance =
                self.instance(&key, settings.fingerprint(), Kind::Receiver, |_, context| {
                    let factory = registry
                        .find_receiver(id.type_name())
                        .ok_or_else(|| missing(Kind::Receiver, id))?;
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

    /// Builds the stages of a pipeline from its end to its start, and returns its entry.
    fn pipeline(
        &mut self,
        pipeline: &PlannedPipeline,
        entries: &BTreeMap<PipelineId, Target>,
    ) -> Result<(Target, PipelineKeys), BuildError> {
        let signal = pipeline.id.signal();
        let mut keys = PipelineKeys::default();
        let mut targets = Vec::new();
        for id in &pipeline.exporters {
            targets.push(self.exporter(id, signal)?);
            keys.exporters.push(Key::Exporter(id.clone(), signal));
        }
        for id in &pipeline.sinks {
            targets.push(self.connector(id, signal, entries)?);
            keys.stages.push(Key::Connector(id.clone(), signal));
        }
        let mut next = self
            .join(targets, &pipeline.id.to_string(), signal)
            .ok_or_else(|| BuildError::new(format!("pipeline \"{}\" leads nowhere", pipeline.id)))?;
        let mut run = Vec::new();
        for id in pipeline.processors.iter().rev() {
            let (instance, key) = self.processor(id, pipeline)?;
            match instance.part {
                Part::Transform(transform) => run.push((transform, instance.books)),
                Part::Stage(holder, edge) => {
                    let target = self.chained(&mut run, next);
                    self.connection(&edge, target);
                    next = Target { consumer: holder, books: instance.books, must_not_lose: true };
                }
                _ => {}
            }
            keys.stages.insert(0, key);
        }
        Ok((self.chained(&mut run, next), keys))
    }

    /// Puts a run of transforms, collected back to front, in front of a stage.
    fn chained(
        &mut self,
        run: &mut Vec<(Arc<dyn Transform>, Books)>,
        next: Target,
    ) -> Target {
        run.reverse();
        let transforms = std::mem::take(run);
        let (Some((_, first)), Some((_, last))) = (transforms.first(), transforms.last()) else {
            return next;
        };
        let (books, edge) = (first.clone(), Edge::new(last.clone()));
        self.connection(&edge, next);
        let consumer = Arc::new(Chain::new(transforms, edge));
        Target { consumer, books, must_not_lose: true }
    }

    fn processor(
        &mut self,
        id: &ComponentId,
        pipeline: &PlannedPipeline,
    ) -> Result<(Instance, Key), BuildError> {
        let settings = self
            .config
            .settings(Kind::Processor, id)
            .ok_or_else(|| missing(Kind::Processor, id))?;
        let key = Key::Processor(pipeline.id.clone(), id.clone());
        let registry = self.registry;
        let instance =
            self.instance(&key, settings.fingerprint(), Kind::Processor, |_, context| {
                let factory = registry
                    .find_processor(id.type_name())
                    .ok_or_else(|| missing(Kind::Processor, id))?;
                let edge = Edge::new(context.books.clone());
                Ok(match factory.build(settings, context, edge.clone())? {
                    Stage::Transform(transform) => Part::Transform(transform),
                    Stage::Consumer(holder) => Part::Stage(holder, edge),
                })
            })?;
        Ok((instance, key))
    }

    fn exporter(&mut self, id: &ComponentId, signal: Signal) -> Result<Target, BuildError> {
        let settings = self
            .config
            .settings(Kind::Exporter, id)
            .ok_or_else(|| missing(Kind::Exporter, id))?;
        let key = Key::Exporter(id.clone(), signal);
        let registry = self.registry;
        let instance =
            self.instance(&key, settings.fingerprint(), Kind::Exporter, |_, context| {
                let factory = registry
                    .find_exporter(id.type_name())
                    .ok_or_else(|| missing(Kind::Exporter, id))?;
                let (own, delivery) = delivery::divide(settings, factory.delivery());
                let export = factory.build(&own, context.clone())?;
                let holder = delivery::deliver(export, &delivery, factory.delivery(), context)?;
                Ok(Part::Sink(holder, Vec::new()))
            })?;
        sink(&instance, false, || missing(Kind::Exporter, id))
    }

    fn connector(
        &mut self,
        id: &ComponentId,
        signal: Signal,
        entries: &BTreeMap<PipelineId, Target>,
    ) -> Result<Target, BuildError> {
        let settings = self
            .config
            .settings(Kind::Connector, id)
            .ok_or_else(|| missing(Kind::Connector, id))?;
        let factory = self
            .registry
            .find_connector(id.type_name())
            .ok_or_else(|| missing(Kind::Connector, id))?;
        let sendable = factory.outputs(signal);
        let fed: Vec<PipelineId> = self
            .plan
            .fed_by(id, |output| sendable.contains(output))
            .map(|pipeline| pipeline.id.clone())
            .collect();
        let key = Key::Connector(id.clone(), signal);
        let fingerprint = format!("{} -> {fed:?}", settings.fingerprint());
        let instance = self.instance(&key, fingerprint, Kind::Connector, |_, context| {
            let edges: Vec<(PipelineId, Edge)> =
                fed.iter().map(|id| (id.clone(), Edge::new(context.books.clone()))).collect();
            let outputs = ConnectorOutputs { pipelines: edges.clone() };
            Ok(Part::Sink(factory.build(settings, context, outputs)?, edges))
        })?;
        if let Part::Sink(_, edges) = &instance.part {
            for (pipeline, edge) in edges {
                if let Some(target) = entries.get(pipeline) {
                    self.connection(edge, target.clone());
                }
            }
        }
        sink(&instance, true, || missing(Kind::Connector, id))
    }

    /// Takes an unchanged instance over, or builds it.
    fn instance(
        &mut self,
        key: &Key,
        fingerprint: String,
        kind: Kind,
        build: impl FnOnce(&Self, Context) -> Result<Part, BuildError>,
    ) -> Result<Instance, BuildError> {
        if let Some(built) = self.graph.instances.get(key) {
            return Ok(built.clone());
        }
        let kept = self.before.and_then(|before| before.instances.get(key));
        let instance = match kept.filter(|instance| instance.fingerprint == fingerprint) {
            Some(instance) => instance.clone(),
            None => {
                let context = self.context(key, kind);
                let (books, tasks) = (context.books.clone(), context.tasks.clone());
                let part = build(self, context).map_err(|error| {
                    BuildError::with_source(format!("failed to build {key}: {error}"), error)
                })?;
                Instance { fingerprint, part, books, tasks }
            }
        };
        self.graph.instances.insert(key.clone(), instance.clone());
        Ok(instance)
    }

    fn context(&self, key: &Key, kind: Kind) -> Context {
        let (id, pipeline, signal) = match key {
            Key::Extension(id) | Key::Receiver(id) => (id, None, None),
            Key::Processor(pipeline, id) => (id, Some(pipeline.clone()), Some(pipeline.signal())),
            Key::Connector(id, signal) | Key::Exporter(id, signal) => (id, None, Some(*signal)),
        };
        let labels = StageLabels {
            kind: kind.name(),
            component: id.to_string(),
            pipeline: pipeline.as_ref().map(ToString::to_string).unwrap_or_default(),
            signal: signal.map_or("", Signal::name),
        };
        let books = Books::open(&self.host.telemetry.metrics, labels, self.aliases(kind, id, signal));
        Context {
            id: id.clone(),
            kind,
            pipeline,
            signal,
            books,
            tasks: Tasks::default(),
            host: self.host.clone(),
        }
    }

    /// Upstream's names for what the books of a stage count.
    fn aliases(&self, kind: Kind, id: &ComponentId, signal: Option<Signal>) -> Aliases {
        let registry = &self.host.telemetry.metrics;
        let (Kind::Processor, Some(signal)) = (kind, signal) else { return Aliases::default() };
        let values = [&*id.to_string(), signal.name()];
        Aliases {
            offered: Some(registry.counter(&metrics::PROCESSOR_INCOMING_ITEMS, &values)),
            passed_on: Some(registry.counter(&metrics::PROCESSOR_OUTGOING_ITEMS, &values)),
            ..Aliases::default()
        }
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
        let books = Books::open(&self.host.telemetry.metrics, labels, Aliases::default());
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
        self.graph.connections.push(Connection { from: from.clone(), to });
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

/// The instances of one pipeline, for the order to stop in.
#[derive(Default)]
struct PipelineKeys {
    stages: Vec<Key>,
    exporters: Vec<Key>,
}

fn sink(
    instance: &Instance,
    must_not_lose: bool,
    missing: impl FnOnce() -> BuildError,
) -> Result<Target, BuildError> {
    match &instance.part {
        Part::Sink(holder, _) => {
            Ok(Target { consumer: holder.clone(), books: instance.books.clone(), must_not_lose })
        }
        _ => Err(missing()),
    }
}

fn missing(kind: Kind, id: &ComponentId) -> BuildError {
    BuildError::new(format!("{kind} \"{id}\" is not configured"))
}

/// The definition of a component, as a reader of `Config` sees it.
impl Config {
    fn settings(&self, kind: Kind, id: &ComponentId) -> Option<&Node> {
        self.definitions(kind).get(id).map(|definition| &definition.node)
    }
}
