//! What a component is given, in tests.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    component::{Context, Extensions, Host, Kind, Tasks},
    pipeline::{Books, Budget},
    signal::Signal,
    telemetry::{BuildInfo, Metrics, Telemetry},
};

/// A context of a component that nobody watches.
#[must_use]
pub fn context(kind: Kind, id: &str, signal: Signal) -> Context {
    Context {
        id: id.parse().unwrap_or_else(|error| unreachable!("{error}")),
        kind,
        pipeline: None,
        signal: Some(signal),
        books: Books::unread(),
        tasks: Tasks::default(),
        extensions: Extensions::default(),
        host: Host {
            telemetry: Telemetry { metrics: Metrics::default() },
            budget: Budget::new(u64::MAX),
            build_info: BuildInfo {
                command: "test-collector".into(),
                description: "Test Collector".into(),
                version: "1.2.3".into(),
            },
            default_host: "localhost".into(),
            readiness: watch::Sender::new(true),
            listeners: crate::net::Listeners::default(),
            fatal: crate::pipeline::Fatal::default(),
            overview: watch::Sender::new(Arc::default()),
            open_stores: crate::storage::OpenStores::default(),
        },
    }
}
