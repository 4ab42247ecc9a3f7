//! Whether the storage that queues name is there.

use std::collections::BTreeSet;

use crate::{
    component::{ComponentId, Kind, Offer},
    config::{Plan, validate::Validator},
    delivery,
    settings::{Finding, Position, nearest},
};

impl Validator<'_> {
    /// What a queue names as its storage must be a storage extension that runs.
    pub(super) fn check_storage(&self, plan: &Plan, findings: &mut Vec<Finding>) {
        let exporters: BTreeSet<&ComponentId> =
            plan.pipelines.iter().flat_map(|pipeline| &pipeline.exporters).collect();
        for id in exporters {
            let Some((storage, position)) = self.storage_of(id) else { continue };
            if let Some(finding) = self.missing_storage(&storage, plan) {
                let path = format!("exporters::{id}::sending_queue::storage");
                findings.push(Finding {
                    path,
                    source: position.source.clone(),
                    line: position.line,
                    column: position.column,
                    ..finding
                });
            }
        }
    }

    /// The extension that an exporter's queue names, and where.
    fn storage_of(&self, exporter: &ComponentId) -> Option<(ComponentId, &Position)> {
        let factory = self.registry.find_exporter(exporter.type_name())?;
        let settings = self.config.settings(Kind::Exporter, exporter)?;
        let (_, delivered) = delivery::divide(settings, factory.delivery());
        let delivered = delivery::read(&delivered, factory.delivery(), "").ok()?;
        let position = settings.locate("sending_queue::storage");
        Some((delivered.storage()?.clone(), position))
    }

    fn missing_storage(&self, id: &ComponentId, plan: &Plan) -> Option<Finding> {
        let extensions = self.config.definitions(Kind::Extension);
        if !extensions.contains(id) {
            let defined: Vec<String> = extensions.keys().map(ToString::to_string).collect();
            let message = format!(
                "no storage client extension found: extension \"{id}\" is not configured; define it under \
                 extensions and list it in service::extensions"
            );
            let near = nearest(&id.to_string(), defined.iter().map(|id| &**id)).map(str::to_owned);
            return Some(Finding::unplaced(message).with_suggestion(near));
        }
        // What this binary does not have is told where it is defined.
        let factory = self.registry.find_extension(id.type_name())?;
        if !factory.offers().contains(&Offer::Storage) {
            let message = format!(
                "requested extension is not a storage extension: \"{id}\" keeps nothing on disk; name a \
                 file_storage"
            );
            return Some(Finding::unplaced(message));
        }
        let is_running = plan.extensions.contains(id);
        (!is_running).then(|| {
            Finding::unplaced(format!(
                "no storage client extension found: extension \"{id}\" is not in service::extensions; list it \
                 there"
            ))
        })
    }
}
