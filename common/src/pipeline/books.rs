//! The item books of a stage: what came in, and where it went.
//!
//! On each stage, at rest: `in + created = passed on + merged + dropped + refused + held`. Edges count
//! `in`, `passed on` and `refused`, so no component can forget to; the stage itself counts the rest.
//! What a receiver takes in is `created`, and `refused` if its client is to send it again. An exporter
//! counts `passed on` itself, because no edge leads out of it.

use std::sync::Arc;

use crate::{
    pipeline::Reason,
    telemetry::{
        Counter,
        metrics::{self, Gauge, Metrics},
    },
};

/// Counters of one stage. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Books(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    metrics: Metrics,
    stage: StageLabels,
    offered: Counter,
    created: Counter,
    passed_on: Counter,
    merged: Counter,
    held: Gauge,
    aliases: Aliases,
}

/// Who a stage is, in labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageLabels {
    /// `receiver`, `processor`, `exporter`, `connector`, or `fanout` for our own fan-out stage.
    pub kind: &'static str,
    /// The component's id as written in the config.
    pub component: String,
    /// The pipeline's id; empty for what is shared by several.
    pub pipeline: String,
    /// The signal's name.
    pub signal: &'static str,
}

/// Upstream's names for the same counts, where upstream has one.
#[derive(Clone, Debug, Default)]
pub struct Aliases {
    /// Counts with `offered` (upstream: `otelcol_processor_incoming_items`).
    pub offered: Option<Counter>,
    /// Counts with `passed_on` (`otelcol_receiver_accepted_*`, `otelcol_processor_outgoing_items`,
    /// `otelcol_exporter_sent_*`).
    pub passed_on: Option<Counter>,
    /// Counts what a receiver's client was refused (`otelcol_receiver_refused_*`).
    pub refused: Option<FailureAlias>,
    /// Counts what is dropped (`otelcol_exporter_send_failed_*`).
    pub dropped: Option<FailureAlias>,
}

/// Upstream's name for items that failed.
#[derive(Clone)]
pub enum FailureAlias {
    /// One count, whatever the reason.
    Plain(Counter),
    /// A count for each reason, which is given as the books have it.
    ByReason(Arc<dyn Fn(&'static str) -> Counter + Send + Sync>),
}

impl FailureAlias {
    fn inc_by(&self, items: u64, reason: &'static str) {
        match self {
            Self::Plain(counter) => counter.inc_by(items),
            Self::ByReason(counter_of) => counter_of(reason).inc_by(items),
        }
    }
}

impl std::fmt::Debug for FailureAlias {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FailureAlias").finish_non_exhaustive()
    }
}

impl Books {
    /// Opens the books of a stage.
    #[must_use]
    pub fn open(metrics: &Metrics, stage: StageLabels, aliases: Aliases) -> Self {
        let flow = |flow| metrics.counter(&metrics::STAGE_ITEMS, &stage.values(flow, ""));
        Self(Arc::new(Inner {
            offered: flow("in"),
            created: flow("created"),
            passed_on: flow("passed_on"),
            merged: flow("merged"),
            held: metrics.gauge(&metrics::STAGE_HELD_ITEMS, &stage.identity()),
            metrics: metrics.clone(),
            stage,
            aliases,
        }))
    }

    /// Books that nobody reads, for tests.
    #[must_use]
    pub fn unread() -> Self {
        Self::open(&Metrics::default(), StageLabels::default(), Aliases::default())
    }

    /// Items that were offered to this stage; the edge into it counts them.
    pub(super) fn offered(&self, items: u64) {
        self.0.offered.inc_by(items);
        bump(self.0.aliases.offered.as_ref(), items);
    }

    /// Items that did not come in over an edge but from outside or from nothing.
    pub fn created(&self, items: u64) {
        self.0.created.inc_by(items);
    }

    /// Items that the next holder took; the edge out of this stage counts them.
    pub fn passed_on(&self, items: u64) {
        self.0.passed_on.inc_by(items);
        bump(self.0.aliases.passed_on.as_ref(), items);
    }

    /// Items that went up in others.
    pub fn merged(&self, items: u64) {
        self.0.merged.inc_by(items);
    }

    /// Items that this stage gave up; `reason` is a short fixed word.
    pub fn dropped(&self, items: u64, reason: &'static str) {
        if items == 0 {
            return;
        }
        // Drops are rare and their reasons many: the counter is looked up, not kept.
        self.0
            .metrics
            .counter(&metrics::STAGE_ITEMS, &self.0.stage.values("dropped", reason))
            .inc_by(items);
        if let Some(alias) = &self.0.aliases.dropped {
            alias.inc_by(items, reason);
        }
    }

    /// Items whose holder stays whoever offered them.
    pub(super) fn refused(&self, items: u64, reason: Reason) {
        self.0
            .metrics
            .counter(&metrics::STAGE_ITEMS, &self.0.stage.values("refused", reason.label()))
            .inc_by(items);
        if let Some(alias) = &self.0.aliases.refused {
            alias.inc_by(items, reason.label());
        }
    }

    /// Items that this stage took responsibility for and has not passed on.
    pub fn hold(&self, items: u64) {
        self.0.held.add(i64::try_from(items).unwrap_or(i64::MAX));
    }

    /// Items that this stage holds no longer.
    pub fn release(&self, items: u64) {
        self.0.held.sub(i64::try_from(items).unwrap_or(i64::MAX));
    }
}

fn bump(alias: Option<&Counter>, items: u64) {
    if let Some(counter) = alias {
        counter.inc_by(items);
    }
}

impl StageLabels {
    fn identity(&self) -> [&str; 4] {
        [self.kind, &self.component, &self.pipeline, self.signal]
    }

    fn values<'a>(&'a self, flow: &'a str, reason: &'a str) -> [&'a str; 6] {
        [self.kind, &self.component, &self.pipeline, self.signal, flow, reason]
    }
}
