use proptest::prelude::*;

use super::*;
use crate::testing::{numbered_logs, numbers_of};

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
