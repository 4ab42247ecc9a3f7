//! Whether connectors connect: both sides used, no cycle, and a target that can run here.

use crate::{
    component::{ComponentId, Kind, PipelineId},
    config::{Reference, validate::Validator},
    settings::Finding,
};

impl Validator<'_> {
    pub(super) fn check_connectors(&self, findings: &mut Vec<Finding>) {
        for (id, definition) in self.config.definitions(Kind::Connector).iter() {
            for kind in [Kind::Receiver, Kind::Exporter] {
                if self.config.definitions(kind).contains(id) {
                    let message = format!(
                        "ambiguous ID: Found both \"{id}\" {kind} and \"{id}\" connector. Change one of the \
                         components' IDs to eliminate ambiguity (e.g. rename \"{id}\" connector to \
                         \"{id}/connector\")"
                    );
                    findings.push(Finding::error(
                        &definition.position,
                        format!("connectors::{id}"),
                        message,
                    ));
                }
            }
            self.check_sides(id, findings);
        }
        self.check_cycles(findings);
    }

    /// Both sides must be used, with signals that the connector can join.
    fn check_sides(&self, id: &ComponentId, findings: &mut Vec<Finding>) {
        let Some(factory) = self.registry.find_connector(id.type_name()) else { return };
        let sources = self.users(id, |pipeline| &pipeline.exporters);
        let targets = self.users(id, |pipeline| &pipeline.receivers);
        let Some(definition) = self.config.definitions(Kind::Connector).get(id) else { return };
        let joins = |from: &PipelineId, to: &PipelineId| {
            factory.outputs(from.signal()).contains(to.signal())
        };
        let dead_end = sources.iter().find(|from| !targets.iter().any(|to| joins(from, to)));
        let unfed = targets.iter().find(|to| !sources.iter().any(|from| joins(from, to)));
        let path = format!("connectors::{id}");
        if let Some(pipeline) = dead_end {
            let message = format!(
                "connector \"{id}\" used as exporter in [{pipeline}] pipeline but not used in any supported \
                 receiver pipeline"
            );
            findings.push(Finding::error(&definition.position, &*path, message));
        }
        if let Some(pipeline) = unfed {
            let message = format!(
                "connector \"{id}\" used as receiver in [{pipeline}] pipeline but not used in any supported \
                 exporter pipeline"
            );
            findings.push(Finding::error(&definition.position, path, message));
        }
    }

    fn users(
        &self,
        id: &ComponentId,
        side: impl Fn(&crate::config::Pipeline) -> &Vec<Reference>,
    ) -> Vec<PipelineId> {
        let pipelines = self.config.service.pipelines.iter();
        pipelines
            .filter(|(_, pipeline)| side(pipeline).iter().any(|reference| reference.id == *id))
            .map(|(id, _)| id.clone())
            .collect()
    }

    fn check_cycles(&self, findings: &mut Vec<Finding>) {
        for (id, pipeline) in self.config.service.pipelines.iter() {
            let Some(way) = self.way_back(id) else { continue };
            let Some(first) = way.iter().min().filter(|first| **first == id) else {
                continue;
            };
            let steps: Vec<String> = way.iter().map(|id| format!("pipeline \"{id}\"")).collect();
            let message = format!("cycle detected: {} -> pipeline \"{first}\"", steps.join(" -> "));
            findings.push(Finding::error(
                &pipeline.position,
                format!("service::pipelines::{first}"),
                message,
            ));
        }
    }

    /// The shortest chain of pipelines from one back to itself.
    fn way_back<'a>(&'a self, start: &'a PipelineId) -> Option<Vec<&'a PipelineId>> {
        let pipelines = &self.config.service.pipelines;
        let mut ways = vec![vec![start]];
        for _ in 0..pipelines.len() {
            let mut longer = Vec::new();
            for way in &ways {
                let Some(last) = way.last() else { continue };
                for (next, _) in
                    pipelines.iter().filter(|(next, _)| self.feeds(last, next).is_some())
                {
                    if next == start {
                        return Some(way.clone());
                    }
                    let is_new = !way.contains(&next)
                        && !longer.iter().any(|other: &Vec<_>| other.contains(&next));
                    if is_new {
                        longer.push([&**way, &[next]].concat());
                    }
                }
            }
            ways = longer;
        }
        None
    }
}
