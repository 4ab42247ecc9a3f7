use std::time::Duration;

use super::*;
use crate::{
    pipeline::Accepted,
    testing::{Bench, ScriptedConsumer, numbered_logs},
};

struct Rig {
    bench: Bench,
    edge: Edge,
    tasks: Tasks,
}

fn rig(branches: &[(&ScriptedConsumer, bool)]) -> Rig {
    let (bench, tasks) = (Bench::default(), Tasks::default());
    let books = bench.books("fanout");
    let branches = branches
        .iter()
        .map(|(consumer, must_not_lose)| Branch {
            edge: consumer.edge(&books),
            must_not_lose: *must_not_lose,
        })
        .collect();
    let fanout = Fanout::new(branches, books, tasks.clone());
    let edge = bench.edge_into(Arc::new(fanout), "fanout");
    Rig { bench, edge, tasks }
}

fn slow() -> ScriptedConsumer {
    ScriptedConsumer::default().then_after(Duration::from_secs(1), Ok(Accepted::FULLY))
}

#[tokio::test]
async fn every_branch_gets_the_same_bytes() {
    let (a, b) = (ScriptedConsumer::default(), ScriptedConsumer::default());
    let rig = rig(&[(&a, true), (&b, true)]);
    let payload = numbered_logs(0..3);
    let bytes = payload.chunks()[0].as_ptr();
    rig.edge.send(payload).await.unwrap();
    for branch in [&a, &b] {
        assert_eq!(branch.accepted().payloads()[0].chunks()[0].as_ptr(), bytes);
    }
    let flow = rig.bench.flow("fanout");
    assert_eq!((flow.offered, flow.created, flow.passed_on), (3, 3, 6));
}

#[tokio::test]
async fn a_full_branch_that_must_not_lose_refuses_before_any_branch_takes() {
    let (a, b) = (ScriptedConsumer::default(), ScriptedConsumer::default());
    b.set_full(true);
    let rig = rig(&[(&a, false), (&b, true)]);
    let rejected = rig.edge.send(numbered_logs(0..3)).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    assert!(a.offered().is_empty());
    assert!(rig.bench.flow("fanout").is_balanced());
}

#[tokio::test]
async fn a_branch_that_may_lose_drops_its_own_copy() {
    let a = ScriptedConsumer::default();
    let b = ScriptedConsumer::default().then_reject(Reason::Overloaded);
    let rig = rig(&[(&a, false), (&b, false)]);
    rig.edge.send(numbered_logs(0..3)).await.unwrap();
    let flow = rig.bench.flow("fanout");
    assert_eq!((flow.created, flow.passed_on, flow.dropped), (3, 3, 3));
    assert!(flow.is_balanced());
}

#[tokio::test]
async fn nobody_taking_is_a_refusal() {
    let a = ScriptedConsumer::default().then_reject(Reason::Refused);
    let b = ScriptedConsumer::default().then_reject(Reason::Overloaded);
    let rig = rig(&[(&a, false), (&b, false)]);
    let rejected = rig.edge.send(numbered_logs(0..3)).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    assert_eq!(rejected.message, "scripted: refused; scripted: overloaded");
    assert!(rig.bench.flow("fanout").is_balanced());
}

#[tokio::test]
async fn a_branch_that_must_not_lose_decides_for_the_whole() {
    let a = ScriptedConsumer::default();
    let b = ScriptedConsumer::default().then_reject(Reason::Unavailable);
    let rig = rig(&[(&a, false), (&b, true)]);
    rig.edge.send(numbered_logs(0..3)).await.unwrap_err();
    let flow = rig.bench.flow("fanout");
    assert_eq!((flow.offered, flow.refused, flow.created, flow.passed_on), (3, 3, 3, 3));
}

#[tokio::test(start_paused = true)]
async fn branches_run_at_the_same_time() {
    let (a, b) = (slow(), slow());
    let rig = rig(&[(&a, true), (&b, true)]);
    let started = tokio::time::Instant::now();
    rig.edge.send(numbered_logs(0..3)).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn all_branches_get_it_although_the_caller_goes_away() {
    let (a, b) = (ScriptedConsumer::default(), slow());
    let rig = rig(&[(&a, true), (&b, true)]);
    {
        let sending = rig.edge.send(numbered_logs(0..3));
        tokio::pin!(sending);
        assert!(futures_util::poll!(&mut sending).is_pending());
    }
    assert!(rig.tasks.stop(tokio::time::Instant::now() + Duration::from_secs(5)).await);
    assert_eq!((a.accepted().items(), b.accepted().items()), (3, 3));
    let flow = rig.bench.flow("fanout");
    assert_eq!((flow.refused, flow.created, flow.passed_on), (3, 6, 6));
    assert!(flow.is_balanced());
}

fn fanout(bench: &Bench, branches: &[&ScriptedConsumer]) -> Fanout {
    let books = bench.books("fanout");
    let branches =
        branches.iter().map(|consumer| Branch { edge: consumer.edge(&books), must_not_lose: true });
    Fanout::new(branches.collect(), books, Tasks::default())
}

fn share<'a>(items: std::ops::Range<u64>, branches: &'a [usize]) -> Share<'a> {
    Share { payload: numbered_logs(items), branches }
}

#[tokio::test]
async fn shares_go_to_their_branches_alone() {
    let (a, b) = (ScriptedConsumer::default(), ScriptedConsumer::default());
    let bench = Bench::default();
    let fanout = fanout(&bench, &[&a, &b]);
    bench.books("fanout").offered(5);
    let shares = vec![share(0..2, &[0]), share(2..5, &[1])];
    fanout.share_out(shares, 5).await.unwrap();
    assert_eq!((a.accepted().items(), b.accepted().items()), (2, 3));
    let flow = bench.flow("fanout");
    assert_eq!((flow.created, flow.passed_on, flow.is_balanced()), (0, 5, true));
}

#[tokio::test]
async fn a_share_for_a_full_branch_keeps_all_shares_back() {
    let (a, b) = (ScriptedConsumer::default(), ScriptedConsumer::default());
    b.set_full(true);
    let bench = Bench::default();
    let fanout = fanout(&bench, &[&a, &b]);
    let shares = vec![share(0..2, &[0]), share(2..5, &[0, 1])];
    assert_eq!(fanout.share_out(shares, 5).await.unwrap_err().reason, Reason::Overloaded);
    assert!(a.offered().is_empty());
    fanout.share_out(vec![share(0..2, &[0])], 2).await.unwrap();
    assert_eq!(a.accepted().items(), 2);
}

#[tokio::test]
async fn what_backends_refused_of_several_shares_adds_up() {
    let refuses = |refused_items| {
        let accepted = Accepted { refused_items, message: "some".into() };
        ScriptedConsumer::default().then(Ok(accepted.clone())).then(Ok(accepted))
    };
    let (a, b) = (refuses(1), refuses(2));
    let fanout = fanout(&Bench::default(), &[&a, &b]);
    let accepted = fanout.share_out(vec![share(0..2, &[0]), share(2..5, &[1])], 5).await.unwrap();
    assert_eq!(accepted.refused_items, 3);
    let accepted = fanout.share_out(vec![share(0..5, &[0, 1])], 5).await.unwrap();
    assert_eq!(accepted.refused_items, 2);
}

#[tokio::test]
async fn a_refused_share_leaves_all_with_the_client() {
    let a = ScriptedConsumer::default();
    let b = ScriptedConsumer::default().then_reject(Reason::Unavailable);
    let bench = Bench::default();
    let fanout = fanout(&bench, &[&a, &b]);
    let shares = vec![share(0..2, &[0]), share(2..5, &[1])];
    assert_eq!(fanout.share_out(shares, 5).await.unwrap_err().reason, Reason::Unavailable);
    // The edge into the stage counts that all of it was offered and refused.
    let flow = bench.flow("fanout");
    assert_eq!((flow.created, flow.passed_on, flow.dropped), (2, 2, 0));
}
