use super::*;
use crate::{
    otlp::{any_value::OwnedValue, edit::Draft},
    settings::Issues,
    testing::settings::read,
};

/// What is wrong with settings, and where.
fn issues(yaml: &str) -> Vec<(String, String)> {
    let settings: MatchSettings = read(yaml).unwrap();
    let mut issues = Issues::default();
    settings.check(&mut issues);
    issues.list.into_iter().map(|issue| (issue.path, issue.message)).collect()
}

#[test]
fn mistakes_are_told_with_their_place() {
    let cases = [
        ("{services: [a]}", "match_type", "must be strict or regexp"),
        ("{attributes: [{key: a, value: 1}]}", "match_type", "must be strict or regexp"),
        ("{libraries: [{name: a}]}", "match_type", "must be strict or regexp"),
        (
            "{match_type: regexp, span_names: [a, '(']}",
            "span_names::1",
            "\"(\" is not a regular expression: unclosed group",
        ),
        (
            "{match_type: regexp, libraries: [{name: a, version: '['}]}",
            "libraries::0::version",
            "\"[\" is not a regular expression: a class is not closed",
        ),
        (
            "{match_type: regexp, resources: [{key: a, value: '*'}]}",
            "resources::0::value",
            "\"*\" is not a regular expression: repetition operator missing expression",
        ),
        (
            "{match_type: regexp, attributes: [{key: a, value: 1}]}",
            "attributes::0::value",
            "must be a string with match_type regexp",
        ),
        ("{attributes: [{key: ''}]}", "attributes::0::key", "must be set"),
        (
            "{match_type: strict, span_kinds: [server]}",
            "span_kinds::0",
            "\"server\" must be one of SPAN_KIND_INTERNAL, SPAN_KIND_SERVER, SPAN_KIND_CLIENT, \
             SPAN_KIND_PRODUCER, SPAN_KIND_CONSUMER",
        ),
        (
            "{match_type: strict, regexp: {cacheenabled: true, cachemaxnumentries: 7}}",
            "regexp::cacheenabled",
            "has no effect, matches are not cached",
        ),
    ];
    for (yaml, path, message) in cases {
        assert_eq!(issues(yaml), [(path.to_owned(), message.to_owned())], "{yaml}");
    }
    assert_eq!(issues("{attributes: [{key: a}], log_severity_number: {min: 9}}"), []);
    assert!(read::<MatchSettings>("match_type: expr").unwrap_err().contains("\"strict\""));
}

#[track_caller]
fn check_property(how: MatchType, wanted: &str, value: impl Into<OwnedValue>, does_match: bool) {
    let settings: PropertySettings = read(&format!("{{key: a, value: {wanted}}}")).unwrap();
    let property = Property::new(how, &settings).unwrap();
    let mut draft = Draft::new(&[], 1);
    draft.set_attribute("a", &value.into());
    assert_eq!(property.matches(draft.attributes()), does_match, "{wanted}");
    assert!(!property.matches(Draft::new(&[], 1).attributes()));
}

#[test]
fn values_are_equal_with_their_type() {
    let check = |wanted: &str, value: OwnedValue, does_match| {
        check_property(MatchType::Strict, wanted, value, does_match);
    };
    check("x", "x".into(), true);
    check("x", "xy".into(), false);
    check("true", true.into(), true);
    check("'true'", true.into(), false);
    check("1", 1.into(), true);
    check("1", 1.0.into(), false);
    check("1.5", 1.5.into(), true);
    check("[1, x]", OwnedValue::Array(vec![1.into(), "x".into()]), true);
    check("[x, 1]", OwnedValue::Array(vec![1.into(), "x".into()]), false);
    let map =
        |keys: [&str; 2]| OwnedValue::KvList(keys.map(|key| (key.to_owned(), 1.into())).into());
    check("{k: 1, l: 1}", map(["l", "k"]), true);
    check("{k: 1}", map(["l", "k"]), false);
    check("~", OwnedValue::Empty, true);
}

#[test]
fn patterns_look_at_the_text_of_simple_values() {
    let check = |wanted: &str, value: OwnedValue, does_match| {
        check_property(MatchType::Regexp, wanted, value, does_match);
    };
    check("^x", "xy".into(), true);
    check("^true$", true.into(), true);
    check("^-7$", (-7).into(), true);
    check("^1000000000000000000000000$", 1e24.into(), true);
    check(r"^\+Inf$", f64::INFINITY.into(), true);
    check("^-Inf$", f64::NEG_INFINITY.into(), true);
    check("^NaN$", f64::NAN.into(), true);
    check("''", OwnedValue::Bytes(vec![1]), false);
    check("''", OwnedValue::Empty, false);
    check("''", OwnedValue::Array(Vec::new()), false);
}

#[test]
fn a_version_is_compared_if_it_is_written() {
    let check = |yaml: &str, version: &str, does_match: bool| {
        let settings: LibrarySettings = read(yaml).unwrap();
        let library = Library::new(MatchType::Strict, &settings).unwrap();
        assert_eq!(library.matches("lib", version), does_match, "{yaml} {version:?}");
    };
    check("{name: lib}", "", true);
    check("{name: lib}", "1", true);
    check("{name: lib, version: ''}", "", true);
    check("{name: lib, version: ''}", "1", false);
    check("{name: lib, version: '1'}", "1", true);
    check("{name: lib, version: '1'}", "", false);
    check("{name: other}", "", false);
}
