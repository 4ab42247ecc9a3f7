use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Where a record with a number begins: it has as many items as its number says, and ten bytes.
fn at(sequence: u64) -> Position {
    Position { sequence, items: sequence * sequence.saturating_sub(1) / 2, bytes: sequence * 10 }
}

fn span(from: u64, to: u64) -> Span {
    Span { from: at(from), to: at(to) }
}

#[test]
fn spans_that_touch_become_one_and_the_watermark_takes_what_reaches_it() {
    let mut progress = Progress::new(at(2));
    progress.insert(span(4, 5));
    progress.insert(span(6, 8));
    progress.insert(span(5, 6));
    assert_eq!(progress.spans().collect::<Vec<_>>(), [span(4, 8)]);
    assert_eq!(progress.first_missing(at(5)), at(8));
    assert_eq!(progress.next_span(at(3)), Some(at(4)));
    progress.insert(span(0, 4));
    assert_eq!((progress.watermark(), progress.spans().count()), (at(8), 0));
}

proptest! {
    #[test]
    fn counts_like_a_set_of_numbers(
        first in 0_u64..10,
        inserts in prop::collection::vec((0_u64..50, 0_u64..8), 0..40),
    ) {
        let mut progress = Progress::new(at(first));
        let mut set: BTreeSet<u64> = (0..first).collect();
        for (from, len) in inserts {
            let inserted = span(from, from + len);
            let fresh: Vec<u64> = (from..from + len).filter(|number| set.insert(*number)).collect();
            let new = progress.insert(inserted);
            let items = fresh.iter().sum::<u64>();
            let bytes = fresh.len() as u64 * 10;
            prop_assert_eq!(new, Position { sequence: fresh.len() as u64, items, bytes });
            prop_assert_eq!(progress.covered(inserted), inserted.amount());
            let missing = progress.missing_before(at(60));
            prop_assert_eq!(missing.sequence, 60 - set.len() as u64);
            prop_assert_eq!(missing.items, at(60).items - set.iter().sum::<u64>());
            for number in 0..60 {
                let next = (number..).find(|number| !set.contains(number)).unwrap();
                prop_assert_eq!(progress.first_missing(at(number)), at(next));
            }
        }
    }

    #[test]
    fn positions_that_make_no_sense_do_no_harm(
        spans in prop::collection::vec(any::<[u64; 6]>(), 0..20),
    ) {
        let mut progress = Progress::default();
        for [a, b, c, d, e, f] in spans {
            let from = Position { sequence: a % 20, items: b, bytes: c };
            let to = Position { sequence: d % 20, items: e, bytes: f };
            progress.insert(Span { from, to });
            progress.covered(Span { from: to, to: from });
            progress.missing_before(from);
            prop_assert!(progress.first_missing(to).sequence >= to.sequence);
        }
    }
}
