//! What sends to what, for the order to stop in.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    component::ComponentId,
    config::PlannedPipeline,
    service::{builder::Builder, instance::Key},
    signal::Signal,
};

impl<'a> Builder<'a> {
    /// What sends to each instance, transforms included, which pass on what they are sent.
    pub(super) fn feeders(&self) -> BTreeMap<Key, BTreeSet<Key>> {
        let mut feeders: BTreeMap<Key, BTreeSet<Key>> = BTreeMap::new();
        for pipeline in &self.plan.pipelines {
            let signal = pipeline.id.signal();
            let receivers = pipeline.receivers.iter().cloned().map(Key::Receiver);
            let sources = pipeline.sources.iter().flat_map(|id| self.inputs(id, signal));
            let sources: BTreeSet<Key> = receivers.chain(sources).collect();
            for (processors, ends) in self.ways(pipeline) {
                let mut before = sources.clone();
                for id in processors {
                    let key = Key::Processor(pipeline.id.clone(), id.clone());
                    feeders.entry(key.clone()).or_default().append(&mut before);
                    before.insert(key);
                }
                for key in ends {
                    feeders.entry(key).or_default().extend(before.iter().cloned());
                }
            }
        }
        feeders
    }

    /// The ways through a pipeline: one, or two if its batch runs after durable queues.
    fn ways(&self, pipeline: &'a PlannedPipeline) -> Vec<(Vec<&'a ComponentId>, Vec<Key>)> {
        let signal = pipeline.id.signal();
        let moved = self.batching.moved(&pipeline.id);
        let is_durable = |id: &ComponentId| moved.is_some_and(|moved| moved.exporters.contains(id));
        let is_moved = |id: &ComponentId| moved.is_some_and(|moved| moved.processors.contains(id));
        let (durable, others): (Vec<&ComponentId>, Vec<&ComponentId>) =
            pipeline.exporters.iter().partition(|id| is_durable(id));
        let exporter = |id: &ComponentId| Key::Exporter(id.clone(), signal);
        let sinks = pipeline.sinks.iter().map(|id| Key::Connector(id.clone(), signal));
        let unbatched = pipeline.processors.iter().filter(|id| !is_moved(id)).collect();
        let ways: [(Vec<&ComponentId>, Vec<Key>); 2] = [
            (unbatched, durable.into_iter().map(exporter).collect()),
            (
                pipeline.processors.iter().collect(),
                others.into_iter().map(exporter).chain(sinks).collect(),
            ),
        ];
        ways.into_iter().filter(|(_, ends)| !ends.is_empty()).collect()
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
}
