use super::*;

#[test]
fn the_first_name_of_the_hosts_line_is_the_full_one() {
    let file = "# host\n127.0.0.1 localhost\n10.0.0.7\tweb.example.com web # web2\n";
    assert_eq!(listed_name("web", file), Some("web.example.com"));
    assert_eq!(listed_name("web.example.com", file), Some("web.example.com"));
    assert_eq!(listed_name("web2", file), None);
    assert_eq!(listed_name("10.0.0.7", file), None);
}

#[test]
fn the_resolver_gives_a_canonical_name() {
    // Known without a network.
    assert!(canonical_name("localhost").is_ok_and(|name| !name.is_empty()));
}
