use std::time::Duration;

use super::*;
use crate::testing::{Bench, ScriptedConsumer, numbered_logs};

fn emitter(bench: &Bench, consumer: &ScriptedConsumer) -> Emitter {
    let books = bench.books("stage");
    Emitter::new(consumer.edge(&books), books, bench.host.budget.clone())
}

async fn emit(bench: &Bench, emitter: &Emitter) -> Emitted {
    // As a stage does that took these items over.
    bench.books("stage").created(3);
    bench.books("stage").hold(3);
    emitter.emit(numbered_logs(0..3)).await
}

#[tokio::test(start_paused = true)]
async fn a_retryable_rejection_is_tried_again() {
    let bench = Bench::default();
    let consumer = ScriptedConsumer::default()
        .then_reject(Reason::Unavailable)
        .then_reject(Reason::Overloaded);
    assert_eq!(emit(&bench, &emitter(&bench, &consumer)).await, Emitted::PassedOn);
    assert_eq!(consumer.offered().len(), 3);
    let flow = bench.flow("stage");
    assert_eq!((flow.passed_on, flow.held), (3, 0));
    assert!(flow.is_balanced());
}

#[tokio::test(start_paused = true)]
async fn a_permanent_rejection_is_dropped_and_counted() {
    let bench = Bench::default();
    let consumer = ScriptedConsumer::default().then_reject(Reason::Refused);
    let emitter = emitter(&bench, &consumer);
    assert!(matches!(emit(&bench, &emitter).await, Emitted::Dropped(_)));
    assert_eq!(emit(&bench, &emitter).await, Emitted::PassedOn);
    assert_eq!(bench.flow("stage").dropped, 3);
    assert!(bench.flow("stage").is_balanced());
}

#[tokio::test(start_paused = true)]
async fn waits_as_long_as_it_was_asked_to() {
    let bench = Bench::default();
    let asked = Rejected::new(Reason::Overloaded, "later").retry_after(Duration::from_secs(30));
    let consumer = ScriptedConsumer::default().then(Err(asked));
    let started = Instant::now();
    emit(&bench, &emitter(&bench, &consumer)).await;
    assert!(started.elapsed() >= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn says_that_it_is_blocked_while_the_next_stage_refuses() {
    let bench = Bench::default();
    let consumer = ScriptedConsumer::default();
    consumer.reject_all(Some(Reason::Unavailable));
    let emitter = emitter(&bench, &consumer);
    let emission = emit(&bench, &emitter);
    tokio::pin!(emission);
    assert!(tokio::time::timeout(Duration::from_secs(60), &mut emission).await.is_err());
    assert_eq!(emitter.refusal().map(|rejected| rejected.reason), Some(Reason::Unavailable));
    consumer.reject_all(None);
    emission.await;
    assert!(!emitter.is_blocked());
}

#[tokio::test(start_paused = true)]
async fn tries_until_the_deadline_of_a_stop() {
    let bench = Bench::default();
    let consumer = ScriptedConsumer::default();
    consumer.reject_all(Some(Reason::Unavailable));
    let emitter = emitter(&bench, &consumer);
    let emission = emit(&bench, &emitter);
    tokio::pin!(emission);
    assert!(tokio::time::timeout(Duration::from_secs(60), &mut emission).await.is_err());
    let deadline = Instant::now() + Duration::from_secs(10);
    emitter.stop_by(deadline);
    assert!(matches!(emission.await, Emitted::Dropped(_)));
    assert_eq!(Instant::now(), deadline);
    assert!(bench.flow("stage").is_balanced());
}

#[tokio::test(start_paused = true)]
async fn books_are_right_when_dropped_while_sending_or_waiting() {
    for wait in [Duration::ZERO, Duration::from_millis(100), Duration::from_secs(9)] {
        let bench = Bench::default();
        let hang = Duration::from_secs(100);
        let consumer = ScriptedConsumer::default()
            .then_reject(Reason::Unavailable)
            .then_after(hang, Ok(crate::pipeline::Accepted::FULLY));
        let emitter = emitter(&bench, &consumer);
        let emission = emit(&bench, &emitter);
        assert!(tokio::time::timeout(wait, emission).await.is_err());
        let flow = bench.flow("stage");
        assert_eq!((flow.dropped, flow.held), (3, 0));
        assert!(flow.is_balanced() && !emitter.is_blocked());
    }
}

#[tokio::test]
async fn what_nobody_charged_is_charged_while_it_is_sent() {
    let bench = Bench::default();
    let consumer = ScriptedConsumer::default();
    emit(&bench, &emitter(&bench, &consumer)).await;
    assert!(bench.host.budget.peak() > 0);
    assert_eq!(bench.host.budget.used(), 0);
}
