//! Where pipelines end: exporters with their delivery, and connectors.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    component::{
        BuildError, ComponentId, ConnectorOutputs, Extensions, Kind, PipelineId, SendingBatch,
        registry::ExporterFactory,
    },
    delivery::{self, DeliverySettings, Durability},
    pipeline::{Aliases, Edge},
    service::{
        builder::{Builder, Recipe, missing},
        contexts,
        exits::Exits,
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
    /// Builds the exporters alone, each once per signal, without delivery around them, and returns them
    /// with the extensions that they ask for.
    pub(in crate::service) fn exporters(mut self) -> Result<Exits, BuildError> {
        for id in &self.plan.extensions {
            self.extension(id, &mut Vec::new())?;
        }
        let mut built = BTreeMap::new();
        let mut asked = BTreeSet::new();
        for pipeline in &self.plan.pipelines {
            for id in &pipeline.exporters {
                let key = Key::Exporter(id.clone(), pipeline.id.signal());
                if built.contains_key(&key) {
                    continue;
                }
                let found = self.exporter_parts(id)?;
                let offers = Extensions::new(Arc::clone(&self.extensions));
                let context =
                    contexts::context(self.host, offers.clone(), &key, |_| Aliases::default());
                built.insert(key, found.factory.build(&found.own, context)?);
                asked.extend(offers.asked());
            }
        }
        let mut extensions = Vec::new();
        // Whoever asks stands behind what it asks for.
        for key in self.graph.extensions.iter().rev() {
            let (Key::Extension(id), Some(instance)) = (key, self.graph.instances.get(key)) else {
                continue;
            };
            if asked.contains(id) {
                asked.extend(instance.asked.iter().cloned());
                extensions.push(instance.clone());
            }
        }
        extensions.reverse();
        let exports = built.into_iter().map(|(key, export)| (key.to_string(), export)).collect();
        Ok(Exits { exports, extensions })
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
        let batches = self.batches(id, signal, &mut delivery);
        let fingerprint = format!("{} batched {batches:?}", settings.fingerprint());
        let peer = factory.peer(&own, signal);
        let recipe = Recipe {
            key: Key::Exporter(id.clone(), signal),
            fingerprint,
            aliases: Box::new(|metrics| delivery::aliases(metrics, (id, &peer), signal, &delivery)),
        };
        let instance = self.instance(recipe, |context| {
            let durability = match delivery.storage() {
                Some(id) => Some(Durability { storage: context.extensions.storage(id)?, batches }),
                None => None,
            };
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

    /// The batches that run after a queue with `storage`, by pipeline; the queue keeps its room.
    fn batches(
        &self,
        id: &ComponentId,
        signal: Signal,
        delivery: &mut DeliverySettings,
    ) -> BTreeMap<PipelineId, SendingBatch> {
        if delivery.storage().is_none() {
            return BTreeMap::new();
        }
        let moved = self.batching.behind(id, signal);
        let has_own_batch = match &mut delivery.sending_queue {
            Some(queue) => {
                queue.make_room_for(moved.values());
                queue.batch.is_on()
            }
            None => false,
        };
        if has_own_batch { BTreeMap::new() } else { moved }
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
