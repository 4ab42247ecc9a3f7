use super::*;

#[test]
fn equal_secrets_are_equal_and_others_are_not() {
    let key = DigestKey::random().unwrap();
    assert!(key.are_equal(b"s3cret", b"s3cret"));
    assert!(!key.are_equal(b"s3cret", b"s3cre"));
    assert!(!key.are_equal(b"", b"s3cret"));
}

#[test]
fn another_key_makes_other_digests() {
    let (one, two) = (DigestKey::random().unwrap(), DigestKey::random().unwrap());
    assert!(one.digest(b"s3cret") != two.digest(b"s3cret"));
}

#[test]
fn a_pick_is_below_the_count_and_stays_the_same() {
    let key = DigestKey::random().unwrap();
    let digest = key.digest(b"somebody");
    assert_eq!(digest.pick(0), None);
    assert_eq!(digest.pick(1), Some(0));
    assert!(digest.pick(7).unwrap() < 7);
    assert_eq!(digest.pick(7), key.digest(b"somebody").pick(7));
}
