use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::testing::settings::node;

/// Writes a tree on one line: strings in quotes, bare words bare.
fn show(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Scalar { text, style: Style::Plain } => text.clone(),
        Value::Scalar { text, style: Style::Quoted } => format!("{text:?}"),
        Value::List(items) => {
            format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let show = |entry: &Entry| format!("{}: {}", entry.key, show(&entry.value));
            format!("{{{}}}", entries.iter().map(show).collect::<Vec<_>>().join(", "))
        }
    }
}

fn check(text: &str, expected: &str) {
    match node(text) {
        Ok(node) => assert_eq!(show(&node), expected, "{text}"),
        Err(error) => panic!("{error}: {text}"),
    }
}

fn check_error(text: &str, expected: &str) {
    let error = node(text).unwrap_err();
    assert!(error.contains(expected), "{error}: {}", text.get(..200).unwrap_or(text));
}

#[test]
fn documents_become_trees() {
    check("", "null");
    check("# only a comment", "null");
    check("a: 1\nb: [x, 'y', \"z\"]\nc:\n  d: ~\n", "{a: 1, b: [x, \"y\", \"z\"], c: {d: null}}");
    check("a: |\n  x\n  y\n", "{a: \"x\\ny\\n\"}");
    check("a: !!str 5\nb: !!int '5'", "{a: \"5\", b: 5}");
    check("a: 1\n---\nb: 2", "{a: 1}");
    check("\u{feff}a: 1\r\nb: 2\r\n", "{a: 1, b: 2}");
    check("8080: x", "{8080: x}");
}

#[test]
fn values_know_where_they_stand() {
    let root = node("a:\n  - b: c\n").unwrap();
    let list = root.get("a").unwrap();
    let Value::List(items) = &list.value else { panic!("no list") };
    let entry = &items[0].entries()[0];
    assert_eq!(entry.position.to_string(), "test.yaml:2:5");
    assert_eq!(entry.value.position.to_string(), "test.yaml:2:8");
}

#[test]
fn aliases_and_merge_keys_are_written_out() {
    check("a: &x {b: 1}\nc: *x", "{a: {b: 1}, c: {b: 1}}");
    check("a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3", "{a: {b: 1, c: 2}, d: {c: 3, b: 1}}");
    check("- &x {a: 1}\n- &y {a: 2, b: 2}\n- <<: [*x, *y]", "[{a: 1}, {a: 2, b: 2}, {a: 1, b: 2}]");
    check_error("a:\n  <<: 5", "test.yaml:2:7: the merge key << takes a map");
    check_error("a: &x [*x]", "an alias stands inside its own anchor");
    check_error("a: *nothing", "test.yaml:1:");
}

#[test]
fn duplicate_keys_are_refused_with_both_places() {
    check_error("a: 1\nb: 2\na: 3", "test.yaml:3:1: duplicate key \"a\", first set on line 1");
}

#[test]
fn double_colons_nest() {
    check("a::b: 1\na: {c: 2}", "{a: {b: 1, c: 2}}");
    check("x: {a::b::c: 1}", "{x: {a: {b: {c: 1}}}}");
    check("x: [{a::b: 1}]", "{x: [{a::b: 1}]}");
}

#[test]
fn errors_name_line_and_column() {
    check_error("a: [1, 2\nb: 3", "test.yaml:");
    check_error("a: 'x", "invalid YAML");
    check_error("[a]: 1", "test.yaml:1:1: expected a string as key, got a list");
}

#[test]
fn a_laughing_document_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    check_error(&text, "with aliases written out");
}

#[test]
fn deep_documents_are_refused() {
    check_error(&"[".repeat(150), "nested deeper than the 100 levels");
    check_error(&"- ".repeat(150), "nested deeper than the 100 levels");
    check_error(&"[".repeat(100_000), "test.yaml:1:");
    check_error(&"- ".repeat(100_000), "test.yaml:1:");
    let mut text = "- &a0 [x]\n".to_owned();
    for level in 1..200 {
        writeln!(text, "- &a{level} [*a{}]", level - 1).unwrap();
    }
    check_error(&text, "nested deeper than the 100 levels");
    check_error(&format!("{}: 1", vec!["a"; 200].join("::")), "nested deeper");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_ends_without_a_panic(text in "\\PC{0,200}") {
        node(&text).ok();
    }

    #[test]
    fn any_bytes_end_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        node(&String::from_utf8_lossy(&bytes)).ok();
    }

    #[test]
    fn any_yaml_like_text_ends_without_a_panic(
        text in "([-a:?&*!|>%@`'\"\\[\\]{},#<\n \t0$]|: |- |\n  |<<: |&a |\\*a|---\n|\\.\\.\\.\n|!!str ){0,80}"
    ) {
        node(&text).ok();
    }
}

#[test]
fn long_texts_end_in_bounded_time() {
    let begin = std::time::SystemTime::now();
    for text in [
        "[[],".repeat(50_000),
        "{a: ".repeat(50_000),
        "? ".repeat(50_000),
        "\"\n".repeat(50_000),
        "a: b: ".repeat(50_000),
        "- a\n".repeat(50_000),
        "&a ".repeat(50_000),
        "'".repeat(100_001),
        "[a, ".to_owned() + &"b ".repeat(50_000),
        "#".repeat(500_000),
        " ".repeat(500_000) + "\t:",
        (0..50_000).map(|number| format!("k{number}: v\n")).collect(),
    ] {
        node(&text).ok();
    }
    assert!(begin.elapsed().unwrap() < std::time::Duration::from_secs(20));
}
