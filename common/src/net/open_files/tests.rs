use super::connections_for;

#[test]
fn a_listener_takes_a_quarter_of_the_open_files() {
    let cases = [
        (None, 10_000),
        (Some(1 << 20), 10_000),
        (Some(20_000), 5_000),
        (Some(1024), 256),
        (Some(0), 16),
    ];
    for (open_files, expected) in cases {
        assert_eq!(connections_for(open_files), expected, "{open_files:?}");
    }
}
