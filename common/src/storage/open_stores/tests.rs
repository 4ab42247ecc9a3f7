use std::convert::Infallible;

use super::*;

#[test]
fn what_is_open_is_joined_and_what_was_let_go_is_opened_again() {
    let stores = OpenStores::default();
    let open = |value: u32| {
        stores.clone().join_or_open(Path::new("/a"), || Ok::<_, Infallible>(value)).unwrap()
    };
    let first = open(1);
    assert_eq!(*open(2), 1);
    drop(first);
    assert_eq!(*open(3), 3);
}

#[test]
fn a_failed_opening_leaves_nothing() {
    let stores = OpenStores::default();
    assert_eq!(stores.join_or_open(Path::new("/a"), || Err::<u32, _>("no")), Err("no"));
    assert_eq!(stores.join_or_open(Path::new("/a"), || Ok::<_, &str>(1)).map(|one| *one), Ok(1));
}
