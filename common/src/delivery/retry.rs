//! Tries to send a payload until it is delivered, refused for good, or out of time.

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{
    sender::{Attempt, Rest, Sender},
    settings::RetrySettings,
    tally::Tally,
    timeout::Stop,
};
use crate::pipeline::{Backoff, Payload, Reason, Rejected, Waits};

impl Sender {
    /// Sends a payload, with waits between the tries, in parts if the backend finds it too large.
    pub(super) async fn send(&self, payload: Payload) -> Tally {
        let _in_flight = self.enter(&payload);
        let whole = payload.items() as u64;
        let mut tries = Tries::new(self);
        let mut tally = Tally::default();
        let mut parts = vec![payload];
        loop {
            let Attempt { tally: settled, rest } =
                self.attempt(parts, whole, &mut tries.stop).await;
            tally.add(settled);
            let Some(Rest { parts: left, rejected }) = rest else {
                return tally;
            };
            if let Err(rejected) = tries.wait(rejected).await {
                let items: usize = left.iter().map(Payload::items).sum();
                tally.fail(items as u64, rejected);
                return tally;
            }
            parts = left;
        }
    }
}

/// The tries for one payload.
struct Tries<'a> {
    sender: &'a Sender,
    stop: watch::Receiver<Option<Stop>>,
    started: Instant,
    waits: Waits,
}

impl<'a> Tries<'a> {
    fn new(sender: &'a Sender) -> Self {
        let backoff = sender.retry.as_ref().map_or(Backoff::INTERNAL, RetrySettings::backoff);
        Self { sender, stop: sender.stops(), started: Instant::now(), waits: backoff.waits() }
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
        if retry.is_over(now.saturating_duration_since(self.started).saturating_add(wait)) {
            return Err(out_of_time(rejected));
        }
        self.sender.tell_retry(&rejected, wait);
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

/// The last answer for what was tried as long as it may be.
pub(super) fn out_of_time(rejected: Rejected) -> Rejected {
    let message = format!("no more retries left: {rejected}");
    Rejected { message: message.into(), ..rejected }
}
