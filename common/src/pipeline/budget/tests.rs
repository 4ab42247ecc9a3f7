use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn what_is_charged_is_given_back(
        steps in proptest::collection::vec((0_usize..2000, 0_usize..2000, 0_usize..3000, any::<bool>()), 0..50)
    ) {
        let budget = Budget::new(20_000);
        let connection = Connection::default();
        let budget = budget.of_connection(&connection);
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
            prop_assert_eq!(connection.held(), held);
            prop_assert!(held <= budget.limit());
        }
        charges.clear();
        prop_assert_eq!((budget.used(), connection.held()), (0, 0));
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn greedy_connections_come_to_hold_the_same_and_leave_room_for_a_newcomer(
        greedy in 1_u64..12, chunk in 10_000_usize..30_000, first in 0_usize..30
    ) {
        let budget = Budget::new(8_000_000);
        let room = budget.limit() - budget.limit() / 8;
        let mut lanes: Vec<_> = (0..greedy).map(|_| Lane::new(&budget)).collect();
        // One of them is there before the others, and takes all it gets.
        let first = first % lanes.len();
        lanes[first].fill(chunk);
        for _ in 0..200 {
            for lane in &mut lanes {
                lane.turn_over(chunk);
            }
        }
        let fair = room / (1 + 4 * greedy);
        let newcomer = Lane::new(&budget);
        prop_assert!(newcomer.budget.reserve(usize::try_from(fair / 2).unwrap()).is_ok());
        let held: Vec<u64> = lanes.iter().map(|lane| lane.connection.held()).collect();
        prop_assert!(held.iter().all(|held| *held < 4 * fair * 2), "{held:?} of {fair}");
        prop_assert!(held.iter().all(|held| *held > 4 * fair / 2), "{held:?} of {fair}");
        // Nearly all of the room is used, however few they are.
        prop_assert!(budget.used() > room / 10 * 7);
        drop(lanes);
        prop_assert_eq!(budget.used(), 0);
    }
}

/// A client that sends as much as it may.
struct Lane {
    connection: Connection,
    budget: Budget,
    charges: std::collections::VecDeque<Charge>,
}

impl Lane {
    fn new(budget: &Budget) -> Self {
        let connection = Connection::default();
        Self { budget: budget.of_connection(&connection), connection, charges: [].into() }
    }

    fn fill(&mut self, chunk: usize) {
        self.charges.extend(std::iter::from_fn(|| self.budget.reserve(chunk).ok()));
    }

    /// All that it sent goes out, and it sends again.
    fn turn_over(&mut self, chunk: usize) {
        self.charges.clear();
        self.fill(chunk);
    }
}

#[test]
fn refuses_what_does_not_fit_and_takes_what_must_go_on() {
    let budget = Budget::new(8);
    let charge = budget.reserve(6).unwrap();
    assert_eq!(budget.reserve(2).unwrap_err(), OverBudget { asked: 2, used: 6, limit: 8 });
    assert!(charge.grow(2).is_err());
    let taken = budget.take(5);
    assert_eq!((budget.used(), budget.peak()), (11, 11));
    drop((charge, taken));
    assert_eq!(budget.used(), 0);
}

#[test]
fn what_must_go_on_has_a_reserve_and_then_takes_from_intake() {
    let budget = Budget::new(80);
    let copy = budget.take(10);
    let charge = budget.reserve(70).unwrap();
    assert!(budget.reserve(1).is_err());
    let further = budget.take(20);
    assert!(budget.used() > budget.limit());
    drop(charge);
    let charge = budget.reserve(50).unwrap();
    assert!(budget.reserve(1).is_err());
    drop((copy, further));
    assert!(charge.grow(20).is_ok() && charge.grow(1).is_err(), "the reserve is whole again");
}

#[test]
fn a_copy_counts_for_no_connection() {
    let connection = Connection::default();
    let budget = Budget::new(800);
    let charge = budget.of_connection(&connection).reserve(100).unwrap();
    let copy = charge.beside(50);
    assert_eq!((connection.held(), budget.used()), (100, 150));
    drop((charge, copy));
    assert_eq!((connection.held(), budget.used()), (0, 0));
}

#[test]
fn a_lone_connection_has_four_fifths_of_the_room() {
    let mut lane = Lane::new(&Budget::new(8_000));
    lane.fill(1);
    assert_eq!(lane.connection.held(), 5_600);
    assert!(Lane::new(&lane.budget).budget.reserve(1_120).is_ok());
}

#[test]
fn clones_share_a_charge() {
    let budget = Budget::new(16);
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
    assert_eq!(flood.len(), 48);
    let own = (metrics.reserve(20).unwrap(), logs.reserve(20).unwrap());
    assert!(metrics.reserve(1).is_err() && traces.reserve(1).is_err());
    drop(flood);
    assert!(own.0.grow(28).is_ok());
    assert!(own.0.grow(1).is_err(), "traces have their share back");
    drop(own);
    assert_eq!(budget.used(), 0);
    assert!(traces.reserve(48).is_ok(), "what was given back counts for nobody");
}

#[test]
fn a_signal_alone_has_all_but_the_reserve() {
    let budget = Budget::new(80);
    budget.guarantee(SignalSet::ALL);
    budget.guarantee(SignalSet::NONE.with(Signal::Logs));
    assert!(budget.of(Signal::Logs).reserve(70).is_ok());
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
    assert!(budget.used() > budget.limit());
    drop(charge);
    assert_eq!((budget.used(), copy.bytes()), (8, 8));
    assert_eq!(Charge::NONE.beside(8).bytes(), 0);
}

#[test]
fn a_queue_that_does_not_empty_leaves_a_third_of_the_room() {
    let budget = Budget::new(96);
    let mut queue = Vec::new();
    while let Ok(charge) = budget.reserve(1) {
        if !budget.allows_holding(queue.len() as u64 + 1) {
            break;
        }
        queue.push(charge);
    }
    assert_eq!((queue.len(), budget.used()), (56, 56));
    assert!(budget.reserve(28).is_ok());
}
