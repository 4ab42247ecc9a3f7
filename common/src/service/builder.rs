//! Builds the instances of a plan and says how they are connected.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    component::{
        BuildError, ComponentId, ConnectorOutputs, Context, Export, Host, Kind, Outputs, Overview,
        PipelineId, PipelineOverview, Registry, Stage, Tasks, registry::ExporterFactory,
    },
    config::{Config, Plan, PlannedPipeline},
    delivery::{self, DeliverySettings},
    pipeline::{Aliases, Books, Branch, Chain, Edge, Fanout, StageLabels, Transform},
    service::{
        contexts,
        graph::{Graph, Target},
        instance::{Instance, Key, Part},
    },
    settings::{Finding, Node},
    signal::Signal,
    telemetry::Metrics,
};

/// Exporters by what messages call them.
pub type NamedExports = Vec<(String, Arc<dyn Export>)>;

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
        let tasks = Tasks::of("a fan-out", tracing::Span::none(), host.fatal.clone());
        Self { config, plan, registry, host, before, graph: Graph::empty(tasks) }
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
        self.graph.feeders = self.feeders();
        self.graph.overview = self.overview();
        Ok(self.graph)
    }

    fn extension(&mut self, id: &ComponentId) -> Result<(), BuildError> {
        let missing = || missing(Kind::Extension, id);
        let settings = self.config.settings(Kind::Extension, id).ok_or_else(missing)?;
        let factory = self.registry.find_extension(id.type_name()).ok_or_else(missing)?;
        let key = Key::Extension(id.clone());
        self.instance(Recipe::new(key.clone(), settings), |context| {
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

    /// Builds the stages of a pipeline from its end to its start, and returns its entry.
    fn pipeline(
        &mut self,
        pipeline: &PlannedPipeline,
        entries: &BTreeMap<PipelineId, Target>,
    ) -> Result<(Target, PipelineKeys), BuildError> {
        let signal = pipeline.id.signal();
        let mut keys = PipelineKeys::default();
        let mut targets = Vec::new();
        let is_only = pipeline.exporters.len() + pipeline.sinks.len() == 1;
        for id in &pipeline.exporters {
            targets.push(self.exporter(id, signal, is_only)?);
            keys.exporters.push(Key::Exporter(id.clone(), signal));
        }
        for id in &pipeline.sinks {
            targets.push(self.connector(id, signal, entries)?);
            keys.stages.push(Key::Connector(id.clone(), signal));
        }
        let mut next = self.join(targets, &pipeline.id.to_string(), signal).ok_or_else(|| {
            BuildError::new(format!("pipeline \"{}\" leads nowhere", pipeline.id))
        })?;
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
    fn chained(&mut self, run: &mut Vec<(Arc<dyn Transform>, Books)>, next: Target) -> Target {
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
        let missing = || missing(Kind::Processor, id);
        let settings = self.config.settings(Kind::Processor, id).ok_or_else(missing)?;
        let factory = self.registry.find_processor(id.type_name()).ok_or_else(missing)?;
        let key = Key::Processor(pipeline.id.clone(), id.clone());
        let recipe = Recipe {
            aliases: Box::new(|metrics| {
                contexts::processor_aliases(metrics, id, pipeline.id.signal())
            }),
            ..Recipe::new(key.clone(), settings)
        };
        let instance = self.instance(recipe, |context| {
            let edge = Edge::new(context.books.clone());
            Ok(match factory.build(settings, context, edge.clone())? {
                Stage::Transform(transform) => Part::Transform(transform),
                Stage::Consumer(holder) => Part::Stage(holder, edge),
            })
        })?;
        Ok((instance, key))
    }

    /// Builds the exporters alone, each once per signal, without delivery around them.
    pub(super) fn exporters(&self) -> Result<NamedExports, BuildError> {
        let mut built = BTreeMap::new();
        for pipeline in &self.plan.pipelines {
            for id in &pipeline.exporters {
                let key = Key::Exporter(id.clone(), pipeline.id.signal());
                if built.contains_key(&key) {
                    continue;
                }
                let found = self.exporter_parts(id)?;
                let context = contexts::context(self.host, &key, |_| Aliases::default());
                built.insert(key, found.factory.build(&found.own, context)?);
            }
        }
        Ok(built.into_iter().map(|(key, export)| (key.to_string(), export)).collect())
    }

    /// The factory of an exporter, and its settings taken apart.
    fn exporter_parts(&self, id: &ComponentId) -> Result<ExporterParts<'a>, BuildError> {
        let missing = || missing(Kind::Exporter, id);
        let settings = self.config.settings(Kind::Exporter, id).ok_or_else(missing)?;
        let factory = self.registry.find_exporter(id.type_name()).ok_or_else(missing)?;
        let (own, delivery) = delivery::divide(settings, factory.delivery());
        let path = format!("exporters::{id}");
        let delivery =
            delivery::read(&delivery, factory.delivery(), &path).map_err(|findings| {
                let texts: Vec<String> = findings.iter().map(Finding::to_string).collect();
                BuildError::new(texts.join("\n"))
            })?;
        Ok(ExporterParts { settings, factory, own, delivery })
    }

    fn exporter(
        &mut self,
        id: &ComponentId,
        signal: Signal,
        is_only: bool,
    ) -> Result<Target, BuildError> {
        let ExporterParts { settings, factory, own, delivery } = self.exporter_parts(id)?;
        let recipe = Recipe {
            key: Key::Exporter(id.clone(), signal),
            fingerprint: settings.fingerprint(),
            aliases: Box::new(|metrics| {
                delivery::aliases(metrics, &id.to_string(), signal, &delivery)
            }),
        };
        let instance = self.instance(recipe, |context| {
            let export = factory.build(&own, context.clone())?;
            Ok(Part::Sink(delivery::deliver(export, &delivery, &context), Vec::new()))
        })?;
        sink(&instance, delivery.must_not_lose(is_only), || missing(Kind::Exporter, id))
    }

    fn connector(
        &mut self,
        id: &ComponentId,
        signal: Signal,
        entries: &BTreeMap<PipelineId, Target>,
    ) -> Result<Target, BuildError> {
        let missing = || missing(Kind::Connector, id);
        let settings = self.config.settings(Kind::Connector, id).ok_or_else(missing)?;
        let factory = self.registry.find_connector(id.type_name()).ok_or_else(missing)?;
        let sendable = factory.outputs(signal);
        let fed: Vec<PipelineId> = self
            .plan
            .fed_by(id, |output| sendable.contains(output))
            .map(|pipeline| pipeline.id.clone())
            .collect();
        let recipe = Recipe {
            fingerprint: format!("{} -> {fed:?}", settings.fingerprint()),
            ..Recipe::new(Key::Connector(id.clone(), signal), settings)
        };
        let instance = self.instance(recipe, |context| {
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
        sink(&instance, true, missing)
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
        let instance = match kept.filter(|instance| instance.fingerprint == fingerprint) {
            Some(instance) => instance.clone(),
            None => {
                let context = contexts::context(self.host, &key, aliases);
                let (books, tasks) = (context.books.clone(), context.tasks.clone());
                let part = tasks.span().in_scope(|| build(context)).map_err(|error| {
                    BuildError::with_source(format!("failed to build {key}: {error}"), error)
                })?;
                Instance { fingerprint, part, books, tasks }
            }
        };
        self.graph.instances.insert(key, instance.clone());
        Ok(instance)
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

    /// What sends to each instance, transforms included, which pass on what they are sent.
    fn feeders(&self) -> BTreeMap<Key, BTreeSet<Key>> {
        let mut feeders: BTreeMap<Key, BTreeSet<Key>> = BTreeMap::new();
        for pipeline in &self.plan.pipelines {
            let signal = pipeline.id.signal();
            let receivers = pipeline.receivers.iter().cloned().map(Key::Receiver);
            let sources = pipeline.sources.iter().flat_map(|id| self.inputs(id, signal));
            let mut before: BTreeSet<Key> = receivers.chain(sources).collect();
            for id in &pipeline.processors {
                let key = Key::Processor(pipeline.id.clone(), id.clone());
                feeders.entry(key.clone()).or_default().append(&mut before);
                before.insert(key);
            }
            let exporters = pipeline.exporters.iter().map(|id| Key::Exporter(id.clone(), signal));
            let sinks = pipeline.sinks.iter().map(|id| Key::Connector(id.clone(), signal));
            for key in exporters.chain(sinks) {
                feeders.entry(key).or_default().extend(before.iter().cloned());
            }
        }
        feeders
    }

    /// The instances of a connector that send this signal.
    fn inputs(&self, id: &'a ComponentId, output: Signal) -> impl Iterator<Item = Key> + use<'a> {
        let factory = self.registry.find_connector(id.type_name());
        Signal::ALL
            .into_iter()
            .filter(move |input| {
                factory.is_some_and(|found| found.outputs(*input).contains(output))
            })
            .map(move |input| Key::Connector(id.clone(), input))
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

/// An exporter's settings and who builds it.
struct ExporterParts<'a> {
    settings: &'a Node,
    factory: &'a dyn ExporterFactory,
    own: Node,
    delivery: DeliverySettings,
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

impl Config {
    /// The settings of a component, if it is defined.
    fn settings(&self, kind: Kind, id: &ComponentId) -> Option<&Node> {
        self.definitions(kind).get(id).map(|definition| &definition.node)
    }
}
