//! What an instance is given: its labels, its books, and the process around it.

use crate::{
    component::{ComponentId, Context, Host, Kind, Tasks},
    pipeline::{Aliases, Books, StageLabels},
    service::instance::Key,
    signal::Signal,
    telemetry::metrics,
};

/// The context of one instance.
pub(super) fn context(host: &Host, key: &Key, aliases: Aliases) -> Context {
    let (kind, id, pipeline, signal) = match key {
        Key::Extension(id) => (Kind::Extension, id, None, None),
        Key::Receiver(id) => (Kind::Receiver, id, None, None),
        Key::Processor(pipeline, id) => {
            (Kind::Processor, id, Some(pipeline.clone()), Some(pipeline.signal()))
        }
        Key::Connector(id, signal) => (Kind::Connector, id, None, Some(*signal)),
        Key::Exporter(id, signal) => (Kind::Exporter, id, None, Some(*signal)),
    };
    let labels = StageLabels {
        kind: kind.name(),
        component: id.to_string(),
        pipeline: pipeline.as_ref().map(ToString::to_string).unwrap_or_default(),
        signal: signal.map_or("", Signal::name),
    };
    Context {
        id: id.clone(),
        kind,
        pipeline,
        signal,
        books: Books::open(&host.telemetry.metrics, labels, aliases),
        tasks: Tasks::default(),
        host: host.clone(),
    }
}

/// Upstream's names for what the books of a processor count.
pub(super) fn processor_aliases(host: &Host, id: &ComponentId, signal: Signal) -> Aliases {
    let registry = &host.telemetry.metrics;
    let values = [&*id.to_string(), signal.name()];
    Aliases {
        offered: Some(registry.counter(&metrics::PROCESSOR_INCOMING_ITEMS, &values)),
        passed_on: Some(registry.counter(&metrics::PROCESSOR_OUTGOING_ITEMS, &values)),
        ..Aliases::default()
    }
}
