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

#[test]
fn a_flood_of_one_signal_leaves_the_others_their_shares() {
    let budget = Budget::new(100);
    budget.guarantee(SignalSet::ALL);
    let [traces, metrics, logs] = Signal::ALL.map(|signal| budget.of(signal));
    let flood: Vec<Charge> = std::iter::from_fn(|| traces.reserve(1).ok()).collect();
    assert_eq!(flood.len(), 60);
    let own = (metrics.reserve(20).unwrap(), logs.reserve(20).unwrap());
    assert!(metrics.reserve(1).is_err() && traces.reserve(1).is_err());
    drop(flood);
    assert!(own.0.grow(40).is_ok());
    assert!(own.0.grow(1).is_err(), "traces have their share back");
    drop(own);
    assert_eq!(budget.used(), 0);
    assert!(traces.reserve(60).is_ok(), "what was given back counts for nobody");
}

#[test]
fn a_signal_alone_has_the_whole_budget() {
    let budget = Budget::new(100);
    budget.guarantee(SignalSet::ALL);
    budget.guarantee(SignalSet::NONE.with(Signal::Logs));
    assert!(budget.of(Signal::Logs).reserve(100).is_ok());
}

#[test]
fn the_lowest_limit_holds_and_goes_with_its_guard() {
    let budget = Budget::new(50);
    let (high, low) = (budget.limit_to(80), budget.limit_to(30));
    assert_eq!(budget.limit(), 30);
    let same = budget.limit_to(30);
    drop(low);
    assert_eq!(budget.limit(), 30);
    drop(same);
    assert_eq!(budget.limit(), 80);
    drop(high);
    assert_eq!(budget.limit(), 50);
}

#[test]
fn a_copy_is_charged_beside_its_original() {
    let budget = Budget::new(10);
    let charge = budget.of(Signal::Logs).reserve(8).unwrap();
    let copy = charge.beside(8);
    assert!(budget.is_overdrawn());
    drop(charge);
    assert_eq!((budget.used(), copy.bytes()), (8, 8));
    assert_eq!(Charge::NONE.beside(8).bytes(), 0);
}
