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
    let busy: u64 = profile
        .samples
        .iter()
        .filter(|sample| {
            sample.stack.iter().any(|address| {
                profile.locations[address]
                    .iter()
                    .any(|line| line.function.contains("busy_function"))
            })
        })
        .map(|sample| sample.count)
        .sum();
    assert!(
        busy >= 10,
        "{busy} samples of the busy function in {:?}",
        profile.samples
    );

    let bytes = profile.to_protobuf();
    assert!(bytes.windows(13).any(|window| window == b"busy_function"));
}

#[test]
fn a_line_of_the_map_of_memory_is_read() {
    let line = "55d0c0a00000-55d0c0b00000 r-xp 00012000 fe:01 1234    /usr/bin/traces-collector";
    assert_eq!(
        mapping(line),
        Some(Mapping {
            start: 0x55d0_c0a0_0000,
            end: 0x55d0_c0b0_0000,
            offset: 0x12000,
            file: "/usr/bin/traces-collector".to_owned(),
        })
    );
    assert_eq!(
        mapping("7ffe0000-7ffe1000 r-xp 00000000 00:00 0 [vdso]"),
        None
    );
    assert_eq!(
        mapping("7ffe0000-7ffe1000 rw-p 00000000 00:00 0 /lib/x.so"),
        None
    );
    assert_eq!(mapping("nonsense"), None);
}
