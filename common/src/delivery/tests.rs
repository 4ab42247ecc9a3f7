use std::time::Duration as Time;

use tokio::time::Instant;

use super::*;
use crate::{
    component::{DeliveryDefaults, Kind},
    pipeline::{Accepted, Details, Edge, Outcome, Payload, Reason, Rejected, RequestContext},
    settings::{DefaultOnNull, Duration, Issues},
    testing::{Bench, ScriptedConsumer, StageFlow, numbered_logs, numbers_of},
};

const OTLP: DeliveryDefaults =
    DeliveryDefaults { timeout_ms: Some(5000), retry: true, queue: Some(true) };
const DIRECT: DeliveryDefaults = DeliveryDefaults { queue: Some(false), ..OTLP };

struct Rig {
    bench: Bench,
    holder: Arc<dyn Holder>,
    edge: Edge,
}

async fn rig(settings: &DeliverySettings, backend: &ScriptedConsumer) -> Rig {
    let bench = Bench::default();
    let context = bench.context(Kind::Exporter, "otlp");
    let holder: Arc<dyn Holder> =
        deliver(Arc::new(backend.clone()), settings, &context, &Vec::new(), None).unwrap();
    holder.start().await.unwrap();
    let edge = Edge::new(crate::pipeline::Books::unread());
    edge.connect(Arc::new(Forward(holder.clone())), context.books);
    Rig { bench, holder, edge }
}

/// An edge holds a consumer, a pipeline a holder.
struct Forward(Arc<dyn Holder>);

impl Consumer for Forward {
    fn consume(&self, payload: Payload) -> futures_util::future::BoxFuture<'_, Outcome> {
        self.0.consume(payload)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.0.has_room(bytes)
    }
}

impl Rig {
    async fn send(&self, items: u64) -> Outcome {
        self.edge.send(numbered_logs(0..items)).await
    }

    /// Stops and gives the books, which add up.
    async fn stop(&self) -> StageFlow {
        self.holder.stop(Instant::now() + Time::from_secs(60)).await;
        let flow = self.bench.flow("otlp");
        assert_eq!(flow.held, 0);
        assert!(flow.is_balanced(), "{flow:?}");
        flow
    }
}

fn queued(change: impl FnOnce(&mut QueueSettings)) -> DeliverySettings {
    let mut settings = DeliverySettings::of(OTLP);
    settings.sending_queue.iter_mut().for_each(|queue| queue.num_consumers = 1);
    if let Some(queue) = &mut settings.sending_queue {
        change(queue);
    }
    settings
}

fn batched(min: i64, max: i64, change: impl FnOnce(&mut BatchSettings)) -> DeliverySettings {
    let mut batch = BatchSettings { min_size: min, max_size: max, ..BatchSettings::default() };
    change(&mut batch);
    queued(|queue| queue.batch = DefaultOnNull::on(batch))
}

fn slow(seconds: u64) -> ScriptedConsumer {
    ScriptedConsumer::default().then_after(Time::from_secs(seconds), Ok(Accepted::FULLY))
}

#[tokio::test(start_paused = true)]
async fn a_queue_accepts_before_the_backend_answers() {
    let backend = slow(1);
    let rig = rig(&queued(|_| {}), &backend).await;
    rig.send(3).await.unwrap();
    assert_eq!(rig.bench.flow("otlp").held, 3);
    assert_eq!(rig.stop().await.passed_on, 3);
}

#[tokio::test(start_paused = true)]
async fn a_queue_counts_what_is_being_sent() {
    let rig = rig(&queued(|queue| queue.queue_size = 2), &slow(1)).await;
    rig.send(3).await.unwrap();
    tokio::task::yield_now().await;
    rig.send(3).await.unwrap();
    assert!(!rig.edge.has_room(1));
    let rejected = rig.send(3).await.unwrap_err();
    assert_eq!(
        (rejected.reason, &*rejected.message),
        (Reason::Overloaded, "sending queue is full")
    );
    tokio::time::sleep(Time::from_secs(2)).await;
    rig.send(3).await.unwrap();
    let flow = rig.stop().await;
    assert_eq!((flow.passed_on, flow.refused), (9, 3));
}

#[tokio::test(start_paused = true)]
async fn what_is_larger_than_the_queue_is_refused_for_good() {
    let settings = queued(|queue| {
        queue.sizer = Some(Sizer::Items);
        queue.queue_size = 5;
        queue.block_on_overflow = true;
    });
    let rig = rig(&settings, &ScriptedConsumer::default()).await;
    let rejected = rig.send(6).await.unwrap_err();
    assert_eq!((rejected.reason, &*rejected.message), (Reason::TooLarge, "element size too large"));
    rig.send(5).await.unwrap();
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_blocking_queue_waits_for_room() {
    let settings = queued(|queue| {
        queue.queue_size = 1;
        queue.block_on_overflow = true;
    });
    let rig = rig(&settings, &slow(3)).await;
    let started = Instant::now();
    rig.send(3).await.unwrap();
    rig.send(3).await.unwrap();
    assert_eq!(started.elapsed(), Time::from_secs(3));
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_stops_waiting_for_room_leaves_nothing_behind() {
    let settings = queued(|queue| {
        queue.queue_size = 1;
        queue.block_on_overflow = true;
    });
    let rig = rig(&settings, &slow(3)).await;
    rig.send(3).await.unwrap();
    assert!(tokio::time::timeout(Time::from_secs(1), rig.send(3)).await.is_err());
    let flow = rig.stop().await;
    assert_eq!((flow.refused, flow.passed_on), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_queue_told_to_drop_accepts_and_counts() {
    let settings = queued(|queue| {
        queue.queue_size = 1;
        queue.when_full = Some(WhenFull::Drop);
    });
    let rig = rig(&settings, &slow(3)).await;
    rig.send(3).await.unwrap();
    rig.send(3).await.unwrap();
    assert_eq!(rig.stop().await.dropped, 3);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_result_gives_the_backends_answer() {
    let backend = ScriptedConsumer::default().then_reject(Reason::Refused);
    let rig = rig(&queued(|queue| queue.wait_for_result = true), &backend).await;
    let rejected = rig.send(3).await.unwrap_err();
    assert_eq!(rejected.message, "not retryable error: scripted: refused");
    rig.send(3).await.unwrap();
    let flow = rig.stop().await;
    assert_eq!((flow.refused, flow.passed_on), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_leaves_the_books_right() {
    let rig = rig(&queued(|queue| queue.wait_for_result = true), &slow(2)).await;
    assert!(tokio::time::timeout(Time::from_secs(1), rig.send(3)).await.is_err());
    let flow = rig.stop().await;
    assert_eq!((flow.refused, flow.created, flow.passed_on), (3, 3, 3));
}

#[tokio::test(start_paused = true)]
async fn retries_with_growing_waits_until_it_is_taken() {
    let backend = ScriptedConsumer::default()
        .then_reject(Reason::Unavailable)
        .then_reject(Reason::Unavailable);
    let mut settings = DeliverySettings::of(DIRECT);
    settings.retry_on_failure.iter_mut().for_each(|retry| retry.randomization_factor = 0.0);
    let rig = rig(&settings, &backend).await;
    let started = Instant::now();
    rig.send(3).await.unwrap();
    assert_eq!(started.elapsed(), Time::from_millis(5000 + 7500));
    assert_eq!(rig.stop().await.passed_on, 3);
}

#[tokio::test(start_paused = true)]
async fn waits_as_long_as_the_backend_asked_to() {
    let asked = Rejected::new(Reason::Overloaded, "later").retry_after(Time::from_secs(40));
    let backend = ScriptedConsumer::default().then(Err(asked));
    let rig = rig(&DeliverySettings::of(DIRECT), &backend).await;
    let started = Instant::now();
    rig.send(3).await.unwrap();
    assert_eq!(started.elapsed(), Time::from_secs(40));
}

#[tokio::test(start_paused = true)]
async fn gives_up_when_the_next_try_would_be_too_late() {
    let backend = ScriptedConsumer::default();
    backend.reject_all(Some(Reason::Unavailable));
    let rig = rig(&DeliverySettings::of(DIRECT), &backend).await;
    let started = Instant::now();
    let rejected = rig.send(3).await.unwrap_err();
    assert!(rejected.message.starts_with("no more retries left: "), "{rejected}");
    assert!(rejected.is_retryable());
    assert!(started.elapsed() <= Time::from_secs(300));
    assert_eq!(rig.stop().await.refused, 3);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_takes_no_longer_than_the_timeout() {
    let mut settings = DeliverySettings::of(DIRECT);
    settings.retry_on_failure.iter_mut().for_each(|retry| retry.enabled = false);
    let rig = rig(&settings, &slow(100)).await;
    let started = Instant::now();
    assert_eq!(rig.send(3).await.unwrap_err().reason, Reason::TimedOut);
    assert_eq!(started.elapsed(), Time::from_secs(5));
    settings.timeout = Some(Duration::default());
    let unlimited = self::rig(&settings, &slow(100)).await;
    unlimited.send(3).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_sent_in_halves() {
    let backend = ScriptedConsumer::default()
        .then_reject(Reason::TooLarge)
        .then_reject(Reason::TooLarge)
        .then_reject(Reason::TooLarge);
    let rig = rig(&queued(|_| {}), &backend).await;
    rig.send(4).await.unwrap();
    let flow = rig.stop().await;
    // 4, then 2, then 1: the first item alone is too large.
    assert_eq!((flow.passed_on, flow.dropped), (3, 1));
    let numbers: Vec<_> = backend.accepted().payloads().iter().flat_map(numbers_of).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_partial_success_is_counted_and_told_to_who_waits() {
    let partly = Accepted { refused_items: 2, message: "two were bad".into() };
    let backend = ScriptedConsumer::default().then(Ok(partly.clone()));
    let rig = rig(&DeliverySettings::of(DIRECT), &backend).await;
    assert_eq!(rig.send(5).await.unwrap(), partly);
    let flow = rig.stop().await;
    assert_eq!((flow.passed_on, flow.dropped), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_stop_drains_the_queue_and_keeps_trying_until_the_deadline() {
    let backend = ScriptedConsumer::default();
    backend.reject_all(Some(Reason::Unavailable));
    let rig = rig(&queued(|_| {}), &backend).await;
    for _ in 0..5 {
        rig.send(3).await.unwrap();
    }
    let recovering = backend.clone();
    let stop = rig.stop();
    let recovery = async {
        tokio::time::sleep(Time::from_secs(20)).await;
        recovering.reject_all(None);
    };
    let (flow, ()) = tokio::join!(stop, recovery);
    assert_eq!(flow.passed_on, 15);
    assert_eq!(rig.send(3).await.unwrap_err().reason, Reason::ShuttingDown);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_at_its_deadline_with_all_tried_and_counted() {
    let backend = ScriptedConsumer::default();
    backend.reject_all(Some(Reason::Unavailable));
    let rig = rig(&queued(|_| {}), &backend).await;
    for _ in 0..5 {
        rig.send(3).await.unwrap();
    }
    let started = Instant::now();
    assert_eq!(rig.stop().await.dropped, 15);
    assert!(started.elapsed() <= Time::from_secs(61));
    assert!(backend.offered().len() >= 5);
}

#[tokio::test(start_paused = true)]
async fn the_queue_merges_and_cuts_batches() {
    let backend = ScriptedConsumer::default();
    let rig = rig(&batched(10, 10, |_| {}), &backend).await;
    for size in [4, 4, 4, 20] {
        rig.send(size).await.unwrap();
    }
    tokio::time::sleep(Time::from_millis(100)).await;
    assert_eq!(backend.accepted().sizes(), [10, 10, 10]);
    tokio::time::sleep(Time::from_millis(101)).await;
    assert_eq!(backend.accepted().sizes(), [10, 10, 10, 2]);
    assert_eq!(rig.stop().await.passed_on, 32);
}

#[tokio::test(start_paused = true)]
async fn a_payload_is_done_when_all_its_batches_are() {
    let backend = ScriptedConsumer::default().then_accept().then_reject(Reason::Refused);
    let mut settings = batched(2, 2, |_| {});
    settings.sending_queue.iter_mut().for_each(|queue| queue.wait_for_result = true);
    let rig = rig(&settings, &backend).await;
    rig.send(4).await.unwrap_err();
    let flow = rig.stop().await;
    assert_eq!((flow.refused, flow.passed_on, flow.created), (4, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn partitions_are_kept_apart() {
    let backend = ScriptedConsumer::default();
    let settings = batched(4, 0, |batch| {
        batch.partition.metadata_keys = vec!["Tenant".to_owned()];
    });
    let rig = rig(&settings, &backend).await;
    for tenant in ["a", "b", "a"] {
        let metadata = vec![("tenant".into(), tenant.into()), ("other".into(), "x".into())];
        let context = RequestContext::new(Details { metadata, ..Details::default() });
        rig.edge.send(numbered_logs(0..2).with_context(context)).await.unwrap();
    }
    rig.stop().await;
    let tenants: Vec<_> = backend
        .accepted()
        .payloads()
        .iter()
        .map(|payload| (payload.context().all_metadata()[0].1.to_string(), payload.items()))
        .collect();
    assert_eq!(tenants, [("a".to_owned(), 4), ("b".to_owned(), 2)]);
}

#[tokio::test(start_paused = true)]
async fn one_item_over_the_byte_limit_is_dropped_and_counted() {
    let backend = ScriptedConsumer::default();
    let rig = rig(&batched(0, 5, |batch| batch.sizer = Some(Sizer::Bytes)), &backend).await;
    rig.send(3).await.unwrap();
    assert_eq!(rig.stop().await.dropped, 3);
    assert!(backend.offered().is_empty());
}

fn messages(settings: &DeliverySettings) -> Vec<(String, String)> {
    let mut issues = Issues::default();
    settings.validate(&mut issues);
    issues.list.into_iter().map(|issue| (issue.path, issue.message)).collect()
}

#[test]
fn the_defaults_are_valid() {
    assert_eq!(messages(&DeliverySettings::of(OTLP)), []);
    assert_eq!(DeliverySettings::of(DeliveryDefaults::NONE), DeliverySettings::default());
    assert!(DeliverySettings::of(DIRECT).sending_queue.is_none());
    assert_eq!(messages(&batched(8192, 0, |_| {})), []);
}

#[test]
fn says_what_is_wrong_with_its_settings() {
    let check = |settings: &DeliverySettings, path: &str, message: &str| {
        assert_eq!(messages(settings), [(path.to_owned(), message.to_owned())]);
    };
    check(&queued(|q| q.num_consumers = 0), "sending_queue", "`num_consumers` must be positive");
    check(&queued(|q| q.queue_size = 0), "sending_queue", "`queue_size` must be positive");
    check(
        &queued(|q| {
            q.storage = "file_storage".parse().ok();
            q.wait_for_result = true;
        }),
        "sending_queue",
        "`wait_for_result` is not supported with a persistent queue configured with `storage`",
    );
    let mut requests = batched(1, 0, |_| {});
    requests.sending_queue.iter_mut().for_each(|q| q.sizer = Some(Sizer::Requests));
    assert_eq!(messages(&requests)[0].1, "`batch` supports only `items` or `bytes` sizer");
    let mut retry = DeliverySettings::of(OTLP);
    retry.retry_on_failure.iter_mut().for_each(|retry| {
        retry.enabled = false;
        retry.max_elapsed_time = Duration::from_secs(10);
    });
    check(&retry, "retry_on_failure", "'max_elapsed_time' must not be less than 'max_interval'");
}

#[test]
fn reads_its_keys_and_leaves_the_others() {
    let read = |text: &str, defaults| {
        let node = crate::testing::settings::node(text).unwrap();
        DeliverySettings::decode(&node, "exporters::otlp", defaults)
    };
    let check = |text: &str, defaults, expected: &DeliverySettings| {
        assert_eq!(read(text, defaults).as_ref(), Ok(expected), "{text}");
    };
    check("endpoint: a:1", OTLP, &DeliverySettings::of(OTLP));
    check("endpoint: a:1", DIRECT, &DeliverySettings::of(DIRECT));
    check("sending_queue:", OTLP, &DeliverySettings::of(OTLP));
    check("sending_queue:", DIRECT, &DeliverySettings::of(OTLP));
    check("{sending_queue: {enabled: false}}", OTLP, &DeliverySettings::of(DIRECT));
    check("timeout: 7s", DeliveryDefaults::NONE, &DeliverySettings::default());
    let mut expected = queued(|queue| {
        queue.sizer = Some(Sizer::Bytes);
        queue.batch = DefaultOnNull::on(BatchSettings::default());
    });
    expected.timeout = Some(Duration::from_secs(7));
    check(
        "{timeout: 7s, sending_queue: {num_consumers: 1, sizer: bytes, batch: }}",
        OTLP,
        &expected,
    );
    assert!(read("{sending_queue: {storag: x}}", OTLP).is_err());
}

#[tokio::test(start_paused = true)]
async fn an_overdrawn_budget_fills_no_queue() {
    let rig = rig(&queued(|_| {}), &slow(5)).await;
    let copies = rig.bench.host.budget.take(2 << 30);
    assert!(rig.send(1).await.is_ok(), "an empty queue always takes one, so that it can empty");
    assert!(!rig.holder.has_room(1));
    assert_eq!(rig.send(1).await.unwrap_err().message, "sending queue is full");
    drop(copies);
    assert!(rig.holder.has_room(1) && rig.send(1).await.is_ok());
    assert_eq!(rig.stop().await.passed_on, 2);
}
