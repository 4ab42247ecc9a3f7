//! A consumer that takes everything and keeps it.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    component::{Export, Lifecycle},
    pipeline::{Accepted, Books, Consumer, Edge, Outcome, Payload},
};

/// Records every payload and accepts it. Clones share the record.
#[derive(Clone, Debug, Default)]
pub struct RecordingSink(Arc<Record>);

#[derive(Debug, Default)]
struct Record {
    payloads: Mutex<Vec<Payload>>,
    arrival: Notify,
}

impl RecordingSink {
    /// An edge out of a stage into this sink.
    #[must_use]
    pub fn edge(&self, from: &Books) -> Edge {
        let edge = Edge::new(from.clone());
        edge.connect(Arc::new(self.clone()), Books::unread());
        edge
    }

    /// What arrived so far.
    #[must_use]
    pub fn payloads(&self) -> Vec<Payload> {
        self.0.payloads.lock().clone()
    }

    /// The item counts of what arrived so far.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        self.0.payloads.lock().iter().map(Payload::items).collect()
    }

    /// How many items arrived so far.
    #[must_use]
    pub fn items(&self) -> usize {
        self.sizes().into_iter().sum()
    }

    /// Waits until so many items have arrived.
    pub async fn wait_for_items(&self, items: usize) {
        loop {
            let arrival = self.0.arrival.notified();
            if self.items() >= items {
                return;
            }
            arrival.await;
        }
    }

    /// Takes what arrived so far out of the record.
    #[must_use]
    pub fn take(&self) -> Vec<Payload> {
        std::mem::take(&mut *self.0.payloads.lock())
    }

    fn record(&self, payload: Payload) -> Outcome {
        self.0.payloads.lock().push(payload);
        self.0.arrival.notify_waiters();
        Ok(Accepted::FULLY)
    }
}

impl Consumer for RecordingSink {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(std::future::ready(self.record(payload)))
    }
}

impl Lifecycle for RecordingSink {}

impl Export for RecordingSink {
    fn export(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        self.consume(payload)
    }
}
