//! Where pipelines end: exporters with their delivery, and connectors.

use std::collections::BTreeMap;

use crate::{
    component::{
        BuildError, ComponentId, ConnectorOutputs, Kind, PipelineId, registry::ExporterFactory,
    },
    delivery::{self, DeliverySettings, Durability},
    pipeline::{Aliases, Edge},
    service::{
        builder::{Builder, NamedExports, Recipe, missing},
        contexts,
        graph::Target,
        instance::{Key, Part},
    },
    settings::{Finding, Node},
    signal::Signal,
};

/// An exporter's settings and who builds it.
struct ExporterParts<'a> {
    settings: &'a Node,
    factory: &'a dyn ExporterFactory,
    own: Node,
    delivery: DeliverySettings,
}

impl<'a> Builder<'a> {
    /// Builds the exporters alone, each once per signal, without delivery around them.
    pub(in crate::service) fn exporters(&self) -> Result<NamedExports, BuildError> {
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

    /// Builds an exporter, once for all pipelines of a signal, and returns where this pipeline sends.
    pub(super) fn exporter(
        &mut self,
        id: &ComponentId,
        pipeline: &PipelineId,
        is_only: bool,
    ) -> Result<Target, BuildError> {
        let signal = pipeline.signal();
        let ExporterParts { settings, factory, own, mut delivery } = self.exporter_parts(id)?;
        let durability = self.durability(id, signal, &mut delivery)?;
        let storage = delivery.storage().and_then(|id| self.config.settings(Kind::Extension, id));
        let fingerprint = [Some(settings), storage].into_iter().flatten().map(Node::fingerprint);
        let mut fingerprint: String = fingerprint.collect::<Vec<_>>().join(" in ");
        if let Some(durability) = &durability {
            fingerprint.push_str(&format!(" batched {:?}", durability.batches));
        }
        let peer = factory.peer(&own, signal);
        let recipe = Recipe {
            key: Key::Exporter(id.clone(), signal),
            fingerprint,
            aliases: Box::new(|metrics| delivery::aliases(metrics, (id, &peer), signal, &delivery)),
        };
        let instance = self.instance(recipe, |context| {
            let export = factory.build(&own, context.clone())?;
            let delivery = delivery::deliver(export, &delivery, &context, &peer, durability)?;
            Ok(Part::Delivery(delivery))
        })?;
        let Part::Delivery(delivered) = instance.part else {
            return Err(missing(Kind::Exporter, id));
        };
        Ok(Target {
            consumer: delivered.entry(pipeline),
            books: instance.books,
            must_not_lose: delivery.must_not_lose(is_only),
        })
    }

    /// What a queue with `storage` is given; the queue keeps its room when a batch moves behind it.
    fn durability(
        &self,
        id: &ComponentId,
        signal: Signal,
        delivery: &mut DeliverySettings,
    ) -> Result<Option<Durability>, BuildError> {
        let Some(extension) = delivery.storage() else { return Ok(None) };
        let storage = self.graph.storage(extension).ok_or_else(|| {
            BuildError::new(format!(
                "exporter \"{id}\": no storage client extension found: \"{extension}\""
            ))
        })?;
        let moved = self.batching.behind(id, signal);
        let has_own_batch = match &mut delivery.sending_queue {
            Some(queue) => {
                queue.make_room_for(moved.values());
                queue.batch.is_on()
            }
            None => false,
        };
        let batches = if has_own_batch { BTreeMap::new() } else { moved };
        Ok(Some(Durability { storage, batches }))
    }

    pub(super) fn connector(
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
        match instance.part {
            Part::Sink(holder, _) => {
                Ok(Target { consumer: holder, books: instance.books, must_not_lose: true })
            }
            _ => Err(missing()),
        }
    }
}
