use std::time::Duration;

use super::*;

const SAMPLING: Sampling = Sampling { tick: Duration::from_secs(10), initial: 2, thereafter: 3 };

fn written(sampler: &mut Sampler, message: &str, times: usize, now: Instant) -> Vec<bool> {
    (0..times).map(|_| sampler.admits(Level::INFO, message, now)).collect()
}

#[test]
fn the_first_are_written_then_every_nth_and_a_new_tick_starts_anew() {
    let mut sampler = Sampler::new(SAMPLING);
    let now = Instant::now();
    assert_eq!(
        written(&mut sampler, "a", 8, now),
        [true, true, false, false, true, false, false, true]
    );
    assert_eq!(written(&mut sampler, "b", 1, now), [true]);
    assert!(sampler.admits(Level::WARN, "a", now));
    assert_eq!(written(&mut sampler, "a", 3, now + SAMPLING.tick), [true, true, false]);
}

#[test]
fn nothing_comes_after_the_first_when_thereafter_is_zero() {
    let mut sampler = Sampler::new(Sampling { thereafter: 0, ..SAMPLING });
    assert_eq!(written(&mut sampler, "a", 5, Instant::now()), [true, true, false, false, false]);
}

#[test]
fn distinct_messages_without_end_take_bounded_memory() {
    let mut sampler = Sampler::new(SAMPLING);
    let now = Instant::now();
    for index in 0..3 * MAX_MESSAGES {
        assert!(sampler.admits(Level::INFO, &index.to_string(), now));
    }
    assert!(sampler.windows.len() <= MAX_MESSAGES);
}
