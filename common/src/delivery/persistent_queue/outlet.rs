//! One try to send, and what becomes of its items.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::{
    parcel::{Parcel, Record},
    store::Shared,
};
use crate::{
    delivery::{
        meters::{DurableMeters, QueueGauges, shown},
        partitions::Part,
        retry::out_of_time,
        sender::{Attempt, Rest, Sender},
        settings::{RetrySettings, Sizer},
        tally::Tally,
        timeout::Stop,
    },
    pipeline::{Backoff, Books, Budget, Payload, Rejected, Seldom, split},
    storage::{Damage, StorageError},
};

/// Once the backend answers again, nothing waits longer than this for its next try.
const AFTER_OUTAGE: Duration = Duration::from_secs(2);
/// What part of the budget may be out of the log at once, and what always may.
const BUDGET_SHARE: usize = 4;
const MIN_ALLOWANCE: usize = 1 << 20;
const READ_RETRY: Duration = Duration::from_secs(5);

/// What the attempts of one queue share.
pub(super) struct Outlet {
    pub(super) store: Arc<Shared>,
    pub(super) sender: Arc<Sender>,
    pub(super) books: Books,
    pub(super) budget: Budget,
    pub(super) consumers: usize,
    pub(super) sizer: Sizer,
    pub(super) gauges: QueueGauges,
    pub(super) durable: DurableMeters,
    pub(super) damages: Seldom,
    pub(super) has_failed_since_stop: AtomicBool,
    /// Bytes being sent.
    pub(super) sending: AtomicUsize,
}

/// A parcel on its way: its bytes count as being sent, and it goes back to the store if nobody says
/// what became of it.
pub(super) struct Held {
    outlet: Arc<Outlet>,
    parcel: Option<Parcel>,
    bytes: usize,
}

impl Held {
    pub(super) fn new(outlet: &Arc<Outlet>, parcel: Parcel) -> Self {
        let bytes = parcel.bytes;
        outlet.sending.fetch_add(bytes, Ordering::Relaxed);
        Self { outlet: Arc::clone(outlet), parcel: Some(parcel), bytes }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.outlet.sending.fetch_sub(self.bytes, Ordering::Relaxed);
        match self.parcel.take() {
            Some(parcel) => self.outlet.store.put_aside(parcel, Instant::now()),
            None => self.outlet.store.wake(),
        }
    }
}

impl Outlet {
    /// How many bytes may be out of the log at once, whatever the number of consumers and the size of
    /// batches: what is read back is charged whatever the budget's limit.
    pub(super) fn allowance(&self) -> usize {
        let limit = usize::try_from(self.budget.limit()).unwrap_or(usize::MAX);
        (limit / BUDGET_SHARE).max(MIN_ALLOWANCE)
    }

    /// Whether so many bytes more may be sent now. Something always may.
    pub(super) fn has_room_for(&self, bytes: usize) -> bool {
        let sending = self.sending.load(Ordering::Relaxed);
        sending == 0 || sending.saturating_add(bytes) <= self.allowance()
    }

    /// Tries once. What the backend may take later is put aside.
    pub(super) async fn send(
        &self,
        mut held: Held,
        payload: Option<Payload>,
        mut stop: watch::Receiver<Option<Stop>>,
    ) {
        let Some(parcel) = held.parcel.as_mut() else { return };
        let payload = match payload {
            Some(payload) => payload,
            None => match self.read(parcel).await {
                Some(Ok(payload)) => payload,
                Some(Err(error)) => {
                    tracing::error!(%error, "cannot read the durable queue; trying again");
                    return self.put_aside(held, READ_RETRY);
                }
                None => {
                    held.parcel = None;
                    return;
                }
            },
        };
        let first_tried = *parcel.first_tried.get_or_insert_with(Instant::now);
        let in_flight = self.sender.enter(&payload);
        let items = parcel.items();
        let Attempt { tally, rest } = self.sender.attempt(vec![payload], items, &mut stop).await;
        drop(in_flight);
        self.sender.tell_dropped(&tally);
        self.settle(parcel, tally);
        let now = Instant::now();
        let Some(Rest { parts, rejected }) = rest else {
            // The end of the attempt wakes the dispatcher.
            self.store.with_waiting(|waiting| waiting.note_success(now, AFTER_OUTAGE));
            held.parcel = None;
            return;
        };
        // Its bytes are read again for the next try.
        drop(parts);
        if stop.borrow().is_some() {
            // It stays in the log.
            self.has_failed_since_stop.store(true, Ordering::Relaxed);
            return;
        }
        match self.wait_for(parcel, first_tried, rejected) {
            Ok(wait) => {
                let interval = self.interval();
                self.store
                    .with_waiting(|waiting| waiting.note_failure(self.consumers, now, interval));
                self.put_aside(held, wait);
            }
            Err(rejected) => {
                let mut tally = Tally::default();
                tally.fail(parcel.items(), rejected);
                self.sender.tell_dropped(&tally);
                self.settle(parcel, tally);
                held.parcel = None;
            }
        }
    }

    fn put_aside(&self, mut held: Held, wait: Duration) {
        let now = Instant::now();
        if let Some(parcel) = held.parcel.take() {
            self.store.put_aside(parcel, now.checked_add(wait).unwrap_or(now + AFTER_OUTAGE));
        }
    }

    /// How long a parcel waits for its next try, or why there is none.
    fn wait_for(
        &self,
        parcel: &mut Parcel,
        first_tried: Instant,
        rejected: Rejected,
    ) -> Result<Duration, Rejected> {
        let Some(retry) = &self.sender.retry else {
            return Err(rejected);
        };
        let waits = parcel.waits.get_or_insert_with(|| retry.backoff().waits());
        let wait = waits.next_wait(rejected.retry_after);
        if retry.is_over(first_tried.elapsed().saturating_add(wait)) {
            return Err(out_of_time(rejected));
        }
        self.sender.tell_retry(&rejected, wait);
        Ok(wait)
    }

    /// How often a backend that takes nothing is probed.
    pub(super) fn interval(&self) -> Duration {
        let backoff = self.sender.retry.as_ref().map_or(Backoff::INTERNAL, RetrySettings::backoff);
        backoff.initial.clamp(Duration::from_millis(100), backoff.max.max(Backoff::INTERNAL.max))
    }

    /// Enters what became of the first items of a parcel, and takes them out of it.
    pub(super) fn settle(&self, parcel: &mut Parcel, mut tally: Tally) {
        let mut settled = tally.items();
        while settled > 0 {
            let Some(part) = parcel.parts.front_mut() else { break };
            let items = part.items.min(settled);
            settled -= items;
            self.enter(&tally.take_share(items), items);
            self.release(&part.owner, items);
            part.skipped += items;
            part.items -= items;
            if part.items == 0 {
                parcel.parts.pop_front();
            }
        }
    }

    fn enter(&self, tally: &Tally, items: u64) {
        tally.enter(&self.books);
        if let Some((failed, rejected)) = &tally.failed {
            self.books.dropped(*failed, rejected.reason.label());
        }
        self.books.release(items);
    }

    fn release(&self, record: &Record, items: u64) {
        if record.settle(items) {
            self.store.acknowledge(&record.claim);
            self.show();
        }
    }

    /// Counts what was lost on the disk.
    pub(super) fn note_damage(&self, damage: Damage) {
        self.books.dropped(damage.items, "damaged");
        self.books.release(damage.items);
        self.durable.damaged_records.inc_by(damage.records);
        if let Some(untold) = self.damages.is_due() {
            tracing::error!(
                damaged_records = damage.records,
                dropped_items = damage.items,
                untold,
                "the durable queue is damaged; what could not be read is set aside"
            );
        }
        self.store.room.notify_waiters();
        self.show();
    }

    pub(super) fn show(&self) {
        let (used, disk_bytes) = self.store.used(self.store.inbox.coming(), self.sizer);
        self.gauges.set(used);
        self.durable.disk_bytes.set(shown(disk_bytes));
    }

    /// Reads the bytes of a parcel that is tried again. What is damaged is lost; nothing may be left.
    async fn read(&self, parcel: &mut Parcel) -> Option<Result<Payload, StorageError>> {
        let parts: Vec<Part<Arc<Record>>> = parcel.parts.iter().cloned().collect();
        let store = Arc::clone(&self.store);
        let reading = tokio::task::spawn_blocking(move || {
            parts.iter().map(|part| read_part(&store, part)).collect::<Result<Vec<_>, _>>()
        });
        let read = match reading.await.ok()? {
            Ok(read) => read,
            Err(error) => return Some(Err(error)),
        };
        let mut whole: Option<Payload> = None;
        for (part, read) in std::mem::take(&mut parcel.parts).into_iter().zip(read) {
            let Some(payload) = read else {
                self.lose(&part);
                continue;
            };
            match &mut whole {
                Some(whole) => whole.merge(payload),
                None => whole = Some(payload),
            }
            parcel.parts.push_back(part);
        }
        whole.map(|payload| Ok(payload.with_context(parcel.context.clone())))
    }

    fn lose(&self, part: &Part<Arc<Record>>) {
        self.note_damage(Damage { records: 1, items: part.items });
        self.release(&part.owner, part.items);
    }
}

/// The items of a part; nothing if they are damaged.
fn read_part(store: &Shared, part: &Part<Arc<Record>>) -> Result<Option<Payload>, StorageError> {
    match store.read_again(&part.owner) {
        Ok(payload) => Ok(payload.and_then(|payload| cut(payload, part))),
        Err(StorageError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The items of a part.
fn cut(payload: Payload, part: &Part<Arc<Record>>) -> Option<Payload> {
    let skipped = usize::try_from(part.skipped).ok()?;
    let items = usize::try_from(part.items).ok()?;
    let rest = if skipped == 0 { Some(payload) } else { split(payload, skipped).1 };
    let (part, _) = split(rest?, items);
    (part.items() == items).then_some(part)
}
