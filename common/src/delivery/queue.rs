//! The queue in memory, and who empties it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, join_all};
use parking_lot::Mutex;
use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::{
    Delivery,
    batcher::Batcher,
    meters::{QueueGauges, Size, Sizes},
    partitions::Rules,
    sender::Sender,
    settings::{QueueSettings, WhenFull},
    tally::stopped,
    ticket::Ticket,
};
use crate::{
    component::{Context, Lifecycle, PipelineId, StartError},
    pipeline::{Accepted, Budget, Consumer, Outcome, Payload, Reason, Rejected},
};

// At the deadline the consumers only count what is left.
const GRACE: Duration = Duration::from_millis(250);

/// Takes payloads into memory and lets consumers send them.
pub(super) struct Queue {
    shared: Arc<Shared>,
    sender: Arc<Sender>,
    settings: QueueSettings,
    sizes: Sizes,
    context: Context,
    consumers: Mutex<Vec<JoinHandle<()>>>,
}

/// What the queue, its consumers and its tickets share.
pub(super) struct Shared {
    state: Mutex<State>,
    ready: Notify,
    room: Notify,
    capacity: u64,
    gauges: QueueGauges,
}

#[derive(Default)]
struct State {
    entries: VecDeque<Entry>,
    used: Size,
    is_closed: bool,
}

/// A payload in the queue.
pub(super) struct Entry {
    pub(super) payload: Payload,
    pub(super) ticket: Arc<Ticket>,
}

enum Full {
    Now,
    ForGood,
}

impl Queue {
    pub(super) fn new(sender: Arc<Sender>, settings: &QueueSettings, context: &Context) -> Self {
        let capacity = u64::try_from(settings.queue_size).unwrap_or(1);
        let gauges = QueueGauges::new(context);
        gauges.set_capacity(capacity, settings.queue_sizer());
        let shared = Shared {
            state: Mutex::default(),
            ready: Notify::new(),
            room: Notify::new(),
            capacity,
            gauges,
        };
        Self {
            shared: Arc::new(shared),
            sender,
            settings: settings.clone(),
            sizes: Sizes::enqueued(&context.host.telemetry.metrics, &context.id.to_string()),
            context: context.clone(),
            consumers: Mutex::default(),
        }
    }

    async fn offer(&self, payload: Payload) -> Outcome {
        if payload.is_empty() {
            return Ok(Accepted::FULLY);
        }
        let items = payload.items() as u64;
        let outcome = self.put(payload).await;
        match outcome {
            Err(rejected) if self.settings.when_full == Some(WhenFull::Drop) => {
                self.sender.tell_rejected(items, &rejected);
                self.context.books.dropped(items, rejected.reason.label());
                Ok(Accepted::FULLY)
            }
            Err(rejected) => {
                self.sender.tell_rejected(items, &rejected);
                Err(rejected)
            }
            Ok(None) => Ok(Accepted::FULLY),
            Ok(Some(verdict)) => match verdict.await {
                Ok(verdict) => verdict.claim(),
                Err(_) => Err(stopped()),
            },
        }
    }

    async fn put(&self, payload: Payload) -> Result<Option<Answer>, Rejected> {
        let size = Size::of(&payload, self.settings.queue_sizer());
        if size.units > self.shared.capacity {
            return Err(Rejected::new(Reason::TooLarge, "element size too large"));
        }
        let (answer, verdict) = if self.settings.wait_for_result {
            let (answer, verdict) = oneshot::channel();
            (Some(answer), Some(verdict))
        } else {
            (None, None)
        };
        let mut offered = Some((payload, answer));
        loop {
            let room = self.shared.room.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            let budget = &self.context.host.budget;
            match self.shared.admit(size, budget, || self.entry(&mut offered, size)) {
                Ok(()) => return Ok(verdict),
                Err(Full::ForGood) => return Err(stopped()),
                Err(Full::Now) if self.settings.block_on_overflow => room.await,
                Err(Full::Now) => {
                    return Err(Rejected::new(Reason::Overloaded, "sending queue is full"));
                }
            }
        }
    }

    /// What was offered, with a ticket.
    fn entry(&self, offered: &mut Option<Offered>, size: Size) -> Option<Entry> {
        let (payload, answer) = offered.take()?;
        self.sizes.observe(&payload);
        let (queue, books) = (Arc::clone(&self.shared), self.context.books.clone());
        let ticket = Ticket::new(queue, books, (size, payload.items() as u64), answer);
        Some(Entry { payload, ticket: Arc::new(ticket) })
    }

    fn spawn_consumers(&self) {
        let consumers = usize::try_from(self.settings.num_consumers).unwrap_or(1);
        let tasks = &self.context.tasks;
        let handles = match self.settings.batch.get() {
            Some(batch) => {
                let batcher = Batcher::new(
                    (Arc::clone(&self.shared), Arc::clone(&self.sender)),
                    Rules::new(batch, self.settings.batch_sizer(batch)),
                    consumers,
                    tasks.clone(),
                );
                vec![tasks.spawn(batcher.run())]
            }
            None => (0..consumers)
                .map(|_| {
                    tasks.spawn(consume_all(Arc::clone(&self.shared), Arc::clone(&self.sender)))
                })
                .collect(),
        };
        self.consumers.lock().extend(handles);
    }

    async fn drain(&self, deadline: Instant) {
        self.shared.close();
        self.sender.stop_by(deadline);
        let consumers = std::mem::take(&mut *self.consumers.lock());
        if timeout_at(deadline + GRACE, join_all(consumers)).await.is_err() {
            tracing::warn!("the queue was not empty when the time to stop was over");
        }
        // Without consumers, nobody else settles what is left.
        self.shared.clear();
        self.sender.export().stop(deadline).await;
    }
}

type Answer = oneshot::Receiver<super::tally::Verdict>;
type Offered = (Payload, Option<oneshot::Sender<super::tally::Verdict>>);

impl Consumer for Queue {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(self.offer(payload))
    }

    fn has_room(&self, bytes: usize) -> bool {
        let size = Size::guess(bytes, self.settings.queue_sizer(), self.shared.capacity);
        self.settings.never_refuses() || self.shared.has_room(size, &self.context.host.budget)
    }
}

impl Delivery for Queue {
    fn entry(self: Arc<Self>, _pipeline: &PipelineId) -> Arc<dyn Consumer> {
        self
    }
}

impl Lifecycle for Queue {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        Box::pin(async {
            self.sender.export().start().await?;
            self.spawn_consumers();
            Ok(())
        })
    }

    fn stop(&self, deadline: Instant) -> BoxFuture<'_, ()> {
        Box::pin(self.drain(deadline))
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.shared.close();
        self.shared.clear();
    }
}

impl Shared {
    /// Puts an entry in if there is room. Under one lock, or a queue that closes meanwhile would keep
    /// what nobody takes out.
    fn admit(
        &self,
        size: Size,
        budget: &Budget,
        entry: impl FnOnce() -> Option<Entry>,
    ) -> Result<(), Full> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Err(Full::ForGood);
        }
        if !self.fits(state.used, size, budget) {
            return Err(Full::Now);
        }
        state.used.units += size.units;
        state.used.bytes += size.bytes;
        self.gauges.set(state.used);
        state.entries.extend(entry());
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    fn has_room(&self, size: Size, budget: &Budget) -> bool {
        self.fits(self.state.lock().used, size, budget)
    }

    /// Whether there is room in the queue, and in memory: a queue that nobody empties must leave some to
    /// the others. One that holds nothing takes whatever came that far.
    fn fits(&self, used: Size, more: Size, budget: &Budget) -> bool {
        let is_in_memory = used.units == 0 || budget.allows_holding(used.bytes + more.bytes);
        used.units + more.units <= self.capacity && is_in_memory
    }

    /// Gives room back that a ticket took.
    pub(super) fn give_back(&self, size: Size) {
        let mut state = self.state.lock();
        state.used.units = state.used.units.saturating_sub(size.units);
        state.used.bytes = state.used.bytes.saturating_sub(size.bytes);
        self.gauges.set(state.used);
        drop(state);
        self.room.notify_waiters();
    }

    /// The next payload; `None` when the queue is closed and empty.
    pub(super) async fn next(&self) -> Option<Entry> {
        loop {
            let ready = self.ready.notified();
            tokio::pin!(ready);
            ready.as_mut().enable();
            {
                let mut state = self.state.lock();
                if let Some(entry) = state.entries.pop_front() {
                    // One notification may have stood for several payloads.
                    if !state.entries.is_empty() {
                        self.ready.notify_one();
                    }
                    return Some(entry);
                }
                if state.is_closed {
                    return None;
                }
            }
            ready.await;
        }
    }

    fn close(&self) {
        self.state.lock().is_closed = true;
        self.ready.notify_waiters();
        self.room.notify_waiters();
    }

    fn clear(&self) {
        // Tickets lock the state when they are dropped.
        let entries = std::mem::take(&mut self.state.lock().entries);
        drop(entries);
    }
}

async fn consume_all(shared: Arc<Shared>, sender: Arc<Sender>) {
    while let Some(entry) = shared.next().await {
        let tally = sender.send(entry.payload).await;
        sender.tell_dropped(&tally);
        entry.ticket.enter(tally);
    }
}
