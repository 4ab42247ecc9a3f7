use super::connections_for;

#[test]
fn a_listener_takes_an_eighth_of_the_open_files() {
    let cases = [
        (None, 10_000),
        (Some(1 << 20), 10_000),
        (Some(20_000), 2_500),
        (Some(1024), 128),
        (Some(0), 16),
    ];
    for (open_files, expected) in cases {
        assert_eq!(connections_for(open_files), expected, "{open_files:?}");
    }
}
