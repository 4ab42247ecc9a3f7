//! A consumer that answers as it was told to.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use super::RecordingSink;
use crate::{
    component::{Export, Lifecycle},
    pipeline::{Accepted, Books, Consumer, Edge, Outcome, Payload, Reason, Rejected},
};

/// Gives the scripted answers in turn, then accepts; what it accepts is recorded. Clones share the
/// script.
#[derive(Clone, Debug, Default)]
pub struct ScriptedConsumer(Arc<Script>);

#[derive(Debug, Default)]
struct Script {
    answers: Mutex<VecDeque<(Duration, Outcome)>>,
    lasting: Mutex<Option<Rejected>>,
    offered: Mutex<Vec<Payload>>,
    is_full: std::sync::atomic::AtomicBool,
    sink: RecordingSink,
}

impl ScriptedConsumer {
    /// Answers the next payload that has no answer yet.
    #[must_use]
    pub fn then(self, outcome: Outcome) -> Self {
        self.then_after(Duration::ZERO, outcome)
    }

    /// The same after a while.
    #[must_use]
    pub fn then_after(self, delay: Duration, outcome: Outcome) -> Self {
        self.0.answers.lock().push_back((delay, outcome));
        self
    }

    /// Accepts the next payload.
    #[must_use]
    pub fn then_accept(self) -> Self {
        self.then(Ok(Accepted::FULLY))
    }

    /// Rejects the next payload.
    #[must_use]
    pub fn then_reject(self, reason: Reason) -> Self {
        self.then(Err(Rejected::new(reason, format!("scripted: {}", reason.label()))))
    }

    /// Rejects whatever the script says nothing of, or accepts it again with `None`.
    pub fn reject_all(&self, reason: Option<Reason>) {
        *self.0.lasting.lock() =
            reason.map(|reason| Rejected::new(reason, format!("scripted: {}", reason.label())));
    }

    /// What it says when asked for room; it has room until told otherwise.
    pub fn set_full(&self, is_full: bool) {
        self.0.is_full.store(is_full, std::sync::atomic::Ordering::Relaxed);
    }

    /// What it accepted.
    #[must_use]
    pub fn accepted(&self) -> &RecordingSink {
        &self.0.sink
    }

    /// Everything it was offered, in order, whatever it answered.
    #[must_use]
    pub fn offered(&self) -> Vec<Payload> {
        self.0.offered.lock().clone()
    }

    /// An edge out of a stage into this consumer.
    #[must_use]
    pub fn edge(&self, from: &Books) -> Edge {
        let edge = Edge::new(from.clone());
        edge.connect(Arc::new(self.clone()), Books::unread());
        edge
    }

    async fn answer(&self, payload: Payload) -> Outcome {
        self.0.offered.lock().push(payload.clone());
        let scripted = self.0.answers.lock().pop_front();
        let outcome = match scripted {
            Some((delay, outcome)) => {
                if !delay.is_zero() {
                    tokio::time::sleep(delay).await;
                }
                outcome
            }
            None => self.0.lasting.lock().clone().map_or(Ok(Accepted::FULLY), Err),
        };
        if outcome.is_ok() {
            self.0.sink.consume(payload).await?;
        }
        outcome
    }
}

impl Consumer for ScriptedConsumer {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(self.answer(payload))
    }

    fn has_room(&self, _bytes: usize) -> bool {
        !self.0.is_full.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Lifecycle for ScriptedConsumer {}

impl Export for ScriptedConsumer {
    fn export(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        self.consume(payload)
    }
}
