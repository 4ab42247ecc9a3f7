//! Where each batch runs: before the queue of an exporter, or after it.
//!
//! A batch processor accepts when a payload is in memory. In front of a durable queue this would break the
//! queue's promise, so its settings move behind the queue, wherever nothing but stateless processors lies
//! in between. On every other way out of the pipeline the batch stays where it is.

mod tell;

use std::collections::BTreeMap;

use crate::{
    component::{ComponentId, Kind, PipelineId, Registry, SendingBatch},
    config::{Config, Plan, PlannedPipeline},
    signal::Signal,
};

/// Where the batches of all pipelines run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batching {
    moved: BTreeMap<PipelineId, MovedBatch>,
    staying: Vec<StayingBatch>,
    queues: Vec<GrownQueue>,
}

/// A batch that runs after durable queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedBatch {
    /// The batch processors that move, in the order of the pipeline.
    pub processors: Vec<ComponentId>,
    /// The exporters behind whose queues they run.
    pub exporters: Vec<ComponentId>,
    /// Where they still run in front: the other exporters and connectors of the pipeline.
    pub others: Vec<ComponentId>,
    /// How payloads are merged: the settings of the last.
    pub settings: SendingBatch,
}

/// A batch that cannot move.
#[derive(Clone, Debug, PartialEq, Eq)]
struct StayingBatch {
    pipeline: PipelineId,
    processor: ComponentId,
    exporters: Vec<ComponentId>,
    /// What lies between it and the exporters.
    between: Vec<(Kind, ComponentId)>,
}

/// A queue whose requests count as many items because a batch runs after it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct GrownQueue {
    exporter: ComponentId,
    signal: Signal,
    requests: i64,
    items: i64,
    has_own_batch: bool,
}

impl Batching {
    /// Decides for every pipeline of a plan.
    #[must_use]
    pub fn of(config: &Config, plan: &Plan, registry: &Registry) -> Self {
        let view = View { config, plan, registry };
        let mut batching = Self::default();
        for pipeline in &plan.pipelines {
            view.place(pipeline, &mut batching);
        }
        batching.queues = view.queues(&batching);
        batching
    }

    /// The batch of a pipeline that runs after durable queues.
    #[must_use]
    pub fn moved(&self, pipeline: &PipelineId) -> Option<&MovedBatch> {
        self.moved.get(pipeline)
    }

    /// How what comes out of an exporter's queue is merged, for each pipeline that has moved a batch there.
    #[must_use]
    pub fn behind(
        &self,
        exporter: &ComponentId,
        signal: Signal,
    ) -> BTreeMap<PipelineId, SendingBatch> {
        self.moved
            .iter()
            .filter(|(id, moved)| id.signal() == signal && moved.exporters.contains(exporter))
            .map(|(id, moved)| (id.clone(), moved.settings.clone()))
            .collect()
    }
}

struct View<'a> {
    config: &'a Config,
    plan: &'a Plan,
    registry: &'a Registry,
}

impl<'a> View<'a> {
    fn place(&self, pipeline: &PlannedPipeline, batching: &mut Batching) {
        let batches: Vec<(&ComponentId, SendingBatch)> =
            pipeline.processors.iter().filter_map(|id| Some((id, self.batch(id)?))).collect();
        if batches.is_empty() {
            return;
        }
        let (exporters, mut others): (Vec<ComponentId>, Vec<ComponentId>) =
            pipeline.exporters.iter().cloned().partition(|id| self.is_durable(id));
        others.extend(pipeline.sinks.iter().cloned());
        let (behind_sinks, sinks) = self.behind_sinks(pipeline);
        let mut moving = Vec::new();
        let mut settings = None;
        for (id, batch) in batches.into_iter().rev() {
            let between = self.holding_after(pipeline, id);
            let is_moving = between.is_empty() && !exporters.is_empty();
            let mut stays_for = if is_moving { Vec::new() } else { exporters.clone() };
            stays_for.extend(behind_sinks.iter().cloned());
            stays_for.sort();
            stays_for.dedup();
            if !stays_for.is_empty() {
                batching.staying.push(StayingBatch {
                    pipeline: pipeline.id.clone(),
                    processor: id.clone(),
                    exporters: stays_for,
                    between: [&*between, &sinks].concat(),
                });
            }
            if is_moving {
                moving.insert(0, id.clone());
                settings = settings.or(Some(batch));
            }
        }
        if let Some(settings) = settings {
            let moved = MovedBatch { processors: moving, exporters, others, settings };
            batching.moved.insert(pipeline.id.clone(), moved);
        }
    }

    fn batch(&self, id: &ComponentId) -> Option<SendingBatch> {
        let factory = self.registry.find_processor(id.type_name())?;
        factory.sending_batch(self.config.settings(Kind::Processor, id)?)
    }

    /// The processors after one that keep data, batches excepted.
    fn holding_after(
        &self,
        pipeline: &PlannedPipeline,
        id: &ComponentId,
    ) -> Vec<(Kind, ComponentId)> {
        let is_stateless = |id: &ComponentId| {
            self.registry.find_processor(id.type_name()).is_some_and(|found| found.is_stateless())
        };
        pipeline
            .processors
            .iter()
            .skip_while(|other| *other != id)
            .filter(|other| self.batch(other).is_none() && !is_stateless(other))
            .map(|other| (Kind::Processor, other.clone()))
            .collect()
    }

    /// The durable exporters that a pipeline reaches through connectors, and the connectors it starts with.
    fn behind_sinks(
        &self,
        pipeline: &PlannedPipeline,
    ) -> (Vec<ComponentId>, Vec<(Kind, ComponentId)>) {
        let mut exporters = Vec::new();
        let mut sinks = Vec::new();
        for sink in &pipeline.sinks {
            let mut ahead = self.fed(pipeline, sink);
            let mut seen: Vec<&PipelineId> = vec![&pipeline.id];
            let mut found = Vec::new();
            while let Some(next) = ahead.pop() {
                if seen.contains(&&next.id) {
                    continue;
                }
                seen.push(&next.id);
                found.extend(next.exporters.iter().filter(|id| self.is_durable(id)).cloned());
                ahead.extend(next.sinks.iter().flat_map(|sink| self.fed(next, sink)));
            }
            if !found.is_empty() {
                sinks.push((Kind::Connector, sink.clone()));
            }
            exporters.append(&mut found);
        }
        (exporters, sinks)
    }

    /// The pipelines that one feeds through a connector.
    fn fed(&self, pipeline: &PlannedPipeline, sink: &ComponentId) -> Vec<&'a PlannedPipeline> {
        let Some(factory) = self.registry.find_connector(sink.type_name()) else {
            return Vec::new();
        };
        let outputs = factory.outputs(pipeline.id.signal());
        let is_fed = |fed: &&PlannedPipeline| {
            fed.sources.contains(sink) && outputs.contains(fed.id.signal())
        };
        self.plan.pipelines.iter().filter(is_fed).collect()
    }

    fn is_durable(&self, exporter: &ComponentId) -> bool {
        self.config
            .delivery(self.registry, exporter)
            .is_some_and(|delivery| delivery.storage().is_some())
    }

    /// The queues whose size changes its unit.
    fn queues(&self, batching: &Batching) -> Vec<GrownQueue> {
        let moved = batching.moved.iter();
        let mut keys: Vec<(ComponentId, Signal)> = moved
            .flat_map(|(id, moved)| {
                moved.exporters.iter().map(|exporter| (exporter.clone(), id.signal()))
            })
            .collect();
        keys.sort();
        keys.dedup();
        let grown = |(exporter, signal): (ComponentId, Signal)| {
            let mut queue = self.config.delivery(self.registry, &exporter)?.sending_queue?;
            let requests = queue.queue_size;
            queue.make_room_for(batching.behind(&exporter, signal).values());
            let items = queue.queue_size;
            let has_own_batch = queue.batch.is_on();
            Some(GrownQueue { exporter, signal, requests, items, has_own_batch })
        };
        keys.into_iter().filter_map(grown).collect()
    }
}

#[cfg(test)]
mod tests;
