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
        assert_eq!(connections_for(open_files, None), expected, "{open_files:?}");
    }
}

#[test]
fn a_small_container_holds_few_connections() {
    let cases = [(8 << 30, 10_000), (1 << 30, 2_048), (256 << 20, 512), (64 << 20, 128), (0, 16)];
    for (container, expected) in cases {
        assert_eq!(connections_for(None, Some(container)), expected, "{container}");
    }
    assert_eq!(connections_for(Some(800), Some(64 << 20)), 100);
}
