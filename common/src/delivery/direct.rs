//! Delivery without a queue: the caller waits for all tries.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::{Delivery, sender::Sender, tally::Verdict};
use crate::{
    component::{Context, Lifecycle, PipelineId, StartError},
    pipeline::{Accepted, Books, Consumer, Outcome, Payload},
};

/// Sends each payload in the caller's time and answers with the backend's answer.
pub(super) struct Direct {
    sender: Arc<Sender>,
    books: Books,
}

impl Direct {
    pub(super) fn new(sender: Arc<Sender>, context: &Context) -> Self {
        Self { sender, books: context.books.clone() }
    }

    async fn run(&self, payload: Payload) -> Outcome {
        if payload.is_empty() {
            return Ok(Accepted::FULLY);
        }
        let items = payload.items() as u64;
        let tally = self.sender.send(payload).await;
        match &tally.failed {
            Some((_, rejected)) => self.sender.tell_rejected(items, rejected),
            None => self.sender.tell_dropped(&tally),
        }
        Verdict::new(self.books.clone(), tally).claim()
    }
}

impl Consumer for Direct {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(self.run(payload))
    }
}

impl Delivery for Direct {
    fn entry(self: Arc<Self>, _pipeline: &PipelineId) -> Arc<dyn Consumer> {
        self
    }
}

impl Lifecycle for Direct {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        self.sender.export().start()
    }

    fn stop(&self, deadline: Instant) -> BoxFuture<'_, ()> {
        self.sender.stop_by(deadline);
        self.sender.export().stop(deadline)
    }
}
