//! Merges what comes out of a queue before it is sent.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::Semaphore,
    time::{Instant, sleep_until},
};

use super::{
    queue::{Entry, Shared},
    retry::Sender,
    settings::{BatchSettings, Sizer},
    tally::{Tally, stopped},
    ticket::Ticket,
};
use crate::{
    component::{Context, Tasks},
    pipeline::{MetadataKeys, MetadataValues, Payload, Pile},
};

const MAX_PARTITIONS: usize = 10_000;

/// Reads a queue, merges payloads of one partition, and sends what is large or old enough.
///
/// A payload's ticket is settled when all batches that hold parts of it are done.
pub(super) struct Batcher {
    queue: Arc<Shared>,
    sender: Arc<Sender>,
    tasks: Tasks,
    sizes: Sizes,
    flush_timeout: Duration,
    keys: MetadataKeys,
    slots: Arc<Semaphore>,
    num_slots: u32,
    partitions: HashMap<MetadataValues, Batch>,
    /// When which tail is due, oldest first; outdated lines are skipped.
    due: VecDeque<(Instant, MetadataValues)>,
}

#[derive(Clone, Copy)]
struct Sizes {
    sizer: Sizer,
    min: usize,
    max: usize,
}

/// A tail that is too small to be sent.
#[derive(Default)]
struct Batch {
    pile: Pile,
    parts: VecDeque<Part>,
    due: Option<Instant>,
}

/// Items of one payload in a batch.
struct Part {
    ticket: Arc<Ticket>,
    items: u64,
}

impl Batcher {
    pub(super) fn new(
        (queue, sender): (Arc<Shared>, Arc<Sender>),
        settings: &BatchSettings,
        (sizer, consumers): (Sizer, usize),
        context: &Context,
    ) -> Self {
        let size = |size: i64| usize::try_from(size).unwrap_or(0);
        let num_slots = u32::try_from(consumers).unwrap_or(u32::MAX).min(1 << 20);
        Self {
            queue,
            sender,
            tasks: context.tasks.clone(),
            sizes: Sizes { sizer, min: size(settings.min_size), max: size(settings.max_size) },
            flush_timeout: settings.flush_timeout.get(),
            keys: MetadataKeys::new(&settings.partition.metadata_keys),
            slots: Arc::new(Semaphore::new(num_slots as usize)),
            num_slots,
            partitions: HashMap::new(),
            due: VecDeque::new(),
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            let due = self.due.front().map(|(at, _)| *at);
            tokio::select! {
                entry = self.queue.next() => match entry {
                    Some(entry) => self.add(entry).await,
                    None => break,
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.flush_due(Instant::now()).await;
                }
            }
        }
        let values: Vec<_> = self.partitions.keys().cloned().collect();
        for values in values {
            self.flush(&values).await;
        }
        // All slots are free when all batches are done.
        drop(self.slots.acquire_many(self.num_slots).await);
    }

    async fn add(&mut self, entry: Entry) {
        let values = self.keys.values_of(entry.payload.context());
        if self.partitions.len() >= MAX_PARTITIONS
            && !self.partitions.contains_key(&values)
            && let Some((_, oldest)) = self.due.pop_front()
        {
            self.flush(&oldest).await;
        }
        let batch = self.partitions.entry(values.clone()).or_default();
        batch.parts.push_back(Part { ticket: entry.ticket, items: entry.payload.items() as u64 });
        batch.pile.push(entry.payload);
        let mut has_sent = false;
        while let Some(ready) = self.partitions.get_mut(&values).and_then(|b| b.full(self.sizes)) {
            has_sent = true;
            self.send(ready, &values).await;
        }
        self.set_due(values, has_sent);
    }

    /// A fresh tail has the whole time before it.
    fn set_due(&mut self, values: MetadataValues, is_fresh: bool) {
        let Some(batch) = self.partitions.get_mut(&values) else {
            return;
        };
        if batch.pile.is_empty() {
            self.partitions.remove(&values);
        } else if is_fresh || batch.due.is_none() {
            let now = Instant::now();
            let at = now.checked_add(self.flush_timeout).unwrap_or(now + Duration::from_secs(3600));
            batch.due = Some(at);
            self.due.push_back((at, values));
        }
    }

    async fn flush_due(&mut self, now: Instant) {
        while let Some((at, values)) = self.due.pop_front_if(|(at, _)| *at <= now) {
            let is_current = self.partitions.get(&values).is_some_and(|b| b.due == Some(at));
            if is_current {
                self.flush(&values).await;
            }
        }
    }

    async fn flush(&mut self, values: &MetadataValues) {
        let Some(mut batch) = self.partitions.remove(values) else {
            return;
        };
        while let Some(ready) = batch.cut(self.sizes) {
            self.send(ready, values).await;
        }
    }

    async fn send(&self, (payload, parts): (Payload, Vec<Part>), values: &MetadataValues) {
        if self.sizes.is_oversize(&payload) {
            let mut tally = Tally::default();
            tally.lose(1, "too_large", "one item is larger than `max_size`".into());
            self.sender.tell_dropped(&tally);
            settle(parts, tally);
            return;
        }
        let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await else {
            let mut tally = Tally::default();
            tally.fail(payload.items() as u64, stopped());
            return settle(parts, tally);
        };
        let payload = payload.with_context(self.keys.context_of(values));
        let sender = Arc::clone(&self.sender);
        self.tasks.spawn(async move {
            let tally = sender.send(payload).await;
            sender.tell_dropped(&tally);
            settle(parts, tally);
            drop(slot);
        });
    }
}

impl Sizes {
    fn of(self, pile: &Pile) -> usize {
        match self.sizer {
            Sizer::Bytes => pile.bytes(),
            Sizer::Items | Sizer::Requests => pile.items(),
        }
    }

    fn is_oversize(self, payload: &Payload) -> bool {
        self.sizer == Sizer::Bytes
            && self.max > 0
            && payload.items() == 1
            && payload.size() > self.max
    }
}

impl Batch {
    /// The next batch that need not wait.
    fn full(&mut self, sizes: Sizes) -> Option<(Payload, Vec<Part>)> {
        let size = sizes.of(&self.pile);
        let is_full = size >= sizes.min.max(1) || (sizes.max > 0 && size > sizes.max);
        if is_full { self.cut(sizes) } else { None }
    }

    /// The first items, as many as one batch may have.
    fn cut(&mut self, sizes: Sizes) -> Option<(Payload, Vec<Part>)> {
        let payload = match (sizes.max, sizes.sizer) {
            (0, _) => self.pile.take_all(),
            (max, Sizer::Bytes) => self.pile.take_bytes(max),
            (max, _) => self.pile.take(max),
        }?;
        let mut wanted = payload.items() as u64;
        let mut parts = Vec::new();
        while wanted > 0 {
            let Some(part) = self.parts.front_mut() else {
                break;
            };
            if part.items > wanted {
                part.items -= wanted;
                parts.push(Part { ticket: Arc::clone(&part.ticket), items: wanted });
                break;
            }
            wanted -= part.items;
            parts.extend(self.parts.pop_front());
        }
        Some((payload, parts))
    }
}

fn settle(parts: Vec<Part>, mut tally: Tally) {
    for part in parts {
        part.ticket.enter(tally.take_share(part.items));
    }
}
