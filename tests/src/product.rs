//! The product's components, built in the test's own process.

use std::sync::Arc;

use common::{
    component::{Context, Extensions, Host, Kind, Registry, Tasks},
    net::Listeners,
    pipeline::{Books, Budget, Fatal},
    signal::Signal,
    storage::OpenStores,
    telemetry::{BuildInfo, Metrics, Telemetry},
};
use tokio::sync::watch;

/// Every component there is.
#[must_use]
pub fn registry() -> Registry {
    let shared = common::registry();
    logs_collector::register(metrics_collector::register(traces_collector::register(shared)))
}

/// What a component is given when nobody watches it and memory has no limit.
///
/// # Panics
/// If the id is none.
#[must_use]
pub fn context(kind: Kind, id: &str, signal: Option<Signal>) -> Context {
    Context {
        id: id.parse().expect("the id of a component"),
        kind,
        pipeline: signal.map(|signal| signal.name().parse().expect("the id of a pipeline")),
        signal,
        books: Books::unread(),
        tasks: Tasks::default(),
        extensions: Extensions::default(),
        host: Host {
            telemetry: Telemetry { metrics: Metrics::default() },
            budget: Budget::new(u64::MAX),
            build_info: BuildInfo {
                command: "combined-collector".into(),
                description: "Combined Collector".into(),
                version: "0.0.0".into(),
            },
            default_host: "localhost".into(),
            readiness: watch::Sender::new(false),
            listeners: Listeners::default(),
            fatal: Fatal::default(),
            overview: watch::Sender::new(Arc::default()),
            open_stores: OpenStores::default(),
        },
    }
}
