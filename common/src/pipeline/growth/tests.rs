use super::*;
use crate::{pipeline::Budget, signal::Signal};

const LIMIT: u64 = 64 << 20;
const MIB: usize = 1 << 20;

fn payload(budget: &Budget, bytes: usize) -> Payload {
    let charge = budget.reserve(bytes).unwrap();
    Payload::new(Signal::Logs, vec![0; bytes].into(), 1, charge)
}

fn chunks(bytes: usize) -> SmallVec<[Bytes; 1]> {
    [Bytes::from(vec![0; bytes])].into_iter().collect()
}

#[test]
fn a_payload_is_charged_for_what_it_grows_by() {
    let budget = Budget::new(LIMIT);
    for after in [80, 100, 1000] {
        let before = payload(&budget, 100);
        let mut growth = Growth::of(&before);
        assert!(growth.add(900));
        let grown = growth.settle(before, chunks(after), 1).unwrap();
        assert_eq!(budget.used(), after.max(100) as u64);
        drop(grown);
        assert_eq!(budget.used(), 0);
    }
}

#[test]
fn a_full_budget_lets_a_payload_grow_a_little() {
    let budget = Budget::new(LIMIT);
    let before = payload(&budget, 100);
    let full = budget.take(LIMIT as usize);
    let mut growth = Growth::of(&before);
    assert!(growth.add(MIB));
    let grown = growth.settle(before, chunks(MIB), 1).unwrap();
    drop(full);
    assert_eq!(budget.used(), MIB as u64);
    drop(grown);
    assert_eq!(budget.used(), 0);
}

#[test]
fn what_grows_beyond_the_budget_is_refused_while_it_grows() {
    let budget = Budget::new(LIMIT);
    let before = payload(&budget, 100);
    let mut growth = Growth::of(&before);
    let steps = (0..1_000_000).take_while(|_| growth.add(1000)).count();
    assert!(steps * 1000 < LIMIT as usize, "{steps} steps were taken");
    assert!(steps * 1000 > LIMIT as usize / 2, "only {steps} steps were taken");
    let rejected = growth.settle(before, chunks(100), 1).unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    assert_eq!(budget.used(), 0);
}

#[test]
fn what_was_asked_for_is_not_charged_twice() {
    let budget = Budget::new(LIMIT);
    let before = payload(&budget, 100);
    let mut growth = Growth::of(&before);
    assert!(growth.add(10 * MIB));
    let grown = growth.settle(before, chunks(100 + 10 * MIB), 1).unwrap();
    assert_eq!(budget.used(), 100 + 10 * MIB as u64);
    drop(grown);
}

#[test]
fn an_edit_adds_what_the_message_grows_by() {
    let budget = Budget::new(LIMIT);
    let before = payload(&budget, 100);
    let mut growth = Growth::of(&before);
    let mut message = Draft::new(&[], 1);
    growth.edit(&mut message, |message| message.set_bytes(2, &vec![0; 10 * MIB]));
    let grown = message.len();
    assert!(grown > 10 * MIB);
    assert_eq!(budget.used() + MIN_FREE_BYTES as u64, (100 + grown) as u64);
    growth.edit(&mut message, |message| message.clear(2));
    assert_eq!(growth.added, grown);
}
