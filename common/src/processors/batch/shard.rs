//! One run of batches: all payloads, or those with the same metadata.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::{BatchProcessorConfig, backlog::Backlog};
use crate::{
    component::Context,
    pipeline::{Books, Edge, Emitted, Emitter, Payload, Pile, Rejected, RequestContext},
    telemetry::metrics::{self, Counter, Histogram},
};

/// Takes payloads from callers under a lock and lets one worker merge and send them in order.
pub(super) struct Shard {
    arrivals: Mutex<Arrivals>,
    wake: Notify,
    emitter: Emitter,
    books: Books,
    backlog: Arc<Backlog>,
    context: RequestContext,
    rules: Rules,
    counts: Counts,
}

#[derive(Default)]
struct Arrivals {
    payloads: VecDeque<Payload>,
    /// Items that arrived and are not sent, also those that the worker already took.
    unsent: usize,
    /// Items and bytes of each unsent payload as it came, for giving the room back.
    sizes: VecDeque<(usize, usize)>,
    is_pressed: bool,
    is_closed: bool,
}

#[derive(Clone, Copy)]
struct Rules {
    /// Zero: everything is sent at once.
    trigger: usize,
    /// Zero: no limit.
    max: usize,
    timeout: Option<Duration>,
}

struct Counts {
    by_size: Counter,
    by_timeout: Counter,
    items: Histogram,
    bytes: Histogram,
}

impl Shard {
    pub(super) fn new(
        config: &BatchProcessorConfig,
        context: &Context,
        next: Edge,
        exported: RequestContext,
        backlog: Arc<Backlog>,
    ) -> Self {
        let timeout = config.timeout.get();
        let has_timer = !timeout.is_zero() && config.send_batch_size > 0;
        let own = &context.host.telemetry.metrics;
        let id = context.id.to_string();
        Self {
            arrivals: Mutex::default(),
            wake: Notify::new(),
            emitter: Emitter::new(next, context.books.clone(), context.host.budget.clone()),
            books: context.books.clone(),
            backlog,
            context: exported,
            rules: Rules {
                trigger: if has_timer { config.send_batch_size as usize } else { 0 },
                max: config.send_batch_max_size as usize,
                timeout: has_timer.then_some(timeout),
            },
            counts: Counts {
                by_size: own.counter(&metrics::BATCH_SIZE_TRIGGER_SEND, &[&id]),
                by_timeout: own.counter(&metrics::BATCH_TIMEOUT_TRIGGER_SEND, &[&id]),
                items: own.histogram(&metrics::BATCH_SEND_SIZE, &[&id]),
                bytes: own.histogram(&metrics::BATCH_SEND_SIZE_BYTES, &[&id]),
            },
        }
    }

    /// Takes a payload for which the backlog has room; says no when the shard is stopping.
    pub(super) fn push(&self, payload: Payload) -> bool {
        let (items, bytes) = (payload.items(), payload.size());
        let payload = payload.with_context(self.context.clone());
        let mut arrivals = self.arrivals.lock();
        if arrivals.is_closed {
            drop(arrivals);
            self.backlog.give_back(items, bytes);
            return false;
        }
        self.books.hold(items as u64);
        arrivals.payloads.push_back(payload);
        arrivals.sizes.push_back((items, bytes));
        arrivals.unsent += items;
        let is_due = arrivals.unsent >= self.rules.trigger;
        drop(arrivals);
        if is_due {
            self.wake.notify_one();
        }
        true
    }

    /// Sends what there is, to make room.
    pub(super) fn press(&self) {
        self.arrivals.lock().is_pressed = true;
        self.wake.notify_one();
    }

    /// Takes nothing more and sends what there is before the deadline.
    pub(super) fn stop_by(&self, deadline: Instant) {
        self.emitter.stop_by(deadline);
        self.arrivals.lock().is_closed = true;
        self.wake.notify_one();
    }

    /// What the next stage answered, while it refuses.
    pub(super) fn refusal(&self) -> Option<Rejected> {
        self.emitter.refusal()
    }

    /// The worker: merges and sends until the shard is stopped and empty.
    pub(super) async fn run(self: Arc<Self>) {
        let mut pile = Pile::default();
        let mut tick = self.next_tick();
        loop {
            let is_tick = tokio::select! {
                () = self.wake.notified() => false,
                () = sleep_until(tick.unwrap_or_else(Instant::now)), if tick.is_some() => true,
            };
            let (payloads, is_pressed, is_closed) = self.take_arrivals();
            let mut has_sent = is_tick;
            for payload in payloads {
                pile.push(payload);
                has_sent |= self.send_full(&mut pile).await;
            }
            if (is_tick || is_pressed || is_closed)
                && let Some(batch) = pile.take_all()
            {
                has_sent = true;
                let trigger =
                    if is_pressed { &self.counts.by_size } else { &self.counts.by_timeout };
                self.send(batch, trigger).await;
            }
            if is_closed {
                return;
            }
            if has_sent {
                tick = self.next_tick();
            }
        }
    }

    fn next_tick(&self) -> Option<Instant> {
        self.rules.timeout.and_then(|timeout| Instant::now().checked_add(timeout))
    }

    fn take_arrivals(&self) -> (VecDeque<Payload>, bool, bool) {
        let mut arrivals = self.arrivals.lock();
        let is_pressed = std::mem::take(&mut arrivals.is_pressed);
        (std::mem::take(&mut arrivals.payloads), is_pressed, arrivals.is_closed)
    }

    /// Sends while there is enough for a batch.
    async fn send_full(&self, pile: &mut Pile) -> bool {
        let mut has_sent = false;
        while !pile.is_empty() && pile.items() >= self.rules.trigger {
            let batch = match self.rules.max {
                0 => pile.take_all(),
                max => pile.take(max),
            };
            let Some(batch) = batch else { break };
            self.send(batch, &self.counts.by_size).await;
            has_sent = true;
        }
        has_sent
    }

    async fn send(&self, batch: Payload, trigger: &Counter) {
        let (items, bytes) = (batch.items(), batch.size());
        if self.emitter.emit(batch).await == Emitted::PassedOn {
            trigger.inc();
            self.counts.items.observe(items as f64);
            self.counts.bytes.observe(bytes as f64);
        }
        self.forget(items);
    }

    /// Gives the room of the first items back.
    fn forget(&self, mut items: usize) {
        let mut arrivals = self.arrivals.lock();
        arrivals.unsent = arrivals.unsent.saturating_sub(items);
        let mut freed = (0, 0);
        while let Some((left, bytes)) = arrivals.sizes.front_mut() {
            if *left > items {
                *left -= items;
                freed.0 += items;
                break;
            }
            items -= *left;
            freed = (freed.0 + *left, freed.1 + *bytes);
            arrivals.sizes.pop_front();
        }
        drop(arrivals);
        self.backlog.give_back(freed.0, freed.1);
    }
}
