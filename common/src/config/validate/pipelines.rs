//! Which pipelines run here, and whether they are whole.

use std::collections::BTreeSet;

use crate::{
    component::{ComponentId, Kind, PipelineId},
    config::{Pipeline, Plan, PlannedPipeline, Reference, validate::Validator},
    settings::Finding,
};

impl Validator<'_> {
    /// Checks that there is something to run and that every pipeline has both ends.
    pub(super) fn check_sections(&self, findings: &mut Vec<Finding>) {
        let config = self.config;
        for (kind, word) in [(Kind::Receiver, "receiver"), (Kind::Exporter, "exporter")] {
            if config.definitions(kind).is_empty() && config.definitions(Kind::Connector).is_empty()
            {
                let message = format!("no {word} configuration specified in config");
                findings.push(Finding::error(&config.position, kind.section(), message));
            }
        }
        if config.service.pipelines.is_empty() {
            let message = "service must have at least one pipeline";
            findings.push(Finding::error(&config.position, "service::pipelines", message));
        }
        for (id, pipeline) in config.service.pipelines.iter() {
            let path = format!("service::pipelines::{id}");
            let ends = [(&pipeline.receivers, "receiver"), (&pipeline.exporters, "exporter")];
            for (references, word) in ends {
                if references.is_empty() {
                    let message = format!("must have at least one {word}");
                    findings.push(Finding::error(&pipeline.position, &*path, message));
                }
            }
            for (index, processor) in pipeline.processors.iter().enumerate() {
                if pipeline.processors.iter().take(index).any(|other| other.id == processor.id) {
                    let message =
                        format!("references processor \"{}\" multiple times", processor.id);
                    findings.push(Finding::error(&processor.position, &*path, message));
                }
            }
        }
    }

    /// Sorts the pipelines into those that run here, source to sink, and those of other collectors.
    ///
    /// A pipeline of our signal that only connectors of other collectors feed is run by those.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let pipelines = &self.config.service.pipelines;
        let mut running: BTreeSet<&PipelineId> = pipelines
            .iter()
            .filter(|(id, pipeline)| self.is_own(id) && self.has_receivers(pipeline))
            .map(|(id, _)| id)
            .collect();
        // A connector of a running pipeline starts the pipelines that it feeds, and so on.
        loop {
            let fed: Vec<&PipelineId> = pipelines
                .keys()
                .filter(|id| !running.contains(id))
                .filter(|id| running.iter().any(|source| self.feeds(source, id).is_some()))
                .collect();
            if fed.is_empty() {
                break;
            }
            running.extend(fed);
        }
        let planned: Vec<PlannedPipeline> = pipelines
            .iter()
            .filter(|(id, _)| running.contains(id))
            .map(|(id, pipeline)| self.planned(id, pipeline, &running))
            .collect();
        Plan {
            pipelines: self.sorted(planned),
            foreign: pipelines.keys().filter(|id| !running.contains(id)).cloned().collect(),
            extensions: unique(&self.config.service.extensions),
        }
    }

    fn planned(
        &self,
        id: &PipelineId,
        pipeline: &Pipeline,
        running: &BTreeSet<&PipelineId>,
    ) -> PlannedPipeline {
        let is_connector = |id: &ComponentId| self.is_connector(id);
        let (mut sources, mut receivers): (Vec<_>, Vec<_>) =
            unique(&pipeline.receivers).into_iter().partition(is_connector);
        let (sinks, exporters) = unique(&pipeline.exporters).into_iter().partition(is_connector);
        if !self.is_own(id) {
            receivers.clear();
        }
        sources.retain(|connector| running.iter().any(|source| self.joins(source, connector, id)));
        PlannedPipeline {
            id: id.clone(),
            receivers,
            sources,
            processors: unique(&pipeline.processors),
            exporters,
            sinks,
        }
    }

    fn has_receivers(&self, pipeline: &Pipeline) -> bool {
        pipeline.receivers.iter().any(|reference| !self.is_connector(&reference.id))
    }

    fn is_connector(&self, id: &ComponentId) -> bool {
        self.config.definitions(Kind::Connector).contains(id)
    }

    /// Each pipeline before those that it feeds; pipelines of a cycle come last and are told elsewhere.
    fn sorted(&self, mut left: Vec<PlannedPipeline>) -> Vec<PlannedPipeline> {
        let mut sorted = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let is_fed =
                |id: &PipelineId| left.iter().any(|other| self.feeds(&other.id, id).is_some());
            let (blocked, ready): (Vec<_>, Vec<_>) =
                left.iter().cloned().partition(|pipeline| is_fed(&pipeline.id));
            if ready.is_empty() {
                sorted.extend(blocked);
                break;
            }
            sorted.extend(ready);
            left = blocked;
        }
        sorted
    }

    /// Whether the pipeline's signal is this collector's.
    pub(super) fn is_own(&self, id: &PipelineId) -> bool {
        self.registry.signals().contains(id.signal())
    }

    /// The connector through which one pipeline feeds another.
    pub(super) fn feeds(&self, source: &PipelineId, target: &PipelineId) -> Option<&ComponentId> {
        let from = self.config.service.pipelines.get(source)?;
        let mut ids = from.exporters.iter().map(|reference| &reference.id);
        ids.find(|id| self.joins(source, id, target))
    }

    /// Whether a connector takes from one pipeline what it can send to the other.
    fn joins(&self, source: &PipelineId, connector: &ComponentId, target: &PipelineId) -> bool {
        let pipelines = &self.config.service.pipelines;
        let (Some(from), Some(to)) = (pipelines.get(source), pipelines.get(target)) else {
            return false;
        };
        let names =
            |references: &[Reference]| references.iter().any(|found| found.id == *connector);
        self.is_connector(connector)
            && names(&from.exporters)
            && names(&to.receivers)
            && self
                .registry
                .find_connector(connector.type_name())
                .is_some_and(|factory| factory.outputs(source.signal()).contains(target.signal()))
    }
}

/// The ids without repetitions, which upstream ignores for receivers and exporters.
fn unique(references: &[Reference]) -> Vec<ComponentId> {
    let mut ids: Vec<ComponentId> = Vec::with_capacity(references.len());
    for reference in references {
        if !ids.contains(&reference.id) {
            ids.push(reference.id.clone());
        }
    }
    ids
}
