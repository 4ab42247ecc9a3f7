//! Merges what comes out of a queue in memory before it is sent.

use std::sync::Arc;

use tokio::{
    sync::Semaphore,
    time::{Instant, sleep_until},
};

use super::{
    partitions::{Batch, Part, Partitions, Rules},
    queue::Shared,
    sender::Sender,
    tally::{Tally, stopped},
    ticket::Ticket,
};
use crate::component::Tasks;

/// Reads a queue, merges payloads of one partition, and sends what is large or old enough.
///
/// A payload's ticket is settled when all batches that hold parts of it are done.
pub(super) struct Batcher {
    queue: Arc<Shared>,
    sender: Arc<Sender>,
    tasks: Tasks,
    rules: Arc<Rules>,
    partitions: Partitions<Arc<Ticket>>,
    slots: Arc<Semaphore>,
    num_slots: u32,
}

impl Batcher {
    pub(super) fn new(
        (queue, sender): (Arc<Shared>, Arc<Sender>),
        rules: Rules,
        consumers: usize,
        tasks: Tasks,
    ) -> Self {
        let num_slots = u32::try_from(consumers).unwrap_or(u32::MAX).min(1 << 20);
        Self {
            queue,
            sender,
            tasks,
            rules: Arc::new(rules),
            // What is in the queue is bounded by the budget, and these are a part of it.
            partitions: Partitions::new(usize::MAX),
            slots: Arc::new(Semaphore::new(num_slots as usize)),
            num_slots,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            let due = self.partitions.next_due();
            let ready = tokio::select! {
                entry = self.queue.next() => match entry {
                    Some(entry) => {
                        self.partitions.add(&self.rules, None, entry.payload, entry.ticket)
                    }
                    None => break,
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.partitions.flush_due(Instant::now())
                }
            };
            self.send_all(ready).await;
        }
        let rest = self.partitions.flush_all();
        self.send_all(rest).await;
        // All slots are free when all batches are done.
        drop(self.slots.acquire_many(self.num_slots).await);
    }

    async fn send_all(&self, batches: Vec<Batch<Arc<Ticket>>>) {
        for batch in batches {
            self.send(batch).await;
        }
    }

    async fn send(&self, Batch { payload, parts, is_oversize }: Batch<Arc<Ticket>>) {
        if is_oversize {
            let tally = Tally::of_oversize();
            self.sender.tell_dropped(&tally);
            settle(parts, tally);
            return;
        }
        let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await else {
            let mut tally = Tally::default();
            tally.fail(payload.items() as u64, stopped());
            return settle(parts, tally);
        };
        let sender = Arc::clone(&self.sender);
        self.tasks.spawn(async move {
            let tally = sender.send(payload).await;
            sender.tell_dropped(&tally);
            settle(parts, tally);
            drop(slot);
        });
    }
}

fn settle(parts: Vec<Part<Arc<Ticket>>>, mut tally: Tally) {
    for part in parts {
        part.owner.enter(tally.take_share(part.items));
    }
}
