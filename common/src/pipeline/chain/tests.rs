use super::*;
use crate::{
    pipeline::Rejected,
    testing::{Bench, RecordingSink, ScriptedConsumer, numbered_logs},
};

/// Keeps the first items of a payload.
struct Keep(usize);

impl Transform for Keep {
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected> {
        let chunks = payload.chunks().iter().cloned().collect();
        let items = payload.items().min(self.0);
        Ok(payload.with_content(chunks, items))
    }
}

struct Refuse;

impl Transform for Refuse {
    fn transform(&self, _payload: Payload) -> Result<Payload, Rejected> {
        Err(Rejected::new(Reason::Overloaded, "refused by the transform"))
    }
}

/// Two steps in front of a consumer; the edge into the first.
fn chain(bench: &Bench, steps: [Arc<dyn Transform>; 2], last: impl FnOnce(&Books) -> Edge) -> Edge {
    let books = [bench.books("first"), bench.books("second")];
    let next = last(&books[1]);
    let chain = Chain::new(steps.into_iter().zip(books).collect(), next);
    bench.edge_into(Arc::new(chain), "first")
}

#[tokio::test]
async fn counts_what_each_transform_takes_out() {
    let (bench, sink) = (Bench::default(), RecordingSink::default());
    let edge = chain(&bench, [Arc::new(Keep(8)), Arc::new(Keep(5))], |books| sink.edge(books));
    edge.send(numbered_logs(0..10)).await.unwrap();
    let (first, second) = (bench.flow("first"), bench.flow("second"));
    assert_eq!((first.offered, first.dropped, first.passed_on), (10, 2, 8));
    assert_eq!((second.offered, second.dropped, second.passed_on), (8, 3, 5));
    assert!(first.is_balanced() && second.is_balanced());
    assert_eq!(sink.items(), 5);
}

#[tokio::test]
async fn an_emptied_payload_is_accepted_and_goes_no_further() {
    let (bench, sink) = (Bench::default(), RecordingSink::default());
    let edge = chain(&bench, [Arc::new(Keep(0)), Arc::new(Refuse)], |books| sink.edge(books));
    edge.send(numbered_logs(0..10)).await.unwrap();
    assert_eq!(bench.flow("first").dropped, 10);
    assert_eq!(bench.flow("second").offered, 0);
    assert!(sink.payloads().is_empty());
}

#[tokio::test]
async fn a_refusal_drops_nothing_on_any_step() {
    let bench = Bench::default();
    let consumer = ScriptedConsumer::default().then_reject(Reason::Unavailable);
    let edge = chain(&bench, [Arc::new(Keep(8)), Arc::new(Keep(5))], |b| consumer.edge(b));
    let rejected = edge.send(numbered_logs(0..10)).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Unavailable);
    let (first, second) = (bench.flow("first"), bench.flow("second"));
    assert_eq!((first.offered, first.refused, first.dropped), (10, 10, 0));
    assert_eq!((second.offered, second.refused, second.dropped), (8, 8, 0));
}

#[tokio::test]
async fn a_transform_that_refuses_is_counted_on_its_own_step() {
    let (bench, sink) = (Bench::default(), RecordingSink::default());
    let edge = chain(&bench, [Arc::new(Keep(8)), Arc::new(Refuse)], |books| sink.edge(books));
    edge.send(numbered_logs(0..10)).await.unwrap_err();
    assert!(bench.flow("first").is_balanced() && bench.flow("second").is_balanced());
    assert_eq!(bench.flow("second").refused, 8);
}

#[tokio::test(start_paused = true)]
async fn books_are_right_when_the_caller_goes_away() {
    let bench = Bench::default();
    let consumer = ScriptedConsumer::default()
        .then_after(std::time::Duration::from_secs(1), Ok(Accepted::FULLY));
    let edge = chain(&bench, [Arc::new(Keep(8)), Arc::new(Keep(5))], |b| consumer.edge(b));
    {
        let sending = edge.send(numbered_logs(0..10));
        tokio::pin!(sending);
        assert!(futures_util::poll!(&mut sending).is_pending());
    }
    assert_eq!(bench.flow("first").refused, 10);
    assert_eq!(bench.flow("second").refused, 8);
    assert!(bench.flow("first").is_balanced() && bench.flow("second").is_balanced());
}
