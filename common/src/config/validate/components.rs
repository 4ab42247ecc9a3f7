//! Whether the named components exist, are here, and take their settings.

use std::collections::BTreeSet;

use crate::{
    component::{ComponentId, Kind, PipelineId, catalogue},
    config::{Plan, PlannedPipeline, Reference, validate::Validator},
    delivery,
    settings::{Finding, Position, nearest},
    signal::SignalSet,
};

impl Validator<'_> {
    /// Every defined type must be known to some collector.
    pub(super) fn check_names(&self, findings: &mut Vec<Finding>) {
        for kind in Kind::ALL {
            for (id, definition) in self.config.definitions(kind).iter() {
                let name = id.type_name();
                let path = format!("{}::{id}", kind.section());
                match self.registry.find(kind, name) {
                    Some(factory) if factory.name() != name => {
                        let message = format!(
                            "\"{name}\" is an old spelling of {kind} \"{0}\", write \"{0}\" instead",
                            factory.name()
                        );
                        findings.push(Finding::warning(&definition.position, path, message));
                    }
                    Some(_) => {}
                    None if catalogue::find(kind, name).is_some() => {}
                    None => findings.push(self.unknown_type(kind, id, &definition.position)),
                }
            }
        }
    }

    fn unknown_type(&self, kind: Kind, id: &ComponentId, position: &Position) -> Finding {
        let names = self.registry.names(kind);
        let listed = catalogue::CATALOGUE.iter().filter(|listed| listed.kind == kind);
        let near = nearest(id.type_name(), listed.map(|listed| listed.name));
        let message = format!(
            "unknown type: \"{}\" for id: \"{id}\" (valid values: [{}])",
            id.type_name(),
            names.join(" ")
        );
        Finding::error(position, format!("{}::{id}", kind.section()), message).with_suggestion(near)
    }

    /// Every reference must have its definition.
    pub(super) fn check_references(&self, findings: &mut Vec<Finding>) {
        let service = &self.config.service;
        for reference in &service.extensions {
            self.check_reference("service::extensions", &[Kind::Extension], reference, findings);
        }
        for (id, pipeline) in service.pipelines.iter() {
            let path = format!("service::pipelines::{id}");
            for reference in &pipeline.receivers {
                self.check_reference(
                    &path,
                    &[Kind::Receiver, Kind::Connector],
                    reference,
                    findings,
                );
            }
            for reference in &pipeline.processors {
                self.check_reference(&path, &[Kind::Processor], reference, findings);
            }
            for reference in &pipeline.exporters {
                self.check_reference(
                    &path,
                    &[Kind::Exporter, Kind::Connector],
                    reference,
                    findings,
                );
            }
        }
    }

    fn check_reference(
        &self,
        path: &str,
        kinds: &[Kind],
        reference: &Reference,
        findings: &mut Vec<Finding>,
    ) {
        let is_defined = |kind: &Kind| self.config.definitions(*kind).contains(&reference.id);
        if kinds.iter().any(is_defined) {
            return;
        }
        let defined: Vec<String> = kinds
            .iter()
            .flat_map(|kind| self.config.definitions(*kind).keys())
            .map(ToString::to_string)
            .collect();
        let word = kinds.first().map_or("component", |kind| kind.name());
        let message = format!("references {word} \"{}\" which is not configured", reference.id);
        let near = nearest(&reference.id.to_string(), defined.iter().map(|id| &**id));
        findings.push(Finding::error(&reference.position, path, message).with_suggestion(near));
    }

    /// What runs here must be here and carry the pipeline's signal.
    pub(super) fn check_available(&self, plan: &Plan, findings: &mut Vec<Finding>) {
        for pipeline in &plan.pipelines {
            let lists = [
                (Kind::Receiver, &pipeline.receivers),
                (Kind::Connector, &pipeline.sources),
                (Kind::Processor, &pipeline.processors),
                (Kind::Exporter, &pipeline.exporters),
                (Kind::Connector, &pipeline.sinks),
            ];
            for (kind, ids) in lists {
                for id in ids {
                    self.check_runnable(kind, id, Some(pipeline), findings);
                }
            }
        }
        for id in &plan.extensions {
            self.check_runnable(Kind::Extension, id, None, findings);
        }
    }

    fn check_runnable(
        &self,
        kind: Kind,
        id: &ComponentId,
        pipeline: Option<&PlannedPipeline>,
        findings: &mut Vec<Finding>,
    ) {
        let Some(definition) = self.config.definitions(kind).get(id) else { return };
        let path = format!("{}::{id}", kind.section());
        let signals = match kind {
            Kind::Receiver => {
                self.registry.find_receiver(id.type_name()).map(|found| found.signals())
            }
            Kind::Processor => {
                self.registry.find_processor(id.type_name()).map(|found| found.signals())
            }
            Kind::Exporter => {
                self.registry.find_exporter(id.type_name()).map(|found| found.signals())
            }
            Kind::Connector | Kind::Extension => {
                self.registry.find(kind, id.type_name()).map(|_| SignalSet::ALL)
            }
        };
        match (signals, pipeline) {
            (Some(signals), Some(pipeline)) if !signals.contains(pipeline.id.signal()) => {
                let message = format!(
                    "{kind} \"{id}\" cannot be used in pipeline \"{}\": telemetry type is not supported",
                    pipeline.id
                );
                findings.push(Finding::error(&definition.position, path, message));
            }
            (Some(_), _) => {}
            (None, _) => {
                let Some(message) = self.absence(kind, id, pipeline.map(|pipeline| &pipeline.id))
                else {
                    return;
                };
                findings.push(Finding::error(&definition.position, path, message));
            }
        }
    }

    /// Why a component of the catalogue cannot run here, and the way out.
    fn absence(
        &self,
        kind: Kind,
        id: &ComponentId,
        pipeline: Option<&PipelineId>,
    ) -> Option<String> {
        let listed = catalogue::find(kind, id.type_name())?;
        if !listed.is_available {
            return Some(format!("{kind} \"{}\" is not available in this version", listed.name));
        }
        let (this, home) = (self.collector, listed.home.collector());
        Some(match pipeline {
            Some(pipeline) if !self.is_own(pipeline) => format!(
                "pipeline \"{pipeline}\", which a connector feeds, cannot run in {this}: {kind} \"{}\" is only in \
                 {home}; send OTLP to the {} instead, or run the combined-collector",
                listed.name,
                pipeline.signal().collector(),
            ),
            _ => format!(
                "{kind} \"{}\" is not in {this} but in {home}; run that, or the combined-collector",
                listed.name
            ),
        })
    }

    /// Reads the settings of everything that runs here, and of what nobody uses.
    pub(super) fn check_settings(&self, plan: &Plan, findings: &mut Vec<Finding>) {
        let foreign = self.only_foreign(plan);
        for kind in Kind::ALL {
            for (id, definition) in self.config.definitions(kind).iter() {
                if foreign.contains(&(kind, id)) {
                    continue;
                }
                let path = format!("{}::{id}", kind.section());
                if let Some(exporter) =
                    self.registry.find_exporter(id.type_name()).filter(|_| kind == Kind::Exporter)
                {
                    let (own, delivered) = delivery::divide(&definition.node, exporter.delivery());
                    findings.extend(exporter.check(&own, &path).findings);
                    findings
                        .extend(delivery::check(&delivered, exporter.delivery(), &path).findings);
                } else if let Some(factory) = self.registry.find(kind, id.type_name()) {
                    findings.extend(factory.check(&definition.node, &path).findings);
                }
            }
        }
    }

    /// Components that only pipelines of other collectors use; those check them.
    fn only_foreign(&self, plan: &Plan) -> BTreeSet<(Kind, &ComponentId)> {
        let used = |is_foreign: bool| {
            self.config
                .service
                .pipelines
                .iter()
                .filter(move |(id, _)| plan.foreign.contains(id) == is_foreign)
                .flat_map(|(_, pipeline)| {
                    let receivers =
                        pipeline.receivers.iter().map(|found| (Kind::Receiver, &found.id));
                    let processors =
                        pipeline.processors.iter().map(|found| (Kind::Processor, &found.id));
                    let exporters =
                        pipeline.exporters.iter().map(|found| (Kind::Exporter, &found.id));
                    let sides = pipeline.receivers.iter().chain(&pipeline.exporters);
                    let connectors = sides.map(|found| (Kind::Connector, &found.id));
                    receivers.chain(processors).chain(exporters).chain(connectors)
                })
                .collect::<BTreeSet<_>>()
        };
        let (foreign, own) = (used(true), used(false));
        foreign.difference(&own).copied().collect()
    }

    /// Tells of definitions that nothing refers to.
    pub(super) fn check_unused(&self, findings: &mut Vec<Finding>) {
        let service = &self.config.service;
        let pipelines = || service.pipelines.values();
        for kind in Kind::ALL {
            for (id, definition) in self.config.definitions(kind).iter() {
                let names = |list: &Vec<Reference>| list.iter().any(|found| found.id == *id);
                let is_used = match kind {
                    Kind::Receiver => pipelines().any(|pipeline| names(&pipeline.receivers)),
                    Kind::Processor => pipelines().any(|pipeline| names(&pipeline.processors)),
                    Kind::Exporter => pipelines().any(|pipeline| names(&pipeline.exporters)),
                    Kind::Connector => pipelines()
                        .any(|pipeline| names(&pipeline.receivers) || names(&pipeline.exporters)),
                    Kind::Extension => names(&service.extensions),
                };
                if !is_used {
                    let message = format!("{kind} \"{id}\" is defined but not used");
                    let path = format!("{}::{id}", kind.section());
                    findings.push(Finding::warning(&definition.position, path, message));
                }
            }
        }
    }
}
