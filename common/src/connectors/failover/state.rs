//! Which level is active, and when those above it are tried again. Atomics alone: no payload waits here.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    component::Context,
    pipeline::Rejected,
    telemetry::{
        Metrics,
        metrics::{CONNECTOR_FAILOVER_ACTIVE_LEVEL, CONNECTOR_FAILOVER_COUNT, Gauge},
    },
};

pub(super) struct State {
    active: AtomicUsize,
    /// When the levels above are tried next, in milliseconds after `since`.
    next_try: AtomicU64,
    since: Instant,
    interval: Duration,
    report: Report,
}

/// Where changes are told.
struct Report {
    id: String,
    signal: &'static str,
    metrics: Metrics,
    active_level: Gauge,
}

/// One payload's way through the levels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    active: usize,
    is_from_top: bool,
}

impl Turn {
    /// The levels in the order in which they are asked: from the active one down, then those above it,
    /// or all from the highest.
    pub(super) fn order(self, levels: usize) -> impl Iterator<Item = usize> {
        let first = if self.is_from_top { 0 } else { self.active };
        (first..levels).chain(0..first)
    }
}

impl State {
    pub(super) fn new(context: &Context, interval: Duration) -> Self {
        let (id, metrics) = (context.id.to_string(), context.host.telemetry.metrics.clone());
        let signal = context.signal.map_or("", |signal| signal.name());
        let active_level = metrics.gauge(&CONNECTOR_FAILOVER_ACTIVE_LEVEL, &[&id, signal]);
        active_level.set(1);
        Self {
            active: AtomicUsize::new(0),
            next_try: AtomicU64::new(0),
            since: Instant::now(),
            interval,
            report: Report { id, signal, metrics, active_level },
        }
    }

    pub(super) fn turn(&self) -> Turn {
        let active = self.active.load(Relaxed);
        Turn { active, is_from_top: active > 0 && self.is_due() }
    }

    /// Notes which level took a payload; `refusal` is what the level asked before it said.
    pub(super) fn note(&self, turn: Turn, level: usize, refusal: Option<&Rejected>) {
        if level == turn.active {
            return;
        }
        // Another payload may have found it out meanwhile.
        if self.active.compare_exchange(turn.active, level, Relaxed, Relaxed).is_ok() {
            if turn.active == 0 {
                self.next_try.store(self.after_interval(), Relaxed);
            }
            self.report.tell(turn.active, level, refusal);
        }
    }

    /// Whether the interval is over. True for one payload only, and the next interval begins.
    fn is_due(&self) -> bool {
        let due = self.next_try.load(Relaxed);
        self.now() >= due
            && self.next_try.compare_exchange(due, self.after_interval(), Relaxed, Relaxed).is_ok()
    }

    fn after_interval(&self) -> u64 {
        self.now().saturating_add(millis(self.interval))
    }

    fn now(&self) -> u64 {
        millis(self.since.elapsed())
    }
}

impl Report {
    fn tell(&self, from: usize, to: usize, refusal: Option<&Rejected>) {
        let (from, to) = (from + 1, to + 1);
        self.active_level.set(i64::try_from(to).unwrap_or(i64::MAX));
        let (connector, signal) = (&*self.id, self.signal);
        if to < from {
            tracing::info!(connector, signal, from, to, "A higher priority level works again.");
            return;
        }
        let labels = [connector, signal, &from.to_string()];
        self.metrics.counter(&CONNECTOR_FAILOVER_COUNT, &labels).inc();
        let error = refusal.map(ToString::to_string).unwrap_or_default();
        tracing::warn!(
            connector,
            signal,
            from,
            to,
            error,
            "A priority level failed, a lower one takes over."
        );
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
