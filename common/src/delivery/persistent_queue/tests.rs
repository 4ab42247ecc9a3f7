use std::{collections::BTreeSet, time::Duration as Time};

use tempfile::TempDir;

use super::*;
use crate::{
    component::{DeliveryDefaults, Export, Kind},
    delivery::{DeliverySettings, RetrySettings, deliver},
    pipeline::{Books, Details, Edge, RequestContext},
    settings::Duration,
    storage::OpenStores,
    testing::{Bench, ScriptedConsumer, StageFlow, numbered_logs, numbers_of},
};

const OTLP: DeliveryDefaults =
    DeliveryDefaults { timeout_ms: Some(5000), retry: true, queue: Some(true) };

/// A disk that outlives its collectors.
struct Disk {
    directory: TempDir,
    open: OpenStores,
}

struct Rig {
    bench: Bench,
    delivery: Arc<dyn Delivery>,
    edge: Edge,
}

impl Disk {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), open: OpenStores::default() }
    }

    fn durability(&self) -> Durability {
        let storage = Storage {
            directory: self.directory.path().to_owned(),
            lock_timeout: Time::from_millis(100),
            is_synced: true,
            max_bytes: None,
            open: self.open.clone(),
        };
        Durability { storage, batches: BTreeMap::new() }
    }

    async fn start(&self, settings: &DeliverySettings, backend: impl Export + 'static) -> Rig {
        self.start_with(settings, backend, self.durability()).await
    }

    async fn start_with(
        &self,
        settings: &DeliverySettings,
        backend: impl Export + 'static,
        durability: Durability,
    ) -> Rig {
        let bench = Bench::default();
        let context = bench.context(Kind::Exporter, "otlp");
        let books = context.books.clone();
        let delivery =
            deliver(Arc::new(backend), settings, &context, &Vec::new(), Some(durability)).unwrap();
        delivery.start().await.unwrap();
        let edge = Edge::new(Books::unread());
        edge.connect(Arc::clone(&delivery).entry(&"logs".parse().unwrap()), books);
        Rig { bench, delivery, edge }
    }
}

impl Rig {
    async fn send(&self, numbers: std::ops::Range<u64>) -> Outcome {
        self.edge.send(numbered_logs(numbers)).await
    }

    async fn stop(self) -> StageFlow {
        self.delivery.stop(Instant::now() + Time::from_secs(5)).await;
        let flow = self.bench.flow("otlp");
        assert!(flow.is_balanced(), "{flow:?}");
        flow
    }

    /// Waits until nothing is queued.
    async fn drained(&self) {
        until(|| self.bench.flow("otlp").held == 0).await;
    }
}

async fn until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Time::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came to be");
        tokio::time::sleep(Time::from_millis(2)).await;
    }
}

fn settings(change: impl FnOnce(&mut QueueSettings)) -> DeliverySettings {
    let mut settings = DeliverySettings::of(OTLP);
    settings.retry_on_failure = Some(RetrySettings {
        initial_interval: Duration::from_millis(20),
        max_interval: Duration::from_millis(50),
        max_elapsed_time: Duration::ZERO,
        ..RetrySettings::default()
    });
    if let Some(queue) = &mut settings.sending_queue {
        queue.storage = "file_storage".parse().ok();
        queue.num_consumers = 2;
        change(queue);
    }
    settings
}

fn arrived(backend: &ScriptedConsumer) -> Vec<u64> {
    let payloads = backend.accepted().payloads();
    let mut numbers: Vec<u64> = payloads.iter().flat_map(numbers_of).collect();
    numbers.sort_unstable();
    numbers
}

fn numbers(range: std::ops::Range<u64>) -> Vec<u64> {
    range.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_accepts_is_delivered() {
    let (disk, backend) = (Disk::new(), ScriptedConsumer::default());
    let rig = disk.start(&settings(|_| {}), backend.clone()).await;
    for first in (0..300).step_by(3) {
        rig.send(first..first + 3).await.unwrap();
    }
    rig.drained().await;
    assert_eq!(arrived(&backend), numbers(0..300));
    let flow = rig.stop().await;
    assert_eq!((flow.offered, flow.passed_on, flow.held), (300, 300, 0));
}

#[tokio::test]
async fn what_the_backend_did_not_take_comes_after_a_restart() {
    let (disk, backend) = (Disk::new(), ScriptedConsumer::default());
    backend.reject_all(Some(Reason::Unavailable));
    let rig = disk.start(&settings(|_| {}), backend.clone()).await;
    rig.send(0..5).await.unwrap();
    rig.send(5..9).await.unwrap();
    assert_eq!(rig.stop().await.held, 9);
    backend.reject_all(None);
    let rig = disk.start(&settings(|_| {}), backend.clone()).await;
    rig.drained().await;
    assert_eq!(arrived(&backend), numbers(0..9));
    assert_eq!(rig.stop().await.created, 9);
    let rig = disk.start(&settings(|_| {}), backend.clone()).await;
    assert_eq!(rig.stop().await, StageFlow::default());
    assert_eq!(arrived(&backend), numbers(0..9));
}

#[tokio::test]
async fn a_full_queue_refuses_before_and_while_it_is_offered_more() {
    let (disk, backend) = (Disk::new(), ScriptedConsumer::default());
    backend.reject_all(Some(Reason::Unavailable));
    let rig = disk.start(&settings(|queue| queue.queue_size = 2), backend.clone()).await;
    rig.send(0..1).await.unwrap();
    assert!(rig.edge.has_room(1));
    rig.send(1..2).await.unwrap();
    assert!(!rig.edge.has_room(1));
    let rejected = rig.send(2..3).await.unwrap_err();
    assert_eq!(
        (rejected.reason, &*rejected.message),
        (Reason::Overloaded, "sending queue is full")
    );
    backend.reject_all(None);
    rig.drained().await;
    rig.send(3..4).await.unwrap();
    rig.drained().await;
    assert_eq!(arrived(&backend), [0, 1, 3]);
    rig.stop().await;
}

#[tokio::test]
async fn a_full_queue_told_to_drop_accepts_and_counts() {
    let (disk, backend) = (Disk::new(), ScriptedConsumer::default());
    backend.reject_all(Some(Reason::Unavailable));
    let settings = settings(|queue| {
        queue.queue_size = 1;
        queue.when_full = Some(WhenFull::Drop);
    });
    let rig = disk.start(&settings, backend.clone()).await;
    rig.send(0..1).await.unwrap();
    rig.send(1..4).await.unwrap();
    assert_eq!(rig.stop().await.dropped, 3);
}

#[tokio::test]
async fn a_blocking_queue_waits_for_room() {
    let (disk, backend) = (Disk::new(), ScriptedConsumer::default());
    backend.reject_all(Some(Reason::Unavailable));
    let settings = settings(|queue| {
        queue.queue_size = 1;
        queue.block_on_overflow = true;
    });
    let rig = disk.start(&settings, backend.clone()).await;
    rig.send(0..1).await.unwrap();
    let blocked = tokio::time::timeout(Time::from_millis(50), rig.send(1..2)).await;
    assert!(blocked.is_err());
    backend.reject_all(None);
    rig.send(2..3).await.unwrap();
    rig.drained().await;
    assert_eq!(arrived(&backend), [0, 2]);
    rig.stop().await;
}

/// Nobody has anything to note down then, so the writer sleeps.
#[tokio::test]
async fn files_that_are_done_with_make_room_although_nothing_else_happens() {
    let (disk, backend) = (Disk::new(), ScriptedConsumer::default());
    let settings = settings(|queue| {
        queue.queue_size = 60_000;
        queue.sizer = Some(Sizer::Bytes);
        queue.block_on_overflow = true;
    });
    let rig = disk.start(&settings, backend.clone()).await;
    rig.send(0..2_000).await.unwrap();
    rig.drained().await;
    rig.stop().await;
    let rig = disk.start(&settings, backend.clone()).await;
    let sent = tokio::time::timeout(Time::from_secs(20), rig.send(2_000..6_000)).await;
    sent.expect("there is no room").unwrap();
    rig.drained().await;
    assert_eq!(arrived(&backend), numbers(0..6_000));
    rig.stop().await;
}

#[tokio::test]
async fn what_the_backend_refuses_for_good_is_dropped_and_holds_nothing_up() {
    let (disk, backend) = (Disk::new(), ScriptedConsumer::default().then_reject(Reason::Refused));
    let rig = disk.start(&settings(|queue| queue.num_consumers = 1), backend.clone()).await;
    rig.send(0..2).await.unwrap();
    rig.send(2..5).await.unwrap();
    rig.drained().await;
    assert_eq!(arrived(&backend), [2, 3, 4]);
    assert_eq!(rig.stop().await.dropped, 2);
}

#[tokio::test]
async fn partial_success_is_counted_and_not_tried_again() {
    let partial = Accepted { refused_items: 2, message: "two were bad".into() };
    let (disk, backend) = (Disk::new(), ScriptedConsumer::default().then(Ok(partial)));
    let rig = disk.start(&settings(|_| {}), backend.clone()).await;
    rig.send(0..5).await.unwrap();
    rig.drained().await;
    let flow = rig.stop().await;
    assert_eq!((flow.passed_on, flow.dropped), (3, 2));
    assert_eq!(backend.offered().len(), 1);
}

#[tokio::test]
async fn after_a_part_was_taken_only_the_rest_is_tried_again() {
    let backend = ScriptedConsumer::default()
        .then_reject(Reason::TooLarge)
        .then_accept()
        .then_reject(Reason::Unavailable);
    let disk = Disk::new();
    let rig = disk.start(&settings(|_| {}), backend.clone()).await;
    rig.send(0..10).await.unwrap();
    rig.drained().await;
    assert_eq!(arrived(&backend), numbers(0..10));
    let offered: Vec<usize> = backend.offered().iter().map(Payload::items).collect();
    assert_eq!(offered, [10, 5, 5, 5]);
    rig.stop().await;
}

/// Refuses whatever holds one of some numbers, for ever.
#[derive(Clone)]
struct Choosy {
    refused: Arc<BTreeSet<u64>>,
    taken: ScriptedConsumer,
}

impl Lifecycle for Choosy {}

impl Export for Choosy {
    fn export(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        if numbers_of(&payload).iter().any(|number| self.refused.contains(number)) {
            let rejected = Rejected::new(Reason::Unavailable, "not this one");
            return Box::pin(std::future::ready(Err(rejected)));
        }
        self.taken.consume(payload)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_are_never_taken_hold_nobody_up() {
    let disk = Disk::new();
    let taken = ScriptedConsumer::default();
    // More of them in a row than there are consumers.
    let choosy = Choosy { refused: Arc::new((0..7).collect()), taken: taken.clone() };
    let rig = disk.start(&settings(|_| {}), choosy).await;
    for number in 0..200 {
        rig.send(number..number + 1).await.unwrap();
    }
    taken.accepted().wait_for_items(193).await;
    assert_eq!(arrived(&taken), numbers(7..200));
    assert_eq!(rig.stop().await.held, 7);
    let rig = disk.start(&settings(|_| {}), taken.clone()).await;
    rig.drained().await;
    assert_eq!(arrived(&taken), numbers(0..200));
    rig.stop().await;
}

#[tokio::test]
async fn a_moved_batch_merges_what_comes_out() {
    let (disk, backend) = (Disk::new(), ScriptedConsumer::default());
    let batch = SendingBatch {
        timeout: Time::from_secs(60),
        min_items: 10,
        max_items: 10,
        metadata_keys: vec!["X-Tenant".to_owned()],
        metadata_cardinality_limit: 2,
    };
    let mut durability = disk.durability();
    durability.batches.insert("logs".parse().unwrap(), batch);
    let rig = disk.start_with(&settings(|_| {}), backend.clone(), durability).await;
    let of = |tenant: &str, numbers| {
        let metadata = vec![("x-tenant".into(), tenant.into()), ("other".into(), "1".into())];
        let details = Details { metadata, ..Details::default() };
        numbered_logs(numbers).with_context(RequestContext::new(details))
    };
    for first in [0, 4, 8] {
        rig.edge.send(of("a", first..first + 4)).await.unwrap();
        rig.edge.send(of("b", 100 + first..100 + first + 4)).await.unwrap();
    }
    let rejected = rig.edge.send(of("c", 200..201)).await.unwrap_err();
    assert_eq!(&*rejected.message, "too many batcher metadata-value combinations");
    backend.accepted().wait_for_items(20).await;
    let payloads = backend.accepted().payloads();
    assert!(payloads.iter().all(|payload| payload.items() == 10));
    assert!(payloads.iter().all(|payload| payload.context().all_metadata().len() == 1));
    assert_eq!(rig.stop().await.passed_on, 24, "a stop sends what waits for a batch");
}

#[tokio::test]
async fn a_batch_that_fails_is_tried_again_whole() {
    let backend = ScriptedConsumer::default().then_reject(Reason::Unavailable);
    let disk = Disk::new();
    let batch = SendingBatch {
        timeout: Time::from_secs(60),
        min_items: 5,
        max_items: 5,
        metadata_keys: Vec::new(),
        metadata_cardinality_limit: 0,
    };
    let mut durability = disk.durability();
    durability.batches.insert("logs".parse().unwrap(), batch);
    let one = settings(|queue| queue.num_consumers = 1);
    let rig = disk.start_with(&one, backend.clone(), durability).await;
    rig.send(0..3).await.unwrap();
    rig.send(3..10).await.unwrap();
    rig.drained().await;
    assert_eq!(arrived(&backend), numbers(0..10));
    assert!(backend.offered().iter().all(|payload| payload.items() == 5));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_queue_of_the_process_takes_over() {
    let (disk, backend) = (Disk::new(), ScriptedConsumer::default());
    backend.reject_all(Some(Reason::Unavailable));
    let old = disk.start(&settings(|_| {}), backend.clone()).await;
    old.send(0..5).await.unwrap();
    let new = disk.start(&settings(|_| {}), backend.clone()).await;
    old.send(5..7).await.unwrap();
    new.send(7..9).await.unwrap();
    old.delivery.stop(Instant::now() + Time::from_secs(5)).await;
    backend.reject_all(None);
    backend.accepted().wait_for_items(9).await;
    assert_eq!(arrived(&backend), numbers(0..9));
    new.delivery.stop(Instant::now() + Time::from_secs(5)).await;
    let rig = disk.start(&settings(|_| {}), backend.clone()).await;
    assert_eq!(rig.stop().await, StageFlow::default());
}

#[tokio::test]
async fn a_directory_in_use_is_refused_clearly() {
    let (disk, backend) = (Disk::new(), ScriptedConsumer::default());
    let rig = disk.start(&settings(|_| {}), backend.clone()).await;
    let other = Disk { directory: tempfile::tempdir().unwrap(), open: OpenStores::default() };
    let mut durability = other.durability();
    durability.storage.directory = disk.directory.path().to_owned();
    let bench = Bench::default();
    let context = bench.context(Kind::Exporter, "otlp");
    let delivery =
        deliver(Arc::new(backend), &settings(|_| {}), &context, &Vec::new(), Some(durability));
    let error = delivery.unwrap().start().await.unwrap_err();
    assert!(error.message.contains("is in use by another process"), "{}", error.message);
    rig.stop().await;
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_the_books_right() {
    let (disk, backend) = (Disk::new(), ScriptedConsumer::default());
    let rig = disk.start(&settings(|_| {}), backend.clone()).await;
    for first in 0..50 {
        let mut sending = Box::pin(rig.send(first..first + 1));
        drop(futures_util::poll!(&mut sending));
    }
    rig.send(50..51).await.unwrap();
    rig.drained().await;
    let flow = rig.stop().await;
    assert_eq!(flow.held, 0);
    assert_eq!(u64::try_from(arrived(&backend).len()).unwrap(), flow.passed_on);
}

#[test]
fn logs_are_named_as_upstream_names_them() {
    let bench = Bench::default();
    let name = |id| upstream_name(&bench.context(Kind::Exporter, id).id, Signal::Traces);
    assert_eq!(name("otlp"), "exporter_otlp__traces");
    assert_eq!(name("otlp/a"), "exporter_otlp_a_traces");
    assert_eq!(name("otlp/é"), "exporter_otlp_~00E9_traces");
}
