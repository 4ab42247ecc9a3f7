//! The process around a component under test.

use std::sync::Arc;

use crate::{
    component::{Context, Extensions, Host, Kind, Overview, Tasks},
    pipeline::{Aliases, Books, Budget, Consumer, Edge, StageLabels},
    signal::Signal,
    telemetry::{BuildInfo, Metrics, Telemetry, metrics::SampleValue},
};

/// A host with metrics of its own, and books that can be read.
#[derive(Clone, Debug)]
pub struct Bench {
    /// The process.
    pub host: Host,
}

/// The books of one stage, read from its metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageFlow {
    /// Items offered over an edge.
    pub offered: u64,
    /// Items from outside or from nothing.
    pub created: u64,
    /// Items that the next holder took.
    pub passed_on: u64,
    /// Items that went up in others.
    pub merged: u64,
    /// Items given up, for whatever reason.
    pub dropped: u64,
    /// Items whose holder stayed whoever offered them.
    pub refused: u64,
    /// Items held now.
    pub held: i64,
}

impl StageFlow {
    /// Whether what came in equals what went where.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let gone = self.passed_on + self.merged + self.dropped + self.refused;
        i128::from(self.offered + self.created) == i128::from(gone) + i128::from(self.held)
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self {
            host: Host {
                telemetry: Telemetry { metrics: Metrics::default() },
                budget: Budget::new(1 << 30),
                build_info: BuildInfo {
                    command: Arc::from("test-collector"),
                    description: Arc::from("a collector under test"),
                    version: Arc::from("0.0.0"),
                },
                default_host: Arc::from("localhost"),
                listeners: crate::net::Listeners::default(),
                fatal: crate::pipeline::Fatal::default(),
                readiness: tokio::sync::watch::Sender::new(true),
                overview: tokio::sync::watch::Sender::new(Arc::new(Overview::default())),
                open_stores: crate::storage::OpenStores::default(),
            },
        }
    }
}

impl Bench {
    /// The books of a stage with this name.
    #[must_use]
    pub fn books(&self, stage: &str) -> Books {
        let labels = StageLabels {
            kind: "processor",
            component: stage.to_owned(),
            pipeline: String::new(),
            signal: Signal::Logs.name(),
        };
        Books::open(&self.host.telemetry.metrics, labels, Aliases::default())
    }

    /// What a component with this id is given; its books are those of [`Bench::books`].
    ///
    /// # Panics
    /// If the text is no id.
    #[must_use]
    #[expect(clippy::expect_used, reason = "only tests call this, with an id they wrote")]
    pub fn context(&self, kind: Kind, id: &str) -> Context {
        Context {
            id: id.parse().expect("a valid id"),
            kind,
            pipeline: None,
            signal: Some(Signal::Logs),
            books: self.books(id),
            tasks: Tasks::default(),
            extensions: Extensions::default(),
            host: self.host.clone(),
        }
    }

    /// An edge into a stage from a source that counts nothing.
    #[must_use]
    pub fn edge_into(&self, consumer: Arc<dyn Consumer>, stage: &str) -> Edge {
        let edge = Edge::new(Books::unread());
        edge.connect(consumer, self.books(stage));
        edge
    }

    /// What the books of a stage say now.
    #[must_use]
    pub fn flow(&self, stage: &str) -> StageFlow {
        let mut read = StageFlow::default();
        for sample in self.host.telemetry.metrics.samples() {
            let label = |name: &str| {
                let mut labels = sample.labels.iter();
                labels.find(|(label, _)| *label == name).map(|(_, value)| value.as_str())
            };
            if label("component") != Some(stage) {
                continue;
            }
            let SampleValue::Number(value) = sample.value else {
                continue;
            };
            if sample.metric.name == "otelcol_stage_held_items" {
                read.held += value as i64;
            }
            let value = value as u64;
            match label("flow") {
                Some("in") => read.offered += value,
                Some("created") => read.created += value,
                Some("passed_on") => read.passed_on += value,
                Some("merged") => read.merged += value,
                Some("dropped") => read.dropped += value,
                Some("refused") => read.refused += value,
                _ => {}
            }
        }
        read
    }
}
