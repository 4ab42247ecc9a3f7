use super::*;

const OTLP: DeliveryDefaults =
    DeliveryDefaults { timeout_ms: Some(5000), retry: true, queue: Some(true) };

fn read(yaml: &str) -> DeliverySettings {
    let node = crate::testing::settings::node(yaml).unwrap();
    DeliverySettings::decode(&node, "exporters::otlp", OTLP).unwrap()
}

/// How long one payload is tried.
fn limit(yaml: &str) -> Duration {
    read(yaml).retry_on_failure.unwrap().max_elapsed_time
}

#[test]
fn a_durable_queue_tries_for_ever_unless_a_limit_is_written() {
    assert_eq!(limit("{}"), Duration::from_secs(300));
    assert_eq!(limit("sending_queue: {storage: file_storage}"), Duration::ZERO);
    let written =
        "{retry_on_failure: {max_elapsed_time: 10m}, sending_queue: {storage: file_storage}}";
    assert_eq!(limit(written), Duration::from_secs(600));
    let off = "sending_queue: {enabled: false, storage: file_storage}";
    assert_eq!(limit(off), Duration::from_secs(300));
}

#[test]
fn a_durable_queue_loses_nothing_beside_others_unless_told_to() {
    let must_not_lose = |yaml: &str, is_only| read(yaml).must_not_lose(is_only);
    assert!(!must_not_lose("{}", false) && must_not_lose("{}", true));
    assert!(must_not_lose("sending_queue: {storage: file_storage}", false));
    assert!(!must_not_lose("sending_queue: {storage: file_storage, when_full: drop}", true));
}

#[test]
fn room_for_requests_becomes_room_for_what_they_were_made_of() {
    let batch = |min_items| SendingBatch {
        timeout: std::time::Duration::from_millis(200),
        min_items,
        max_items: 0,
        metadata_keys: Vec::new(),
        metadata_cardinality_limit: 1000,
    };
    let check = |yaml: &str, moved: &[SendingBatch], expected: (Sizer, i64)| {
        let mut queue = read(yaml).sending_queue.unwrap();
        queue.make_room_for(moved);
        assert_eq!((queue.queue_sizer(), queue.queue_size), expected, "{yaml}");
    };
    let small = "sending_queue: {queue_size: 10}";
    check(small, &[], (Sizer::Requests, 10));
    check(small, &[batch(0)], (Sizer::Requests, 10));
    check(small, &[batch(100), batch(8192), batch(1)], (Sizer::Items, 81_920));
    check("sending_queue: {queue_size: 10, sizer: items}", &[batch(100)], (Sizer::Items, 10));
    check("sending_queue: {queue_size: 10, sizer: bytes}", &[batch(100)], (Sizer::Bytes, 10));
    let huge = "sending_queue: {queue_size: 9000000000000000000}";
    check(huge, &[batch(8192)], (Sizer::Items, i64::MAX));
}
