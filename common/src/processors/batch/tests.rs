use proptest::prelude::*;

use super::*;
use crate::{
    component::Kind,
    pipeline::{Details, RequestContext},
    testing::{Bench, RecordingSink, ScriptedConsumer, numbered_logs, numbers_of},
};

struct Rig {
    bench: Bench,
    batch: Arc<BatchProcessor>,
    edge: Edge,
}

async fn rig(
    config: BatchProcessorConfig,
    next: impl FnOnce(&crate::pipeline::Books) -> Edge,
) -> Rig {
    let bench = Bench::default();
    let context = bench.context(Kind::Processor, "batch");
    let next = next(&context.books);
    let batch = Arc::new(BatchProcessor::new(config, context, next));
    batch.start().await.unwrap();
    let edge = bench.edge_into(batch.clone(), "batch");
    Rig { bench, batch, edge }
}

impl Rig {
    async fn send(&self, sizes: &[u64]) {
        let mut next = 0;
        for size in sizes {
            self.edge.send(numbered_logs(next..next + size)).await.unwrap();
            next += size;
        }
    }

    async fn stop(&self) {
        self.batch.stop(Instant::now() + Time::from_secs(30)).await;
        let flow = self.bench.flow("batch");
        assert_eq!(flow.held, 0);
        assert!(flow.is_balanced(), "{flow:?}");
    }
}

fn config(timeout_ms: u64, trigger: u32, max: u32) -> BatchProcessorConfig {
    BatchProcessorConfig {
        timeout: Duration::from_millis(timeout_ms),
        send_batch_size: trigger,
        send_batch_max_size: max,
        ..BatchProcessorConfig::default()
    }
}

/// The sizes of the batches that are sent after so many milliseconds, and after the stop.
async fn check(
    config: BatchProcessorConfig,
    sizes: &[u64],
    after_ms: u64,
    sent: &[usize],
    all: &[usize],
) {
    let sink = RecordingSink::default();
    let rig = rig(config, |books| sink.edge(books)).await;
    rig.send(sizes).await;
    tokio::time::sleep(Time::from_millis(after_ms)).await;
    assert_eq!(sink.sizes(), sent);
    rig.stop().await;
    assert_eq!(sink.sizes(), all);
}

#[tokio::test(start_paused = true)]
async fn sends_when_there_is_enough() {
    check(config(200, 10, 0), &[4, 4, 4, 4], 1, &[12], &[12, 4]).await;
}

#[tokio::test(start_paused = true)]
async fn sends_when_the_time_is_over() {
    check(config(200, 10, 0), &[4, 4], 199, &[], &[8]).await;
    check(config(200, 10, 0), &[4, 4], 201, &[8], &[8]).await;
}

#[tokio::test(start_paused = true)]
async fn cuts_at_the_largest_size_and_keeps_what_is_below_the_trigger() {
    check(config(200, 10, 10), &[35], 1, &[10, 10, 10], &[10, 10, 10, 5]).await;
    check(config(200, 10, 20), &[55], 1, &[20, 20, 15], &[20, 20, 15]).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_timer_each_payload_is_sent_at_once() {
    check(config(0, 10, 0), &[4, 4], 1, &[4, 4], &[4, 4]).await;
    check(config(200, 0, 3), &[4, 4], 1, &[3, 1, 3, 1], &[3, 1, 3, 1]).await;
}

#[tokio::test(start_paused = true)]
async fn the_timer_runs_freely() {
    let sink = RecordingSink::default();
    let rig = rig(config(200, 10, 0), |books| sink.edge(books)).await;
    tokio::time::sleep(Time::from_millis(150)).await;
    rig.send(&[4]).await;
    tokio::time::sleep(Time::from_millis(51)).await;
    assert_eq!(sink.sizes(), [4]);
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn merging_shares_the_bytes() {
    let sink = RecordingSink::default();
    let rig = rig(config(200, 8, 0), |books| sink.edge(books)).await;
    rig.send(&[4, 4]).await;
    rig.stop().await;
    assert_eq!(sink.payloads()[0].chunks().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn holds_and_refuses_while_the_next_stage_refuses() {
    let consumer = ScriptedConsumer::default();
    consumer.reject_all(Some(Reason::Unavailable));
    let rig = rig(config(200, 4, 0), |books| consumer.edge(books)).await;
    rig.send(&[4]).await;
    tokio::time::sleep(Time::from_millis(10)).await;
    let rejected = rig.edge.send(numbered_logs(4..8)).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Unavailable);
    assert!(rejected.retry_after.is_some());
    assert!(!rig.edge.has_room(1));
    consumer.reject_all(None);
    consumer.accepted().wait_for_items(4).await;
    tokio::time::sleep(Time::from_millis(1)).await;
    rig.edge.send(numbered_logs(4..8)).await.unwrap();
    rig.stop().await;
    let numbers: Vec<_> = consumer.accepted().payloads().iter().flat_map(numbers_of).collect();
    assert_eq!(numbers, (0..8).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn one_permanent_rejection_does_not_stop_the_next_batch() {
    let consumer = ScriptedConsumer::default().then_reject(Reason::Refused);
    let rig = rig(config(200, 4, 0), |books| consumer.edge(books)).await;
    rig.send(&[4]).await;
    tokio::time::sleep(Time::from_millis(10)).await;
    rig.edge.send(numbered_logs(4..8)).await.unwrap();
    rig.stop().await;
    assert_eq!(consumer.accepted().items(), 4);
    assert_eq!(rig.bench.flow("batch").dropped, 4);
}

#[tokio::test(start_paused = true)]
async fn a_full_backlog_flushes_early_and_then_refuses() {
    let stuck = Time::from_secs(3600);
    let consumer = ScriptedConsumer::default().then_after(stuck, Ok(Accepted::FULLY));
    let rig = rig(config(1_000_000, 1_000_000_000, 0), |books| consumer.edge(books)).await;
    // The least that a backlog has room for is a mebibyte.
    rig.bench.host.budget.set_limit(1);
    let payload = |start: u64| numbered_logs(start..start + 30_000);
    for _ in 0..2 {
        rig.edge.send(payload(0)).await.unwrap();
    }
    assert!(!rig.edge.has_room(1 << 20));
    rig.edge.send(payload(0)).await.unwrap();
    let started = Instant::now();
    let rejected = rig.edge.send(payload(0)).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    assert_eq!(started.elapsed(), ROOM_WAIT);
    assert!(!consumer.offered().is_empty());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_after_the_stop() {
    let sink = RecordingSink::default();
    let rig = rig(config(200, 10, 0), |books| sink.edge(books)).await;
    rig.stop().await;
    let rejected = rig.edge.send(numbered_logs(0..1)).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::ShuttingDown);
}

fn from_tenant(tenant: &str, numbers: std::ops::Range<u64>) -> Payload {
    let metadata = vec![("tenant".into(), tenant.into()), ("secret".into(), "x".into())];
    numbered_logs(numbers)
        .with_context(RequestContext::new(Details { metadata, ..Details::default() }))
}

#[tokio::test(start_paused = true)]
async fn metadata_keys_keep_batches_apart() {
    let sink = RecordingSink::default();
    let config = BatchProcessorConfig {
        metadata_keys: vec!["Tenant".to_owned()],
        metadata_cardinality_limit: 2,
        ..config(200, 10, 0)
    };
    let rig = rig(config, |books| sink.edge(books)).await;
    for (tenant, numbers) in [("a", 0..3), ("b", 3..6), ("a", 6..9)] {
        rig.edge.send(from_tenant(tenant, numbers)).await.unwrap();
    }
    let rejected = rig.edge.send(from_tenant("c", 9..12)).await.unwrap_err();
    assert_eq!(rejected.message, "too many batcher metadata-value combinations");
    assert!(!rejected.is_retryable());
    rig.stop().await;
    let mut sent: Vec<_> = sink
        .payloads()
        .iter()
        .map(|payload| {
            let metadata = payload.context().all_metadata().to_vec();
            (metadata, numbers_of(payload))
        })
        .collect();
    sent.sort();
    let only = |tenant: &str| vec![("tenant".into(), tenant.into())];
    assert_eq!(sent, [(only("a"), vec![0, 1, 2, 6, 7, 8]), (only("b"), vec![3, 4, 5])]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn keeps_every_item_in_order_within_bounds(
        sizes in proptest::collection::vec((1_u64..60, 0_u64..300), 1..30),
        trigger in 0_u32..50,
        extra in proptest::option::of(0_u32..30),
        timeout in 0_u64..300,
    ) {
        let max = extra.map_or(0, |extra| trigger + extra);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time().start_paused(true).build().unwrap();
        let batches = runtime.block_on(async {
            let sink = RecordingSink::default();
            let rig = rig(config(timeout, trigger, max), |books| sink.edge(books)).await;
            let mut next = 0;
            for (size, pause) in &sizes {
                rig.edge.send(numbered_logs(next..next + size)).await.unwrap();
                next += size;
                tokio::time::sleep(Time::from_millis(*pause)).await;
            }
            rig.stop().await;
            sink.take()
        });
        let total: u64 = sizes.iter().map(|(size, _)| size).sum();
        let numbers: Vec<_> = batches.iter().flat_map(numbers_of).collect();
        prop_assert_eq!(numbers, (0..total).collect::<Vec<_>>());
        for batch in &batches {
            prop_assert!(max == 0 || batch.items() <= max as usize);
            prop_assert_eq!(numbers_of(batch).len(), batch.items());
        }
    }
}

#[test]
fn says_what_is_wrong_with_its_settings() {
    let config = BatchProcessorConfig {
        timeout: "-1s".parse().unwrap(),
        send_batch_size: 10,
        send_batch_max_size: 9,
        metadata_keys: vec!["A".to_owned(), "a".to_owned()],
        ..BatchProcessorConfig::default()
    };
    let mut issues = Issues::default();
    config.validate(&mut issues);
    let messages: Vec<_> = issues.list.into_iter().map(|issue| issue.message).collect();
    assert_eq!(
        messages,
        [
            "send_batch_max_size must be greater or equal to send_batch_size",
            "duplicate entry in metadata_keys: \"a\" (case-insensitive)",
            "timeout must be greater or equal to 0",
        ]
    );
}

#[test]
fn reads_its_documented_settings() {
    let text = "{timeout: 200ms, send_batch_size: 8192, send_batch_max_size: 0, metadata_keys: [], metadata_cardinality_limit: 1000}";
    let config: BatchProcessorConfig = crate::testing::settings::read(text).unwrap();
    assert_eq!(format!("{config:?}"), format!("{:?}", BatchProcessorConfig::default()));
    assert!(crate::testing::settings::read::<BatchProcessorConfig>("send_batch_size: -1").is_err());
}
