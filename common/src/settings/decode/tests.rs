use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::{
    settings::{Duration, any_case},
    testing::settings::{lines, node, read},
};

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Fast,
    Careful,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(default)]
struct Example {
    endpoint: String,
    timeout: Duration,
    port: u16,
    ratio: f64,
    on: bool,
    names: Vec<String>,
    mode: Mode,
    #[serde(deserialize_with = "any_case")]
    loud: Mode,
    maybe: Option<String>,
    inner: Inner,
    many: BTreeMap<String, Inner>,
    list: Vec<Inner>,
}

impl Default for Example {
    fn default() -> Self {
        Self {
            endpoint: "localhost".to_owned(),
            timeout: Duration::from_secs(5),
            port: 80,
            ratio: 1.0,
            on: true,
            names: vec!["default".to_owned()],
            mode: Mode::Fast,
            loud: Mode::Fast,
            maybe: Some("default".to_owned()),
            inner: Inner { depth: 3 },
            many: BTreeMap::new(),
            list: Vec::new(),
        }
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(default)]
struct Inner {
    depth: i64,
}

impl Default for Inner {
    fn default() -> Self {
        Self { depth: 9 }
    }
}

fn check(text: &str, expected: &Example) {
    assert_eq!(&read::<Example>(text).unwrap(), expected, "{text}");
}

fn check_error(text: &str, expected: &str) {
    assert_eq!(read::<Example>(text).unwrap_err(), expected, "{text}");
}

#[test]
fn what_is_absent_has_its_default() {
    check("{}", &Example::default());
    check("", &Example::default());
}

#[test]
fn null_leaves_the_field_at_the_default_of_its_struct() {
    let text = "{endpoint: ~, timeout: ~, port: ~, ratio: ~, on: ~, names: ~, mode: ~, inner: ~}";
    check(text, &Example::default());
    check("maybe: ~", &Example { maybe: None, ..Example::default() });
    let many = BTreeMap::from([("a".to_owned(), Inner { depth: 9 })]);
    check("many: {a: }", &Example { many, ..Example::default() });
}

#[test]
fn types_are_strict_except_between_numbers() {
    check("port: 8080.9", &Example { port: 8080, ..Example::default() });
    check("ratio: 2", &Example { ratio: 2.0, ..Example::default() });
    check("timeout: 1000", &Example { timeout: Duration::from_nanos(1000), ..Example::default() });
    check_error(
        "endpoint: 5",
        "test.yaml:1:11: endpoint: expected a string, got the number 5; put it in quotes",
    );
    check_error("port: '5'", "test.yaml:1:7: port: expected a whole number, got the string \"5\"");
    check_error("port: 70000", "test.yaml:1:7: port: expected u16, got integer `70000`");
    check_error("on: 'true'", "test.yaml:1:5: on: expected true or false, got the string \"true\"");
    check_error("on: 1", "test.yaml:1:5: on: expected true or false, got the number 1");
    check_error("inner: x", "test.yaml:1:8: inner: expected a map, got the string \"x\"");
    check_error("names: {a: b}", "test.yaml:1:8: names: expected a list, got a map");
    check_error(
        "timeout: 1d",
        "test.yaml:1:10: timeout: time: unknown unit \"d\" in duration \"1d\", expected one of ns, \
         us, ms, s, m, h",
    );
}

#[test]
fn a_string_stands_for_a_list() {
    let with = |names: &[&str]| Example {
        names: names.iter().map(ToString::to_string).collect(),
        ..Example::default()
    };
    check("names: a,b", &with(&["a", "b"]));
    check("names: ''", &with(&[]));
    check("names: []", &with(&[]));
}

#[test]
fn words_of_an_enum_are_listed() {
    check("mode: careful", &Example { mode: Mode::Careful, ..Example::default() });
    check("loud: CareFul", &Example { loud: Mode::Careful, ..Example::default() });
    check_error(
        "mode: Careful",
        "test.yaml:1:7: mode: unknown value \"Careful\", expected one of \"fast\", \"careful\", did \
         you mean \"careful\"?",
    );
}

#[test]
fn every_finding_is_reported_with_its_place() {
    check_error(
        "endpont: x\nport: high\ninner:\n  deepth: 1\n  depth: x\nlist:\n  - {depth: 1}\n  - {depth: \
         []}\n",
        "test.yaml:1:1: unknown key \"endpont\", did you mean \"endpoint\"?\n\
         test.yaml:2:7: port: expected a whole number, got the string \"high\"\n\
         test.yaml:4:3: inner: unknown key \"deepth\", did you mean \"depth\"?\n\
         test.yaml:5:10: inner::depth: expected a whole number, got the string \"x\"\n\
         test.yaml:8:13: list::1::depth: expected a whole number, got a list",
    );
}

#[test]
fn a_key_that_nothing_resembles_gets_the_list() {
    let error = read::<Inner>("zzzzzz: 1").unwrap_err();
    assert_eq!(error, "test.yaml:1:1: unknown key \"zzzzzz\", expected one of depth");
}

#[test]
fn a_required_key_is_asked_for_once() {
    #[derive(Debug, Deserialize)]
    struct Strict {
        #[expect(dead_code, reason = "only read")]
        name: String,
    }
    let error = read::<Strict>("{}").unwrap_err();
    assert_eq!(error, "test.yaml:1:1: the key \"name\" is required");
    let error = read::<Strict>("name: 5").unwrap_err();
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(read::<Strict>("name: ~").is_err());
}

#[test]
fn keys_can_be_left_to_somebody_else() {
    let map = node("{depth: 1, other: 2}").unwrap();
    assert_eq!(decode_leaving::<Inner>(&map, "x", &["other"]), Ok(Inner { depth: 1 }));
    assert_eq!(decode_own::<Inner>(&map, "x"), Ok(Inner { depth: 1 }));
    let findings = decode_leaving::<Inner>(&map, "x", &["others"]).unwrap_err();
    assert_eq!(
        lines(&findings),
        "test.yaml:1:12: x: unknown key \"other\", did you mean \"others\"?"
    );
}

#[test]
fn thousands_of_wrong_values_end_in_bounded_findings() {
    let text: String = (0..3000).map(|number| format!("- {{depth: x{number}}}\n")).collect();
    let error = read::<Vec<Inner>>(&text).unwrap_err();
    assert_eq!(error.lines().count(), MAX_FINDINGS);
}
