use super::*;

// Made with `openssl passwd -apr1` and `-1`.
const VECTORS: [(&str, &str); 3] = [
    ("$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/", "secret"),
    ("$1$xyz$sdANR5q2YAfDWqWu4Iupd1", "a much longer pass word than sixteen bytes"),
    ("$apr1$12345678$sHuPAw7VA9xjRbJz7zKV7/", ""),
];

#[test]
fn digests_are_those_of_openssl() {
    for (field, password) in VECTORS {
        let hash = Md5Crypt::parse(field).unwrap();
        assert_eq!(hash.digest_of(password.as_bytes()), hash.digest(), "{field}");
        assert_ne!(hash.digest_of(b"another"), hash.digest(), "{field}");
    }
}

#[test]
fn what_is_no_such_hash_is_told_from_one() {
    for field in [
        "$apr1$",
        "$apr1$salt",
        "$1$toolongasalt$sdANR5q2YAfDWqWu4Iupd1",
        "$1$xyz$short",
        "$1$xyz$sdANR5q2YAfDWqWu4Iup!!",
    ] {
        assert!(Md5Crypt::parse(field).is_none(), "{field}");
    }
}
