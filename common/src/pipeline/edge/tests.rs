use std::time::Duration;

use super::*;
use crate::{
    pipeline::Accepted,
    testing::{Bench, ScriptedConsumer, numbered_logs},
};

/// A source and a stage behind it.
fn connected(bench: &Bench, consumer: &ScriptedConsumer) -> Edge {
    let edge = Edge::from_source(bench.books("source"));
    edge.connect(Arc::new(consumer.clone()), bench.books("stage"));
    edge
}

fn assert_balanced_source(bench: &Bench) {
    assert!(bench.flow("source").is_balanced(), "{:?}", bench.flow("source"));
}

#[tokio::test]
async fn counts_on_both_sides() {
    let bench = Bench::default();
    let edge = connected(&bench, &ScriptedConsumer::default().then_reject(Reason::Overloaded));
    edge.send(numbered_logs(0..3)).await.unwrap_err();
    edge.send(numbered_logs(0..5)).await.unwrap();
    let (source, stage) = (bench.flow("source"), bench.flow("stage"));
    assert_eq!((source.created, source.refused, source.passed_on), (8, 3, 5));
    assert_eq!((stage.offered, stage.refused), (8, 3));
    assert_balanced_source(&bench);
}

#[tokio::test(start_paused = true)]
async fn books_are_right_when_dropped_at_any_await() {
    for polls in 0..3 {
        let bench = Bench::default();
        let slow =
            ScriptedConsumer::default().then_after(Duration::from_secs(1), Ok(Accepted::FULLY));
        let edge = connected(&bench, &slow);
        {
            let sending = edge.send(numbered_logs(0..3));
            tokio::pin!(sending);
            for _ in 0..polls {
                assert!(futures_util::poll!(&mut sending).is_pending());
            }
        }
        let expected = if polls == 0 { 0 } else { 3 };
        assert_eq!(bench.flow("source").refused, expected);
        assert_eq!(bench.flow("stage").refused, expected);
        assert_balanced_source(&bench);
    }
}

#[tokio::test]
async fn an_edge_that_leads_nowhere_rejects_and_has_no_room() {
    let bench = Bench::default();
    let edge = connected(&bench, &ScriptedConsumer::default());
    assert!(edge.is_connected() && edge.has_room(1));
    edge.disconnect();
    assert!(!edge.is_connected() && !edge.has_room(1));
    let rejected = edge.send(numbered_logs(0..3)).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Unavailable);
    assert_balanced_source(&bench);
}

#[tokio::test]
async fn clones_are_reconnected_together() {
    let bench = Bench::default();
    let (old, new) = (ScriptedConsumer::default(), ScriptedConsumer::default());
    let edge = connected(&bench, &old);
    let clone = edge.clone();
    edge.connect(Arc::new(new.clone()), bench.books("stage"));
    clone.send(numbered_logs(0..3)).await.unwrap();
    assert_eq!((old.accepted().items(), new.accepted().items()), (0, 3));
}
