//! What an instance is given: its labels, its books, and the process around it.

use crate::{
    component::{ComponentId, Context, Extensions, Host, Kind, Tasks},
    pipeline::{Aliases, Books, StageLabels},
    service::instance::Key,
    signal::Signal,
    telemetry::{Metrics, logging::component_span, metrics},
};

/// The context of one instance. Its series go when the last handle on its books does.
pub(super) fn context(
    host: &Host,
    extensions: Extensions,
    key: &Key,
    aliases: impl FnOnce(&Metrics) -> Aliases,
) -> Context {
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
    let span = component_span(
        &labels.component,
        kind.name(),
        signal.map(Signal::name),
        pipeline.is_some().then_some(&*labels.pipeline),
    );
    let mut host = host.clone();
    host.telemetry.metrics = host.telemetry.metrics.owned();
    let aliases = aliases(&host.telemetry.metrics);
    Context {
        id: id.clone(),
        kind,
        pipeline,
        signal,
        books: Books::open(&host.telemetry.metrics, labels, aliases),
        tasks: Tasks::of(key.to_string(), span, host.fatal.clone()),
        extensions,
        host,
    }
}

/// Upstream's names for what the books of a processor count.
pub(super) fn processor_aliases(registry: &Metrics, id: &ComponentId, signal: Signal) -> Aliases {
    let values = [&*id.to_string(), signal.name()];
    Aliases {
        offered: Some(registry.counter(&metrics::PROCESSOR_INCOMING_ITEMS, &values)),
        passed_on: Some(registry.counter(&metrics::PROCESSOR_OUTGOING_ITEMS, &values)),
        ..Aliases::default()
    }
}
