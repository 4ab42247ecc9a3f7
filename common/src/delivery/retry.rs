//! Tries to send a payload until it is delivered, refused for good, or out of time.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{
    meters::Sizes,
    settings::{DeliverySettings, RetrySettings},
    tally::Tally,
    timeout::{Stop, attempt},
};
use crate::{
    component::{Context, Export, Peer},
    pipeline::{Backoff, Payload, Reason, Rejected, Seldom, split},
    telemetry::metrics::{self, Gauge},
};

/// The sending side of an exporter, shared by its consumers.
pub(super) struct Sender {
    export: Arc<dyn Export>,
    timeout: Option<Duration>,
    retry: Option<RetrySettings>,
    hints: String,
    in_flight: Gauge,
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

    /// Sends a payload, in parts if the backend finds it too large.
    pub(super) async fn send(&self, payload: Payload) -> Tally {
        let _in_flight = InFlight::enter(&self.in_flight);
        self.sizes.observe(&payload);
        let whole = payload.items();
        let mut tries = Tries::new(self);
        let mut tally = Tally::default();
        let mut parts = vec![payload];
        while let Some(part) = parts.pop() {
            let items = part.items();
            let rejected = match tries.attempt(part.clone()).await {
                Ok(accepted) => {
                    tally.accept(items as u64, accepted);
                    continue;
                }
                Err(rejected) => rejected,
            };
            if rejected.reason == Reason::TooLarge && items > 1 {
                if let (front, Some(back)) = split(part, items / 2) {
                    parts.extend([back, front]);
                    continue;
                }
                tally.lose(items as u64, rejected.reason.label(), rejected.message);
            } else if rejected.is_retryable() {
                match tries.wait(rejected).await {
                    Ok(()) => parts.push(part),
                    Err(rejected) => {
                        let rest: usize = parts.iter().map(Payload::items).sum();
                        tally.fail((items + rest) as u64, rejected);
                        return tally;
                    }
                }
            } else if items == whole {
                let message = format!("not retryable error: {rejected}");
                tally.fail(items as u64, Rejected { message: message.into(), ..rejected });
            } else {
                tally.lose(items as u64, rejected.reason.label(), rejected.message);
            }
        }
        tally
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

/// The tries for one payload.
struct Tries<'a> {
    sender: &'a Sender,
    stop: watch::Receiver<Option<Stop>>,
    started: Instant,
    waits: crate::pipeline::Waits,
}

impl<'a> Tries<'a> {
    fn new(sender: &'a Sender) -> Self {
        let backoff = sender.retry.as_ref().map_or(Backoff::INTERNAL, RetrySettings::backoff);
        Self {
            sender,
            stop: sender.stop.subscribe(),
            started: Instant::now(),
            waits: backoff.waits(),
        }
    }

    async fn attempt(&mut self, payload: Payload) -> crate::pipeline::Outcome {
        attempt(self.sender.export(), payload, self.sender.timeout, &mut self.stop).await
    }

    /// Waits for the next try, or says why there is none.
    async fn wait(&mut self, rejected: Rejected) -> Result<(), Rejected> {
        let Some(retry) = &self.sender.retry else {
            return Err(rejected);
        };
        let stop = *self.stop.borrow_and_update();
        let now = Instant::now();
        if stop.is_some_and(|stop| stop.press_at <= now) {
            let message = format!("interrupted due to shutdown: {rejected}");
            return Err(Rejected::new(Reason::ShuttingDown, message));
        }
        if stop.is_some() {
            self.hurry();
        }
        let wait = self.waits.next_wait(rejected.retry_after);
        let limit = retry.max_elapsed_time.get();
        if !limit.is_zero() && (now - self.started).saturating_add(wait) > limit {
            let message = format!("no more retries left: {rejected}");
            return Err(Rejected { message: message.into(), ..rejected });
        }
        if let Some(untold) = self.sender.retries.is_due() {
            tracing::info!(
                error = %rejected,
                interval = ?wait,
                untold,
                "Exporting failed. Will retry the request after interval."
            );
        }
        let wakes_at = now.checked_add(wait);
        let wakes_at = wakes_at.into_iter().chain(stop.map(|stop| stop.press_at)).min();
        tokio::select! {
            () = sleep_until(wakes_at.unwrap_or(now + Backoff::INTERNAL.max)) => {}
            // A stop leaves no time for long waits.
            Ok(()) = self.stop.changed() => {}
        }
        Ok(())
    }

    fn hurry(&mut self) {
        if !self.waits.is_of(Backoff::INTERNAL) {
            self.waits = Backoff::INTERNAL.waits();
        }
    }
}

struct InFlight<'a>(&'a Gauge);

impl<'a> InFlight<'a> {
    fn enter(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
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
