//! The delivery keys among the settings of an exporter.

use crate::{
    component::{DeliveryDefaults, registry::Checked},
    delivery::{DeliverySettings, QueuedKeys, UnqueuedKeys},
    settings::{Finding, Issues, Node, decode},
};

/// Takes the settings of an exporter apart: its own, and those of delivery.
#[must_use]
pub fn divide(settings: &Node, defaults: DeliveryDefaults) -> (Node, Node) {
    let (delivery, own) = settings.divide(&DeliverySettings::keys(defaults));
    (own, delivery)
}

/// Reads what [`divide`] took out.
///
/// # Errors
/// Every value that cannot be read.
pub fn read(
    settings: &Node,
    defaults: DeliveryDefaults,
    path: &str,
) -> Result<DeliverySettings, Vec<Finding>> {
    if defaults.queue == Some(true) {
        Ok(decode::<QueuedKeys>(settings, path)?.settle(defaults))
    } else {
        Ok(decode::<UnqueuedKeys>(settings, path)?.settle(defaults))
    }
}

/// Reads and validates what [`divide`] took out; `path` is that of the exporter.
#[must_use]
pub fn check(settings: &Node, defaults: DeliveryDefaults, path: &str) -> Checked {
    let read = match read(settings, defaults, path) {
        Ok(read) => read,
        Err(findings) => return Checked { findings, effective: None },
    };
    let mut issues = Issues::default();
    read.validate(&mut issues);
    let findings = issues.into_findings(settings, path);
    Checked { findings, effective: serde_json::to_value(&read).ok() }
}
