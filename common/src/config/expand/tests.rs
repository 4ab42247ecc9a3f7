use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::{
    settings::{Duration, decode},
    testing::settings::{lines, node},
};

fn variable(name: &str) -> Option<String> {
    let value = match name {
        "NUM" => "123",
        "OCTAL" => "0123",
        "QUOTED" => "\"0123\"",
        "LIST" => "[a, b]",
        "MAP" => "{k: v}",
        "TRUE" => "true",
        "EMPTY" => "",
        "TEXT" => "hello # comment",
        "BROKEN" => "[a, b",
        "NESTED" => "${env:NUM}",
        "IN_LIST" => "[\"${env:NUM}\"]",
        "LOOP" => "${env:LOOP}",
        "LOOP_LIST" => "[\"${env:LOOP_LIST}\"]",
        "GROWING" => "${env:GROWING}${env:GROWING}",
        "NAME" => "NUM",
        "DOLLAR" => "a$$b",
        _ => return None,
    };
    Some(value.to_owned())
}

fn expanded(text: &str) -> (Node, Vec<Finding>, Vec<Finding>) {
    let mut root = node(text).unwrap();
    let mut errors = Vec::new();
    let fetch = |address: &str| Ok(format!("from {address}"));
    let environment = Environment { variable: &variable, fetch: &fetch };
    let warnings = expand(&mut root, environment, &mut errors);
    (root, warnings, errors)
}

fn value<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let (root, _, errors) = expanded(&format!("v: {text}"));
    if !errors.is_empty() {
        return Err(lines(&errors));
    }
    decode(root.get("v").unwrap(), "v").map_err(|findings| lines(&findings))
}

fn check_string(text: &str, expected: &str) {
    assert_eq!(value::<String>(text), Ok(expected.to_owned()), "{text}");
}

fn check_json(text: &str, expected: &str) {
    let json = value::<serde_json::Value>(text).map(|value| value.to_string());
    assert_eq!(json.as_deref(), Ok(expected), "{text}");
}

#[test]
fn a_string_takes_the_text_as_it_is() {
    check_string("${env:NUM}", "123");
    check_string("${NUM}", "123");
    check_string("'${NUM}'", "123");
    check_string("${env:OCTAL}", "0123");
    check_string("${env:QUOTED}", "\"0123\"");
    check_string("${env:TEXT}", "hello # comment");
    check_string("${env:LIST}", "[a, b]");
    check_string("${env:UNSET}", "");
    check_string("${env:EMPTY}", "");
    check_string("${env:NESTED}", "123");
    check_string("${https://example.com/a}", "from https://example.com/a");
}

#[test]
fn anything_else_takes_the_value() {
    check_json("${env:NUM}", "123");
    check_json("${env:OCTAL}", "83");
    check_json("${env:LIST}", "[\"a\",\"b\"]");
    check_json("${env:MAP}", "{\"k\":\"v\"}");
    check_json("${env:TRUE}", "true");
    check_json("${env:UNSET}", "null");
    check_json("${env:EMPTY}", "null");
    check_json("${env:BROKEN}", "\"[a, b\"");
    check_json("${env:IN_LIST}", "[123]");
    check_json("${yaml:[1, 2]}", "[1,2]");
    check_json("${env:QUOTED}", "\"\\\"0123\\\"\"");
}

#[test]
fn inside_a_text_only_text_is_spliced() {
    check_string("a${env:NUM}b", "a123b");
    check_string("${env:NUM}${env:NUM}", "123123");
    assert_eq!(value("${env:NUM}s"), Ok(Duration::from_secs(123)));
    assert!(value::<u32>("1${env:NUM}").is_err());
    check_string("${env:${env:NAME}}", "123");
    check_string("'${env:UNSET:-${env:NUM}}'", "123");
}

#[test]
fn defaults_are_for_unset_variables_only() {
    check_string("${env:UNSET:-def}", "def");
    check_string("${UNSET:-def}", "def");
    check_string("${EMPTY:-def}", "");
    check_string("${UNSET:-}", "");
    check_json("${UNSET:-}", "\"\"");
    check_json("${UNSET:-5}", "5");
}

#[test]
fn dollars_escape() {
    check_string("$NUM", "$NUM");
    check_string("a$$b", "a$b");
    check_string("$${NUM}", "${NUM}");
    check_string("$$${NUM}", "$123");
    check_string("$$$${NUM}", "$${NUM}");
    check_string("$${NUM}${NUM}", "${NUM}123");
    check_string("'${NUM'", "${NUM");
    check_string("${env:DOLLAR}", "a$b");
}

#[test]
fn what_cannot_be_filled_in_is_told() {
    for (text, expected) in [
        ("${env:a.b}", "environment variable \"a.b\" has invalid name: must match regex"),
        ("${nope:x}", "unsupported scheme on URI \"nope:x\""),
        ("${env:LOOP}", "too many recursive expansions"),
        ("${env:LOOP_LIST}", "too many recursive expansions"),
        ("${file:/does/not/exist}", "unable to read the file /does/not/exist"),
        ("'${env:$x}'", "contains unsupported characters ('$')"),
    ] {
        let error = value::<serde_json::Value>(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
        assert!(error.starts_with("test.yaml:1:4: v: "), "{text}: {error}");
    }
    assert!(value::<String>("${env:GROWING}").is_err());
}

#[test]
fn an_unset_variable_warns_once_at_its_place() {
    let (_, warnings, _) = expanded("a:\n  b: ${env:UNSET}\n");
    assert_eq!(
        lines(&warnings),
        "test.yaml:2:6: a::b: Configuration references unset environment variable \"UNSET\", taken \
         as empty"
    );
}

#[test]
fn null_leaves_defaults_but_empties_strings() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(default)]
    struct Target {
        text: String,
        maybe: Option<String>,
        number: u32,
    }
    impl Default for Target {
        fn default() -> Self {
            Self { text: "default".to_owned(), maybe: Some("default".to_owned()), number: 7 }
        }
    }
    let text = "{text: \"${UNSET}\", maybe: \"${UNSET}\", number: \"${UNSET}\"}";
    let expected = Target { text: String::new(), maybe: None, number: 7 };
    assert_eq!(value::<Target>(text), Ok(expected));
}

#[test]
fn errors_in_expanded_values_point_to_the_reference() {
    let (root, _, _) = expanded("a: 1\nv: ${env:MAP}\n");
    let findings = decode::<Vec<u32>>(root.get("v").unwrap(), "v").unwrap_err();
    assert_eq!(lines(&findings), "test.yaml:2:4: v: expected a list, got a map");
}

proptest! {
    #[test]
    fn any_reference_ends_without_a_panic(text in "([$\\{\\}:a-]|\\$\\{|env:|NUM|LIST|LOOP|é){0,40}") {
        let mut root = Node::string(text, Position::start_of("test"));
        let fetch = |_: &str| Err(String::new());
        let environment = Environment { variable: &variable, fetch: &fetch };
        expand(&mut root, environment, &mut Vec::new());
    }
}
