//! Takes records out of the log, merges them, and sends them.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, sleep_until},
};

use super::{
    outlet::{Held, Outlet},
    parcel::{Parcel, Record},
    rules::RuleBook,
    store::Ready,
};
use crate::{
    component::Tasks,
    delivery::{
        partitions::{Batch, Part, Partitions},
        tally::Tally,
        timeout::Stop,
    },
    pipeline::Payload,
};

const IDLE: Duration = Duration::from_secs(3600);

/// One for each queue. It stops taking when the queue stops; what it holds then goes back.
pub(super) struct Dispatcher {
    outlet: Arc<Outlet>,
    rules: Arc<RuleBook>,
    tasks: Tasks,
    slots: Arc<Semaphore>,
    partitions: Partitions<Arc<Record>>,
    outbox: VecDeque<(Parcel, Payload)>,
    stop: watch::Receiver<Option<Stop>>,
}

impl Dispatcher {
    pub(super) fn new(outlet: Arc<Outlet>, rules: Arc<RuleBook>, tasks: Tasks) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(outlet.consumers)),
            stop: outlet.sender.stops(),
            partitions: Partitions::new(outlet.allowance() / 4),
            outlet,
            rules,
            tasks,
            outbox: VecDeque::new(),
        }
    }

    pub(super) async fn run(mut self) {
        while let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await {
            let Some((parcel, payload)) = self.next().await else { break };
            self.send(Held::new(&self.outlet, parcel), payload, slot);
        }
        // All slots are free when all attempts are over; those end at the stop's deadline.
        let all = u32::try_from(self.outlet.consumers).unwrap_or(u32::MAX);
        drop(self.slots.acquire_many(all).await);
    }

    fn send(&self, held: Held, payload: Option<Payload>, slot: OwnedSemaphorePermit) {
        let outlet = Arc::clone(&self.outlet);
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            outlet.send(held, payload, stop).await;
            drop(slot);
        });
    }

    /// What is to be sent next; nothing once the queue has stopped.
    async fn next(&mut self) -> Option<(Parcel, Option<Payload>)> {
        let outlet = Arc::clone(&self.outlet);
        let store = &outlet.store;
        loop {
            let changed = store.ready.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let is_stopping = self.stop.borrow_and_update().is_some();
            if is_stopping
                && (store.is_shared() || outlet.has_failed_since_stop.load(Ordering::Relaxed))
            {
                return None;
            }
            let now = Instant::now();
            let due = store.with_waiting(|waiting| waiting.due_bytes(now));
            let bytes = self.outbox.front().map_or(due, |(parcel, _)| parcel.bytes);
            if !outlet.has_room_for(bytes) {
                tokio::select! {
                    () = changed => {}
                    _ = self.stop.changed() => {}
                }
                continue;
            }
            if let Some((parcel, payload)) = self.outbox.pop_front() {
                return Some((parcel, Some(payload)));
            }
            if !is_stopping && let Some(parcel) = store.with_waiting(|it| it.take_due(now)) {
                return Some((parcel, None));
            }
            let ready = self.partitions.flush_due(now);
            if self.put_out(ready) {
                continue;
            }
            if store.with_waiting(|waiting| waiting.allows_new(now))
                && let Some(ready) = store.take_ready().await
            {
                store.with_waiting(|waiting| waiting.note_new(now, outlet.interval()));
                self.add(ready);
                continue;
            }
            if is_stopping {
                let rest = self.partitions.flush_all();
                if self.put_out(rest) {
                    continue;
                }
                return None;
            }
            let due = store.with_waiting(|waiting| waiting.next_due());
            let due = due.into_iter().chain(self.partitions.next_due()).min();
            tokio::select! {
                () = changed => {}
                () = sleep_until(due.unwrap_or(now + IDLE)) => {}
                _ = self.stop.changed() => {}
            }
        }
    }

    fn add(&mut self, ready: Ready) {
        let (record, origin, payload) = match ready {
            Ready::Record { record, origin, payload } => (record, origin, payload),
            Ready::Damaged(damage) => return self.outlet.note_damage(damage),
        };
        if payload.is_empty() {
            self.outlet.store.acknowledge(&record.claim);
            return;
        }
        if let Some(rules) = self.rules.of(origin.as_deref()).map(Arc::clone) {
            let ready = self.partitions.add(&rules, origin, payload, record);
            self.put_out(ready);
        } else {
            let part = Part { owner: record, skipped: 0, items: payload.items() as u64 };
            let parcel = Parcel::new(vec![part], &payload);
            self.outbox.push_back((parcel, payload));
        }
    }

    /// Says whether there was something to send.
    fn put_out(&mut self, batches: Vec<Batch<Arc<Record>>>) -> bool {
        for Batch { payload, parts, is_oversize } in batches {
            let mut parcel = Parcel::new(parts, &payload);
            if is_oversize {
                let tally = Tally::of_oversize();
                self.outlet.sender.tell_dropped(&tally);
                self.outlet.settle(&mut parcel, tally);
            } else {
                self.outbox.push_back((parcel, payload));
            }
        }
        !self.outbox.is_empty()
    }
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        let rest = self.partitions.flush_all();
        self.put_out(rest);
        for (parcel, _) in self.outbox.drain(..) {
            self.outlet.store.put_aside(parcel, Instant::now());
        }
    }
}
