//! The stages of one pipeline, from its end to its start.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    component::{BuildError, ComponentId, Kind, PipelineId, Stage},
    config::{MovedBatch, PlannedPipeline},
    pipeline::{Books, Chain, Edge, Transform},
    service::{
        builder::{Builder, Recipe, missing},
        contexts,
        graph::Target,
        instance::{Instance, Key, Part},
    },
};

/// The instances of one pipeline, for the order to stop in.
#[derive(Default)]
pub(super) struct PipelineKeys {
    pub(super) stages: Vec<Key>,
    pub(super) exporters: Vec<Key>,
}

/// Where a pipeline ends.
#[derive(Default)]
struct Exits {
    /// Queues behind which its batch runs.
    durable: Vec<Target>,
    /// All others.
    others: Vec<Target>,
}

impl Builder<'_> {
    /// Builds the stages of a pipeline from its end to its start, and returns its entry.
    pub(super) fn pipeline(
        &mut self,
        pipeline: &PlannedPipeline,
        entries: &BTreeMap<PipelineId, Target>,
    ) -> Result<(Target, PipelineKeys), BuildError> {
        let signal = pipeline.id.signal();
        let moved = self.batching.moved(&pipeline.id).cloned();
        let mut keys = PipelineKeys::default();
        let mut exits = Exits::default();
        let is_only = pipeline.exporters.len() + pipeline.sinks.len() == 1;
        for id in &pipeline.exporters {
            let target = self.exporter(id, &pipeline.id, is_only)?;
            match &moved {
                Some(moved) if moved.exporters.contains(id) => exits.durable.push(target),
                _ => exits.others.push(target),
            }
            keys.exporters.push(Key::Exporter(id.clone(), signal));
        }
        for id in &pipeline.sinks {
            exits.others.push(self.connector(id, signal, entries)?);
        }
        let entry = match moved {
            Some(moved) => self.around_batch(pipeline, &moved, exits)?,
            None => {
                let end = self.end(exits.others, pipeline, "")?;
                self.stages(pipeline, pipeline.processors.iter(), end)?
            }
        };
        let processors = pipeline.processors.iter();
        let processors = processors.map(|id| Key::Processor(pipeline.id.clone(), id.clone()));
        keys.stages.extend(processors.filter(|key| self.graph.instances.contains_key(key)));
        let sinks = pipeline.sinks.iter();
        keys.stages.extend(sinks.map(|id| Key::Connector(id.clone(), signal)));
        Ok((entry, keys))
    }

    /// The stages of a pipeline whose batch runs after its durable queues: what goes there parts from
    /// the rest before the batch, and takes the same steps without it.
    fn around_batch(
        &mut self,
        pipeline: &PlannedPipeline,
        moved: &MovedBatch,
        exits: Exits,
    ) -> Result<Target, BuildError> {
        let unbatched = |ids: &[ComponentId]| -> Vec<ComponentId> {
            ids.iter().filter(|id| !moved.processors.contains(id)).cloned().collect()
        };
        let first = pipeline.processors.iter().position(|id| moved.processors.contains(id));
        let (before, behind) = pipeline
            .processors
            .split_at_checked(first.unwrap_or(0))
            .unwrap_or((&[], &pipeline.processors));
        let must_not_lose = |targets: &[Target]| targets.iter().any(|target| target.must_not_lose);
        let (keeps_durable, keeps_others) =
            (must_not_lose(&exits.durable), must_not_lose(&exits.others));
        let has_others = !exits.others.is_empty();
        let end = self.end(exits.durable, pipeline, " durable")?;
        let mut next = self.stages(pipeline, unbatched(behind).iter(), end)?;
        if has_others {
            next.must_not_lose = keeps_durable;
            let end = self.end(exits.others, pipeline, " batched")?;
            let mut batched = self.stages(pipeline, behind.iter(), end)?;
            batched.must_not_lose = keeps_others;
            next = self.end(vec![next, batched], pipeline, "")?;
        }
        self.stages(pipeline, before.iter(), next)
    }

    /// One target for the ends of a pipeline; `part` tells its fan-outs apart.
    fn end(
        &mut self,
        targets: Vec<Target>,
        pipeline: &PlannedPipeline,
        part: &str,
    ) -> Result<Target, BuildError> {
        let owner = format!("{}{part}", pipeline.id);
        self.join(targets, &owner, pipeline.id.signal())
            .ok_or_else(|| BuildError::new(format!("pipeline \"{}\" leads nowhere", pipeline.id)))
    }

    /// Puts processors in front of a target, and returns the first.
    fn stages<'i>(
        &mut self,
        pipeline: &PlannedPipeline,
        ids: impl DoubleEndedIterator<Item = &'i ComponentId>,
        end: Target,
    ) -> Result<Target, BuildError> {
        let mut next = end;
        let mut run: Vec<(Arc<dyn Transform>, Books)> = Vec::new();
        for id in ids.rev() {
            let instance = self.processor(id, pipeline)?;
            match instance.part {
                Part::Transform(step) => run.push((step, instance.books)),
                Part::Stage(holder, edge) => {
                    let target = self.chained(&mut run, next);
                    self.connection(&edge, target);
                    next = Target { consumer: holder, books: instance.books, must_not_lose: true };
                }
                _ => {}
            }
        }
        Ok(self.chained(&mut run, next))
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
    ) -> Result<Instance, BuildError> {
        let missing = || missing(Kind::Processor, id);
        let settings = self.config.settings(Kind::Processor, id).ok_or_else(missing)?;
        let factory = self.registry.find_processor(id.type_name()).ok_or_else(missing)?;
        let key = Key::Processor(pipeline.id.clone(), id.clone());
        let recipe = Recipe {
            aliases: Box::new(|metrics| {
                contexts::processor_aliases(metrics, id, pipeline.id.signal())
            }),
            ..Recipe::new(key, settings)
        };
        self.instance(recipe, |context| {
            let edge = Edge::new(context.books.clone());
            Ok(match factory.build(settings, context, edge.clone())? {
                Stage::Transform(step) => Part::Transform(step),
                Stage::Consumer(holder) => Part::Stage(holder, edge),
            })
        })
    }
}
