use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn waits_stay_within_their_spread(
        initial in 0_u64..10_000, multiplier in 0.0_f64..1e30, max in 0_u64..100_000, randomization in 0.0_f64..=1.0
    ) {
        let backoff = Backoff {
            initial: Duration::from_millis(initial),
            multiplier,
            max: Duration::from_millis(max),
            randomization,
        };
        let mut waits = backoff.waits();
        for _ in 0..20 {
            prop_assert!(waits.next_wait(None) <= backoff.max * 2);
        }
        let asked = Duration::from_secs(1000);
        prop_assert!(waits.next_wait(Some(asked)) >= asked);
    }
}
