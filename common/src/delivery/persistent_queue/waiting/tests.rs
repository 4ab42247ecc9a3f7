use super::*;

const INTERVAL: Duration = Duration::from_secs(5);
const CONSUMERS: usize = FEW;

fn parcel() -> Parcel {
    Parcel::new(Vec::new(), &crate::testing::numbered_logs(0..1))
}

#[tokio::test(start_paused = true)]
async fn what_is_due_comes_first_and_nothing_before() {
    let mut waiting = Waiting::default();
    let now = Instant::now();
    waiting.put(parcel(), now + INTERVAL);
    waiting.put(parcel(), now + INTERVAL * 2);
    assert!(waiting.take_due(now).is_none());
    assert_eq!(waiting.next_due(), Some(now + INTERVAL));
    assert!(waiting.take_due(now + INTERVAL).is_some());
    assert!(waiting.take_due(now + INTERVAL).is_none());
    assert!(waiting.take_due(now + INTERVAL * 2).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_takes_nothing_is_probed_only() {
    let mut waiting = Waiting::default();
    let now = Instant::now();
    for _ in 0..CONSUMERS {
        assert!(waiting.allows_new(now));
        waiting.note_failure(CONSUMERS, now, INTERVAL);
    }
    assert!(!waiting.allows_new(now));
    assert_eq!(waiting.next_due(), Some(now + INTERVAL));
    let later = now + INTERVAL;
    assert!(waiting.allows_new(later));
    waiting.note_new(later, INTERVAL);
    assert!(!waiting.allows_new(later));
    assert!(waiting.allows_new(later + INTERVAL));
}

#[tokio::test(start_paused = true)]
async fn when_the_backend_answers_again_what_waits_is_tried_soon() {
    let mut waiting = Waiting::default();
    let now = Instant::now();
    waiting.put(parcel(), now + INTERVAL * 100);
    for _ in 0..CONSUMERS {
        waiting.note_failure(CONSUMERS, now, INTERVAL);
    }
    waiting.note_success(now, INTERVAL);
    assert!(waiting.allows_new(now));
    assert!(waiting.take_due(now + INTERVAL).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_success_between_failures_leaves_the_waits_alone() {
    let mut waiting = Waiting::default();
    let now = Instant::now();
    waiting.put(parcel(), now + INTERVAL * 100);
    for _ in 1..CONSUMERS {
        waiting.note_failure(CONSUMERS, now, INTERVAL);
    }
    waiting.note_success(now, INTERVAL);
    waiting.note_failure(CONSUMERS, now, INTERVAL);
    assert!(waiting.allows_new(now));
    assert!(waiting.take_due(now + INTERVAL).is_none());
}

#[tokio::test(start_paused = true)]
async fn only_so_many_wait() {
    let mut waiting = Waiting::default();
    let now = Instant::now();
    for _ in 0..MAX_WAITING {
        assert!(waiting.allows_new(now));
        waiting.put(parcel(), now + INTERVAL);
    }
    assert!(!waiting.allows_new(now));
}
