use proptest::prelude::*;

use super::*;

fn key() -> DigestKey {
    DigestKey::random().unwrap()
}

/// Whether the table knows a user by a password.
fn knows(table: &Table, name: &str, password: &str) -> bool {
    let key = key();
    let Some((place, is_known)) = table.find(name.as_bytes(), &key) else {
        return false;
    };
    table.hash(place).unwrap().matches(password.as_bytes(), &key) && is_known
}

#[track_caller]
fn check_hash(field: &str, password: &str) {
    let (table, bad) = Table::read(&[&format!("user:{field}")]);
    assert_eq!(bad, [], "{field}");
    assert!(knows(&table, "user", password), "{field}");
    assert!(!knows(&table, "user", "wrong"), "{field}");
    assert!(!knows(&table, "User", password), "names are told apart by case");
}

#[test]
fn every_kind_of_hash_is_checked() {
    // bcrypt from crypt(3), MD5 and SHA-1 from openssl.
    check_hash("$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a", "secret");
    check_hash("$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "secret");
    check_hash("$2a$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "secret");
    check_hash("$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/", "secret");
    check_hash("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "secret");
    check_hash("{SSHA}dj2lH1ocucmj5OQsjP6mQrVx6FhOYUNs", "secret");
    check_hash("se:cret", "se:cret");
    check_hash("$ecret$", "$ecret$");
}

#[track_caller]
fn check_bad(line: &str, reason: &str) {
    let (table, bad) = Table::read(&[&format!("# users\n\n{line}\n")]);
    assert!(table.is_empty(), "{line}");
    let [bad] = bad.try_into().unwrap();
    assert_eq!(bad.line, 3);
    assert!(bad.reason.contains(reason), "{}", bad.reason);
}

#[test]
fn lines_that_cannot_be_used_are_told_by_number_and_reason() {
    check_bad("user", "no colon");
    check_bad(":", "name is empty");
    check_bad(":secret", "name is empty");
    check_bad("user:", "password is empty");
    check_bad("user:$2y$05$short", "bcrypt hash is malformed");
    check_bad("user:$2y$17$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a", "more than 16");
    check_bad("user:$apr1$nothing", "MD5 hash is malformed");
    check_bad("user:{SHA}dj2lH1ocucmj5OQsjP6mQrVx6FhOYUNs", "SHA-1 hash is malformed");
    check_bad("user:{SSHA}short", "SHA-1 hash is malformed");
    check_bad("user:$6$salt$digest", "not available");
    check_bad("user:$argon2id$v=19$m=1$a$b", "not available");
}

#[test]
fn the_last_of_several_lines_with_a_name_counts() {
    let (table, bad) = Table::read(&["a:file\nb:file\nb:later\n", "\r\n a:inline \r\n"]);
    assert_eq!(bad, []);
    assert!(knows(&table, "a", "inline") && !knows(&table, "a", "file"));
    assert!(knows(&table, "b", "later") && !knows(&table, "b", "file"));
}

#[test]
fn a_stranger_is_checked_against_somebody_and_never_let_in() {
    let (table, _) = Table::read(&["a:secret\nb:secret\n"]);
    let key = key();
    let (place, is_known) = table.find(b"stranger", &key).unwrap();
    assert!(table.hash(place).is_some() && !is_known);
    assert_eq!(table.find(b"stranger", &key), Some((place, false)), "always the same one");
    assert_eq!(table.find(b"\xff", &key).map(|(_, is_known)| is_known), Some(false));
    assert!(!knows(&table, "stranger", "secret"));
    assert!(Table::default().find(b"stranger", &key).is_none());
}

#[test]
fn a_huge_password_is_wrong_without_work() {
    let (table, _) =
        Table::read(&["user:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"]);
    assert!(!knows(&table, "user", &"a".repeat(100_000)));
}

proptest! {
    #[test]
    fn no_text_panics(text in "(?s).{0,200}", password in ".{0,50}") {
        let (table, _) = Table::read(&[&text]);
        prop_assert!(!knows(&table, "", &password));
    }

    #[test]
    fn no_hash_panics(field in r"(\$(2y\$04|apr1|1|6)\$|\{SHA\}|\{SSHA\})[ -~]{0,70}", password in ".{0,50}") {
        let (table, _) = Table::read(&[&format!("user:{field}")]);
        knows(&table, "user", &password);
    }
}
