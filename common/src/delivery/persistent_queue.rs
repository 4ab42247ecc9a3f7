//! The queue on disk: what it accepts survives the process.
//!
//! A payload is accepted when it is in the log; a record leaves the log when the backend took all of
//! its items, or refused them for good, counted. A `batch` processor in front of such a queue runs
//! behind it instead, so that no payload is acknowledged from memory.

mod body;
mod dispatcher;
mod outlet;
mod parcel;
mod rules;
mod store;
mod waiting;
mod writer;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use parking_lot::{Mutex, RwLock};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use self::{
    dispatcher::Dispatcher,
    outlet::Outlet,
    rules::RuleBook,
    store::{Shared, Store, User},
    writer::{Coming, NotPut, Pending, Written},
};
use super::{
    Delivery,
    meters::{DurableMeters, QueueGauges, Size, Sizes},
    sender::Sender,
    settings::{QueueSettings, Sizer, WhenFull},
    tally::stopped,
};
use crate::{
    component::{ComponentId, Context, Kind, Lifecycle, PipelineId, SendingBatch, StartError},
    pipeline::{Accepted, Consumer, Outcome, Payload, Reason, Rejected, Seldom},
    signal::Signal,
    storage::{Recovered, Storage},
};

// At the deadline the consumers only put back what they hold.
const GRACE: Duration = Duration::from_millis(250);

/// What makes a queue durable.
#[derive(Clone, Debug)]
pub struct Durability {
    /// Where it is kept.
    pub storage: Storage,
    /// The `batch` processors that run after it, by their pipelines.
    pub batches: BTreeMap<PipelineId, SendingBatch>,
}

/// Writes payloads to a log and lets consumers send what is in it.
pub(super) struct PersistentQueue {
    sender: Arc<Sender>,
    settings: QueueSettings,
    capacity: Capacity,
    storage: Storage,
    rules: Arc<RuleBook>,
    sizes: Sizes,
    context: Context,
    signal: Signal,
    open: RwLock<Option<Open>>,
    dispatcher: Mutex<Option<JoinHandle<()>>>,
}

/// What there is between start and stop.
struct Open {
    outlet: Arc<Outlet>,
    _store: Arc<Store>,
    _user: User,
}

/// How much the queue takes.
struct Capacity {
    units: u64,
    sizer: Sizer,
    max_bytes: u64,
}

impl Capacity {
    fn new(settings: &QueueSettings, storage: &Storage) -> Self {
        Self {
            units: u64::try_from(settings.queue_size).unwrap_or(1),
            sizer: settings.queue_sizer(),
            max_bytes: storage.max_bytes.unwrap_or(u64::MAX),
        }
    }

    fn can_ever_hold(&self, size: Size) -> bool {
        size.units <= self.units && size.bytes <= self.max_bytes
    }

    fn has_room(&self, store: &Shared, coming: Coming, size: Size) -> bool {
        let (used, disk_bytes) = store.used(coming, self.sizer);
        used.units + size.units <= self.units
            && disk_bytes.saturating_add(size.bytes) <= self.max_bytes
    }

    /// The bound on the files, if there is one.
    fn disk_bytes(&self) -> Option<u64> {
        let of_queue = if self.sizer == Sizer::Bytes { self.units } else { u64::MAX };
        Some(of_queue.min(self.max_bytes)).filter(|bytes| *bytes < u64::MAX)
    }
}

impl PersistentQueue {
    pub(super) fn new(
        sender: Arc<Sender>,
        settings: &QueueSettings,
        durability: Durability,
        context: &Context,
        signal: Signal,
    ) -> Self {
        let Durability { storage, batches } = durability;
        let own = &context.host.telemetry.metrics;
        Self {
            sender,
            settings: settings.clone(),
            capacity: Capacity::new(settings, &storage),
            storage,
            rules: Arc::new(RuleBook::new(settings, &batches)),
            sizes: Sizes::enqueued(own, &context.id.to_string()),
            context: context.clone(),
            signal,
            open: RwLock::default(),
            dispatcher: Mutex::default(),
        }
    }

    async fn offer(&self, payload: Payload, origin: &Arc<str>) -> Outcome {
        if payload.is_empty() {
            return Ok(Accepted::FULLY);
        }
        let items = payload.items() as u64;
        match self.put(payload, origin).await {
            Ok(written) => written.claim(),
            Err(rejected) => {
                self.sender.tell_rejected(items, &rejected);
                if self.settings.when_full == Some(WhenFull::Drop)
                    && rejected.reason == Reason::Overloaded
                {
                    self.context.books.dropped(items, rejected.reason.label());
                    return Ok(Accepted::FULLY);
                }
                Err(rejected)
            }
        }
    }

    async fn put(&self, payload: Payload, origin: &Arc<str>) -> Result<Written, Rejected> {
        let outlet = self.outlet().ok_or_else(stopped)?;
        let store = &outlet.store;
        let payload = self.rules.prepare(origin, payload)?;
        let size = Size::of(&payload, self.capacity.sizer);
        if !self.capacity.can_ever_hold(size) {
            return Err(Rejected::new(Reason::TooLarge, "element size too large"));
        }
        self.sizes.observe(&payload);
        let (answer, written) = oneshot::channel();
        let mut pending = Pending {
            head: body::head(origin, &payload),
            payload,
            origin: Arc::clone(origin),
            books: self.context.books.clone(),
            answer,
        };
        loop {
            let room = store.room.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            let has_room = |coming| self.capacity.has_room(store, coming, size);
            match store.inbox.push(pending, has_room) {
                Ok(()) => break,
                Err(NotPut::Closed) => return Err(stopped()),
                Err(NotPut::Full(back)) if self.settings.block_on_overflow => {
                    pending = *back;
                    room.await;
                }
                Err(NotPut::Full(_)) => {
                    return Err(Rejected::new(Reason::Overloaded, "sending queue is full"));
                }
            }
        }
        let written = written.await.unwrap_or_else(|_| Err(stopped()));
        outlet.show();
        written
    }

    fn outlet(&self) -> Option<Arc<Outlet>> {
        self.open.read().as_ref().map(|open| Arc::clone(&open.outlet))
    }

    fn can_take(&self, bytes: usize) -> bool {
        if self.settings.never_refuses() {
            return true;
        }
        let Some(outlet) = self.outlet() else { return false };
        let store = &outlet.store;
        let size = Size::guess(bytes, self.capacity.sizer, self.capacity.units);
        !store.inbox.is_refused() && self.capacity.has_room(store, store.inbox.coming(), size)
    }

    fn directory(&self) -> PathBuf {
        self.storage.directory.join(queue_name(&self.context.id, self.signal))
    }

    /// Tells of a queue that the Go collector left, in a file of the same name.
    fn tell_foreign(&self) {
        let file = self.storage.directory.join(upstream_name(&self.context.id, self.signal));
        if file.is_file() {
            tracing::warn!(
                file = %file.display(),
                "this is a queue of the Go collector, which is not read here; \
                 let the Go collector drain it, then remove the file"
            );
        }
    }

    async fn open(&self) -> Result<(), StartError> {
        self.tell_foreign();
        let directory = self.directory();
        let (storage, signal) = (self.storage.clone(), self.signal);
        let around = (self.context.host.budget.clone(), self.context.host.fatal.clone());
        let max_bytes = self.capacity.disk_bytes();
        let opening = tokio::task::spawn_blocking(move || {
            let mut recovered = None;
            let opened = storage.open.join_or_open(&directory, || {
                let (store, found) =
                    Store::open(&storage, &directory, (signal, around), max_bytes)?;
                recovered = Some(found);
                Ok(store)
            });
            opened.map(|store| (store, recovered))
        });
        let opened =
            opening.await.map_err(|error| failed("the task that opened it failed", error))?;
        let (store, recovered) = opened
            .map_err(|error: crate::storage::StorageError| failed(&error.to_string(), error))?;
        // A reload may have changed it for a log that is open.
        store.shared().log.set_synced(self.storage.is_synced);
        let outlet = Arc::new(self.new_outlet(Arc::clone(store.shared())));
        if let Some(recovered) = recovered {
            self.tell_recovered(&recovered, &outlet);
        }
        outlet.show();
        let dispatcher = Dispatcher::new(
            Arc::clone(&outlet),
            Arc::clone(&self.rules),
            self.context.tasks.clone(),
        );
        *self.dispatcher.lock() = Some(self.context.tasks.spawn(dispatcher.run()));
        let user = outlet.store.join();
        *self.open.write() = Some(Open { outlet, _store: store, _user: user });
        Ok(())
    }

    fn new_outlet(&self, store: Arc<Shared>) -> Outlet {
        let gauges = QueueGauges::new(&self.context);
        gauges.set_capacity(self.capacity.units, self.capacity.sizer);
        Outlet {
            store,
            sender: Arc::clone(&self.sender),
            books: self.context.books.clone(),
            consumers: usize::try_from(self.settings.num_consumers).unwrap_or(1).min(1 << 20),
            sizer: self.capacity.sizer,
            gauges,
            durable: DurableMeters::new(&self.context),
            budget: self.context.host.budget.clone(),
            damages: Seldom::default(),
            has_failed_since_stop: AtomicBool::new(false),
            sending: AtomicUsize::new(0),
        }
    }

    fn tell_recovered(&self, recovered: &Recovered, outlet: &Outlet) {
        let Recovered { usage, damage, torn_bytes } = *recovered;
        let books = &self.context.books;
        books.created(usage.items + damage.items);
        books.hold(usage.items + damage.items);
        outlet.durable.torn_bytes.inc_by(torn_bytes);
        if usage.records > 0 || torn_bytes > 0 {
            tracing::info!(
                records = usage.records,
                items = usage.items,
                bytes = usage.live_bytes,
                torn_bytes,
                "the durable queue holds data from before; sending it"
            );
        }
        if damage.records > 0 {
            outlet.note_damage(damage);
        }
    }

    async fn drain(&self, deadline: Instant) {
        let open = self.open.write().take();
        let dispatcher = self.dispatcher.lock().take();
        if let Some(open) = open {
            self.sender.stop_by(deadline);
            open.outlet.store.wake();
            if let Some(dispatcher) = dispatcher
                && timeout_at(deadline + GRACE, dispatcher).await.is_err()
            {
                tracing::warn!("requests were still under way when the time to stop was over");
            }
            let kept = open.outlet.store.log.usage();
            if kept.records > 0 && !open.outlet.store.is_shared() {
                tracing::info!(items = kept.items, "kept in the durable queue for the next start");
            }
            // The last one waits for the disk.
            drop(tokio::task::spawn_blocking(move || drop(open)).await);
        }
        self.sender.export().stop(deadline).await;
    }
}

fn failed(what: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StartError {
    StartError::with_source(format!("cannot open the durable queue: {what}"), source)
}

/// The directory of an exporter's durable queue, below that of its storage.
#[must_use]
pub fn queue_name(exporter: &ComponentId, signal: Signal) -> String {
    format!("{}.queue", upstream_name(exporter, signal))
}

/// What upstream calls the storage of an exporter, so that operators find it.
fn upstream_name(exporter: &ComponentId, signal: Signal) -> String {
    exporter.storage_name(Kind::Exporter, signal.name())
}

impl Consumer for PersistentQueue {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(async { self.offer(payload, &Arc::from("")).await })
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.can_take(bytes)
    }
}

impl Lifecycle for PersistentQueue {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        Box::pin(async {
            self.sender.export().start().await?;
            self.open().await
        })
    }

    fn stop(&self, deadline: Instant) -> BoxFuture<'_, ()> {
        Box::pin(self.drain(deadline))
    }
}

impl Delivery for PersistentQueue {
    fn entry(self: Arc<Self>, pipeline: &PipelineId) -> Arc<dyn Consumer> {
        Arc::new(Entry { queue: self, origin: pipeline.to_string().into() })
    }
}

/// The queue as one pipeline sees it: records name the pipeline, whose batch they go into.
struct Entry {
    queue: Arc<PersistentQueue>,
    origin: Arc<str>,
}

impl Consumer for Entry {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(self.queue.offer(payload, &self.origin))
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.queue.can_take(bytes)
    }
}

#[cfg(test)]
mod tests;
