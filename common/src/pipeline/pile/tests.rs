use proptest::prelude::*;

use super::*;
use crate::{
    pipeline::{Budget, Charge},
    signal::Signal,
    testing::{numbered_logs, numbers_of},
    wire::writer,
};

fn pile(sizes: &[u64]) -> Pile {
    let (mut pile, mut next) = (Pile::default(), 0);
    for size in sizes {
        pile.push(numbered_logs(next..next + size));
        next += size;
    }
    pile
}

proptest! {
    #[test]
    fn takes_exactly_so_many_in_order(sizes in proptest::collection::vec(1_u64..40, 1..20), take in 1_usize..50) {
        let mut pile = pile(&sizes);
        let total: u64 = sizes.iter().sum();
        let mut taken = Vec::new();
        while let Some(payload) = pile.take(take) {
            let numbers = numbers_of(&payload);
            prop_assert_eq!(numbers.len(), payload.items());
            prop_assert!(payload.items() == take || pile.is_empty());
            taken.extend(numbers);
        }
        prop_assert_eq!(taken, (0..total).collect::<Vec<_>>());
        prop_assert_eq!((pile.items(), pile.bytes()), (0, 0));
    }

    #[test]
    fn takes_at_most_so_many_bytes_in_order(sizes in proptest::collection::vec(1_u64..40, 1..20), max in 1_usize..400) {
        let mut pile = pile(&sizes);
        let total: u64 = sizes.iter().sum();
        let mut taken = Vec::new();
        while let Some(payload) = pile.take_bytes(max) {
            prop_assert!(payload.size() <= max || payload.items() == 1);
            taken.extend(numbers_of(&payload));
        }
        prop_assert_eq!(taken, (0..total).collect::<Vec<_>>());
    }
}

#[test]
fn merging_does_not_copy() {
    let mut pile = pile(&[3, 4]);
    let payload = pile.take_all().unwrap();
    assert_eq!((payload.items(), payload.chunks().len()), (7, 2));
}

#[test]
fn splits_behind_the_first_items() {
    let (front, back) = split(numbered_logs(0..5), 2);
    assert_eq!(numbers_of(&front), [0, 1]);
    assert_eq!(numbers_of(&back.unwrap()), [2, 3, 4]);
    assert!(split(numbered_logs(0..5), 5).1.is_none());
}

/// One resource with an attribute value of so many bytes above so many empty log records.
fn with_header(header_bytes: usize, items: usize, charge: Charge) -> Payload {
    let (mut resource, mut scope, mut request) = (Vec::new(), Vec::new(), Vec::new());
    writer::put_bytes_field(&mut resource, 1, &vec![0; header_bytes]);
    for _ in 0..items {
        writer::put_bytes_field(&mut scope, 2, b"");
    }
    writer::put_bytes_field(&mut resource, 2, &scope);
    writer::put_bytes_field(&mut request, 1, &resource);
    Payload::new(Signal::Logs, request.into(), items, charge)
}

#[test]
fn a_large_header_is_not_repeated_for_all_parts_at_once() {
    const HEADER: usize = 1_000_000;
    let budget = Budget::new(2 * HEADER as u64);
    let payload = with_header(HEADER, 200, budget.reserve(HEADER).unwrap());
    let mut pile = Pile::default();
    pile.push(payload);
    let mut parts = 0;
    while let Some(part) = pile.take(1) {
        assert_eq!(part.items(), 1);
        parts += 1;
        assert!(pile.bytes() <= 7 * HEADER, "{} bytes wait", pile.bytes());
        let held = (pile.bytes() + part.size()) as u64;
        assert!(budget.used() >= held, "{held} bytes are charged as {}", budget.used());
    }
    assert_eq!(parts, 200);
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_usual_payload_is_cut_without_further_charges() {
    let budget = Budget::new(1000);
    let payload = with_header(100, 200, budget.reserve(600).unwrap());
    let (front, back) = split(payload, 100);
    assert_eq!((front.items(), back.unwrap().items()), (100, 100));
    assert_eq!(front.charges().len(), 1);
}
