use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn what_is_charged_is_given_back(
        steps in proptest::collection::vec((0_usize..2000, 0_usize..2000, 0_usize..3000, any::<bool>()), 0..50)
    ) {
        let budget = Budget::new(20_000);
        let mut charges = Vec::new();
        for (bytes, growth, shrunk, is_dropped) in steps {
            if let Ok(charge) = budget.reserve(bytes) {
                let has_grown = charge.grow(growth).is_ok();
                prop_assert_eq!(charge.bytes(), (bytes + if has_grown { growth } else { 0 }) as u64);
                charge.shrink_to(shrunk);
                prop_assert!(charge.bytes() <= shrunk as u64);
                if !is_dropped {
                    charges.push(charge.clone());
                }
            }
            let held: u64 = charges.iter().map(Charge::bytes).sum();
            prop_assert_eq!(budget.used(), held);
            prop_assert!(held <= budget.limit());
        }
        charges.clear();
        prop_assert_eq!(budget.used(), 0);
    }
}

#[test]
fn refuses_what_does_not_fit_and_takes_what_must_go_on() {
    let budget = Budget::new(10);
    let charge = budget.reserve(8).unwrap();
    assert_eq!(budget.reserve(3).unwrap_err(), OverBudget { asked: 3, used: 8, limit: 10 });
    assert!(charge.grow(3).is_err());
    let taken = budget.take(5);
    assert_eq!((budget.used(), budget.peak()), (13, 13));
    drop((charge, taken));
    assert_eq!(budget.used(), 0);
}

#[test]
fn clones_share_a_charge() {
    let budget = Budget::new(10);
    let charge = budget.reserve(8).unwrap();
    let clone = charge.clone();
    drop(charge);
    assert_eq!(budget.used(), 8);
    drop(clone);
    assert_eq!(budget.used(), 0);
}
