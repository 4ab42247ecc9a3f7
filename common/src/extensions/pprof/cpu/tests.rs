use std::hint::black_box;

use super::*;

#[inline(never)]
fn busy_function(until: Duration) -> u64 {
    let start = Instant::now();
    let mut sum = 0_u64;
    while start.elapsed() < until {
        for index in 0..10_000_u64 {
            sum = black_box(sum.wrapping_mul(31).wrapping_add(index));
        }
    }
    sum
}

#[test]
fn a_busy_function_is_in_the_profile() {
    // Other tests of this process may record too; only one can at a time.
    let _alone = super::super::tests::alone();
    let recording = Recording::start().unwrap();
    black_box(busy_function(Duration::from_millis(1000)));
    let profile = recording.finish().unwrap();
    let is_busy = |sample: &&Sample| {
        let innermost = sample.stack.first().map(|place| &profile.locations[*place]);
        innermost
            .is_some_and(|lines| lines.iter().any(|line| line.function.contains("busy_function")))
    };
    let busy: u64 = profile.samples.iter().filter(is_busy).map(|sample| sample.count).sum();
    // The other threads of this process are sampled too, so our share may be small.
    assert!(busy > 0, "no sample ends in the busy function in {profile:#?}");

    let bytes = profile.to_protobuf();
    assert!(bytes.windows(13).any(|window| window == b"busy_function"));
}
