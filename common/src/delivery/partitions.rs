//! Merges payloads of one kind until they are large or old enough.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::settings::{BatchSettings, Sizer};
use crate::{
    component::SendingBatch,
    pipeline::{MetadataKeys, MetadataValues, Payload, Pile},
};

const MAX_PARTITIONS: usize = 10_000;
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// What makes a batch.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    sizer: Sizer,
    min: usize,
    max: usize,
    flush_timeout: Duration,
    pub(super) keys: MetadataKeys,
}

/// Payloads on their way into batches, kept apart by their metadata and where they come from.
///
/// `T` stands for who is told what became of a payload.
#[derive(Debug)]
pub(super) struct Partitions<T> {
    tails: HashMap<Key, Tail<T>>,
    /// When which tail is due, and a number that tells lines of the same time apart.
    due: BTreeMap<(Instant, u64), Key>,
    count: u64,
    bytes: usize,
    max_bytes: usize,
}

/// What is never merged with another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Whose rules hold.
    pub(super) origin: Option<Arc<str>>,
    pub(super) values: MetadataValues,
}

/// Payloads that are sent as one.
#[derive(Debug)]
pub(super) struct Batch<T> {
    pub(super) payload: Payload,
    pub(super) parts: Vec<Part<T>>,
    /// Whether it is one item that is larger than a batch may be.
    pub(super) is_oversize: bool,
}

/// Items of one payload in a batch.
#[derive(Clone, Debug)]
pub(super) struct Part<T> {
    pub(super) owner: T,
    /// Items of the payload that are not in this part but before it.
    pub(super) skipped: u64,
    pub(super) items: u64,
}

/// What is too small to be sent.
#[derive(Debug)]
struct Tail<T> {
    rules: Arc<Rules>,
    pile: Pile,
    parts: VecDeque<Part<T>>,
    due: Option<(Instant, u64)>,
}

impl Rules {
    pub(super) fn new(settings: &BatchSettings, sizer: Sizer) -> Self {
        let size = |size: i64| usize::try_from(size).unwrap_or(0);
        Self {
            sizer,
            min: size(settings.min_size),
            max: size(settings.max_size),
            flush_timeout: settings.flush_timeout.get(),
            keys: MetadataKeys::new(&settings.partition.metadata_keys),
        }
    }

    /// Those of a `batch` processor that runs after a durable queue. Without a wait or a size, every
    /// payload is a batch.
    pub(super) fn moved(batch: &SendingBatch) -> Self {
        let waits = !batch.timeout.is_zero() && batch.min_items > 0;
        Self {
            sizer: Sizer::Items,
            min: if waits { batch.min_items } else { 0 },
            max: batch.max_items,
            flush_timeout: batch.timeout,
            keys: MetadataKeys::new(&batch.metadata_keys),
        }
    }

    fn size_of(&self, pile: &Pile) -> usize {
        match self.sizer {
            Sizer::Bytes => pile.bytes(),
            Sizer::Items | Sizer::Requests => pile.items(),
        }
    }

    fn is_oversize(&self, payload: &Payload) -> bool {
        self.sizer == Sizer::Bytes
            && self.max > 0
            && payload.items() == 1
            && payload.size() > self.max
    }
}

impl<T: Clone> Partitions<T> {
    /// Partitions that hold at most so many bytes together: beyond that the oldest do not wait.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { tails: HashMap::new(), due: BTreeMap::new(), count: 0, bytes: 0, max_bytes }
    }

    /// Puts a payload in; gives the batches that need not wait, in order.
    pub(super) fn add(
        &mut self,
        rules: &Arc<Rules>,
        origin: Option<Arc<str>>,
        payload: Payload,
        owner: T,
    ) -> Vec<Batch<T>> {
        let mut ready = Vec::new();
        let key = Key { origin, values: rules.keys.values_of(payload.context()) };
        if self.tails.len() >= MAX_PARTITIONS
            && !self.tails.contains_key(&key)
            && let Some((_, oldest)) = self.due.pop_first()
        {
            self.flush(&oldest, &mut ready);
        }
        let tail = self.tails.entry(key.clone()).or_insert_with(|| Tail::new(rules));
        let bytes_before = tail.pile.bytes();
        tail.parts.push_back(Part { owner, skipped: 0, items: payload.items() as u64 });
        tail.pile.push(payload);
        let before = ready.len();
        while let Some(batch) = tail.full(&key.values) {
            ready.push(batch);
        }
        let is_fresh = ready.len() > before;
        self.bytes = (self.bytes + tail.pile.bytes()).saturating_sub(bytes_before);
        self.set_due(key, is_fresh);
        while self.bytes > self.max_bytes
            && let Some((_, oldest)) = self.due.pop_first()
        {
            self.flush(&oldest, &mut ready);
        }
        ready
    }

    /// The batches whose wait is over.
    pub(super) fn flush_due(&mut self, now: Instant) -> Vec<Batch<T>> {
        let mut ready = Vec::new();
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let key = entry.remove();
            self.flush(&key, &mut ready);
        }
        ready
    }

    /// Everything there is.
    pub(super) fn flush_all(&mut self) -> Vec<Batch<T>> {
        let mut ready = Vec::new();
        let keys: Vec<Key> = self.tails.keys().cloned().collect();
        for key in keys {
            self.flush(&key, &mut ready);
        }
        ready
    }

    /// When the next batch is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// A fresh tail has the whole time before it.
    fn set_due(&mut self, key: Key, is_fresh: bool) {
        let Some(tail) = self.tails.get_mut(&key) else {
            return;
        };
        if (is_fresh || tail.pile.is_empty())
            && let Some(line) = tail.due.take()
        {
            self.due.remove(&line);
        }
        if tail.pile.is_empty() {
            self.tails.remove(&key);
        } else if tail.due.is_none() {
            let at = Instant::now() + tail.rules.flush_timeout.min(LONGEST_WAIT);
            self.count += 1;
            tail.due = Some((at, self.count));
            self.due.insert((at, self.count), key);
        }
    }

    fn flush(&mut self, key: &Key, ready: &mut Vec<Batch<T>>) {
        let Some(mut tail) = self.tails.remove(key) else {
            return;
        };
        if let Some(line) = tail.due {
            self.due.remove(&line);
        }
        self.bytes = self.bytes.saturating_sub(tail.pile.bytes());
        while let Some(batch) = tail.cut(&key.values) {
            ready.push(batch);
        }
    }
}

impl<T: Clone> Tail<T> {
    fn new(rules: &Arc<Rules>) -> Self {
        Self { rules: Arc::clone(rules), pile: Pile::default(), parts: VecDeque::new(), due: None }
    }

    /// The next batch that need not wait.
    fn full(&mut self, values: &MetadataValues) -> Option<Batch<T>> {
        let rules = &self.rules;
        let size = rules.size_of(&self.pile);
        let is_full = size >= rules.min.max(1) || (rules.max > 0 && size > rules.max);
        if is_full { self.cut(values) } else { None }
    }

    /// The first items, as many as one batch may have.
    fn cut(&mut self, values: &MetadataValues) -> Option<Batch<T>> {
        let payload = match (self.rules.max, self.rules.sizer) {
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
                parts.push(Part { items: wanted, ..part.clone() });
                part.skipped += wanted;
                part.items -= wanted;
                break;
            }
            wanted -= part.items;
            parts.extend(self.parts.pop_front());
        }
        let is_oversize = self.rules.is_oversize(&payload);
        let payload = payload.with_context(self.rules.keys.context_of(values));
        Some(Batch { payload, parts, is_oversize })
    }
}
