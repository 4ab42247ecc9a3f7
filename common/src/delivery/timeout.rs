//! The limit of one attempt.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::tally::stopped;
use crate::{
    component::Export,
    pipeline::{Outcome, Payload, Reason, Rejected},
};

/// When the stop of an exporter ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    /// From when on nothing is tried twice, so that everything is tried once.
    pub(super) press_at: Instant,
    /// From when on nothing is tried.
    pub(super) deadline: Instant,
}

/// Makes one attempt, no longer than the timeout, and no longer than the stop's deadline.
pub(super) async fn attempt(
    export: &dyn Export,
    payload: Payload,
    timeout: Option<Duration>,
    stop: &mut watch::Receiver<Option<Stop>>,
) -> Outcome {
    let now = Instant::now();
    let deadline = |stop: &Option<Stop>| stop.map(|stop| stop.deadline);
    if deadline(&stop.borrow()).is_some_and(|deadline| deadline <= now) {
        return Err(stopped());
    }
    let ends_at = timeout.and_then(|timeout| now.checked_add(timeout));
    let exporting = export.export(payload);
    tokio::pin!(exporting);
    loop {
        let deadline = deadline(&stop.borrow());
        let wakes_at = ends_at.into_iter().chain(deadline).min();
        tokio::select! {
            biased;
            outcome = &mut exporting => return outcome,
            () = sleep_until(wakes_at.unwrap_or(now)), if wakes_at.is_some() => {
                return Err(match timeout {
                    Some(timeout) if wakes_at == ends_at => timed_out(timeout),
                    _ => stopped(),
                });
            }
            Ok(()) = stop.changed(), if deadline.is_none() => {}
        }
    }
}

fn timed_out(timeout: Duration) -> Rejected {
    Rejected::new(Reason::TimedOut, format!("no answer within the timeout of {timeout:?}"))
}
