//! The sending side of an exporter: one attempt after the other, and what is told of them.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};

use super::{
    meters::Sizes,
    settings::{DeliverySettings, RetrySettings},
    tally::Tally,
    timeout::{Stop, attempt},
};
use crate::{
    component::{Context, Export, Peer},
    pipeline::{Payload, Reason, Rejected, Seldom, split},
    telemetry::metrics::{self, Gauge},
};

/// What became of one attempt.
#[derive(Debug)]
pub(super) struct Attempt {
    /// What the first items met.
    pub(super) tally: Tally,
    /// The items behind them, if the backend may take them later.
    pub(super) rest: Option<Rest>,
}

/// What is to be tried again.
#[derive(Debug)]
pub(super) struct Rest {
    /// The payload's parts from the first untried item on, in order.
    pub(super) parts: Vec<Payload>,
    /// What the backend answered.
    pub(super) rejected: Rejected,
}

/// The sending side of an exporter, shared by its consumers.
pub(super) struct Sender {
    export: Arc<dyn Export>,
    timeout: Option<Duration>,
    /// What happens when an attempt fails; `None` if nothing does.
    pub(super) retry: Option<RetrySettings>,
    hints: String,
    in_flight: Gauge,
    in_flight_bytes: Gauge,
    sizes: Sizes,
    stop: watch::Sender<Option<Stop>>,
    retries: Seldom,
    failures: Seldom,
    refusals: Seldom,
}

impl Sender {
    pub(super) fn new(
        export: Arc<dyn Export>,
        settings: &DeliverySettings,
        context: &Context,
        peer: &Peer,
    ) -> Self {
        let signal = context.signal.map_or("", crate::signal::Signal::name);
        let retry = settings.retry_on_failure.clone().filter(|retry| retry.enabled);
        let id = context.id.to_string();
        let own = &context.host.telemetry.metrics;
        let queue = settings.sending_queue.as_ref();
        let sizes = match queue.and_then(|queue| queue.batch.get()) {
            Some(_) => Sizes::sent(own, &id, peer),
            None => Sizes::NONE,
        };
        Self {
            export,
            timeout: settings.timeout.map(|timeout| timeout.get()).filter(|limit| !limit.is_zero()),
            hints: hints(settings, retry.is_some()),
            retry,
            in_flight: own.gauge(&metrics::EXPORTER_IN_FLIGHT_REQUESTS, &[&id, signal]),
            in_flight_bytes: own.gauge(&metrics::EXPORTER_IN_FLIGHT_BYTES, &[&id, signal]),
            sizes,
            stop: watch::Sender::new(None),
            retries: Seldom::default(),
            failures: Seldom::default(),
            refusals: Seldom::default(),
        }
    }

    pub(super) fn export(&self) -> &dyn Export {
        &*self.export
    }

    /// From now on the waits are short, and over at the deadline.
    pub(super) fn stop_by(&self, deadline: Instant) {
        let now = Instant::now();
        let press_at = now + deadline.saturating_duration_since(now) / 2;
        self.stop.send_replace(Some(Stop { press_at, deadline }));
    }

    /// The stop of the exporter, for whoever makes attempts.
    pub(super) fn stops(&self) -> watch::Receiver<Option<Stop>> {
        self.stop.subscribe()
    }

    /// Counts a payload as being sent until the guard is dropped.
    pub(super) fn enter(&self, payload: &Payload) -> InFlight<'_> {
        self.sizes.observe(payload);
        InFlight::enter(self, payload.size())
    }

    /// Offers the parts of a payload of so many items, one after the other, until one is to be tried
    /// again later. A part that the backend finds too large is halved.
    pub(super) async fn attempt(
        &self,
        mut parts: Vec<Payload>,
        whole: u64,
        stop: &mut watch::Receiver<Option<Stop>>,
    ) -> Attempt {
        parts.reverse();
        let mut tally = Tally::default();
        while let Some(part) = parts.pop() {
            let items = part.items() as u64;
            let rejected = match attempt(self.export(), part.clone(), self.timeout, stop).await {
                Ok(accepted) => {
                    tally.accept(items, accepted);
                    continue;
                }
                Err(rejected) => rejected,
            };
            if rejected.reason == Reason::TooLarge && items > 1 {
                let half = part.items() / 2;
                if let (front, Some(back)) = split(part, half) {
                    parts.extend([back, front]);
                    continue;
                }
                tally.lose(items, rejected.reason.label(), rejected.message);
            } else if rejected.is_retryable() {
                parts.push(part);
                parts.reverse();
                return Attempt { tally, rest: Some(Rest { parts, rejected }) };
            } else if items == whole {
                let message = format!("not retryable error: {rejected}");
                tally.fail(items, Rejected { message: message.into(), ..rejected });
            } else {
                tally.lose(items, rejected.reason.label(), rejected.message);
            }
        }
        Attempt { tally, rest: None }
    }

    /// Tells that a try failed and when the next is.
    pub(super) fn tell_retry(&self, rejected: &Rejected, wait: Duration) {
        if let Some(untold) = self.retries.is_due() {
            tracing::info!(
                error = %rejected,
                interval = ?wait,
                untold,
                "Exporting failed. Will retry the request after interval."
            );
        }
    }

    /// Tells that data was given up.
    pub(super) fn tell_dropped(&self, tally: &Tally) {
        let failed = tally.failed.as_ref().map_or(0, |(items, _)| *items);
        let items = failed + tally.lost();
        if items == 0 {
            return;
        }
        let Some(untold) = self.failures.is_due() else {
            return;
        };
        let error = match (&tally.failed, tally.losses.first()) {
            (Some((_, rejected)), _) => rejected.to_string(),
            (None, Some(loss)) => format!("{}: {}", loss.reason, loss.message),
            (None, None) => String::new(),
        };
        tracing::error!(
            error,
            dropped_items = items,
            untold,
            "Exporting failed. Dropping data.{}",
            self.hints
        );
    }

    /// Tells that data was not taken.
    pub(super) fn tell_rejected(&self, items: u64, rejected: &Rejected) {
        if let Some(untold) = self.refusals.is_due() {
            tracing::error!(
                error = %rejected,
                rejected_items = items,
                untold,
                "Exporting failed. Rejecting data.{}",
                self.hints
            );
        }
    }
}

/// Counts a payload as being sent.
pub(super) struct InFlight<'a> {
    sender: &'a Sender,
    bytes: i64,
}

impl<'a> InFlight<'a> {
    fn enter(sender: &'a Sender, bytes: usize) -> Self {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        sender.in_flight.inc();
        sender.in_flight_bytes.add(bytes);
        Self { sender, bytes }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.sender.in_flight.dec();
        self.sender.in_flight_bytes.sub(self.bytes);
    }
}

fn hints(settings: &DeliverySettings, retries: bool) -> String {
    let mut hints = String::new();
    if settings.retry_on_failure.is_some() && !retries {
        hints
            .push_str(" Try enabling retry_on_failure config option to retry on retryable errors.");
    }
    if settings.sending_queue.is_none() {
        hints.push_str(" Try enabling sending_queue to survive temporary failures.");
    }
    hints
}
