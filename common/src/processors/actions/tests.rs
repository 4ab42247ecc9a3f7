mod mirrored;

use super::*;
use crate::{
    otlp::field_numbers::resource,
    pipeline::{Details, Identity},
    settings::Issues,
    testing::settings::read,
};

fn actions(yaml: &str) -> Vec<ActionSettings> {
    let settings: Vec<ActionSettings> = read(yaml).unwrap();
    let mut issues = Issues::default();
    check(&settings, &mut issues);
    assert_eq!(issues.list, []);
    settings
}

fn encoded(attributes: &[(&str, OwnedValue)]) -> Vec<u8> {
    let mut draft = Draft::new(&[], resource::ATTRIBUTES);
    draft.replace_attributes(attributes.iter().map(|(key, value)| (*key, value)));
    draft.into_edited().unwrap_or_default()
}

fn request() -> RequestContext {
    RequestContext::new(Details {
        metadata: [("x-tenant", "a"), ("x-tenant", "b"), ("host", "h")]
            .map(|(key, value)| (key.into(), value.into()))
            .to_vec(),
        peer: Some("[::ffff:10.0.0.7]:4317".parse().unwrap()),
        identity: Identity::default().with("user", "mia").with("groups", r#"["x","y"]"#),
    })
}

/// Makes the actions on attributes and compares what comes out, in its order.
#[track_caller]
fn check_in(
    context: &RequestContext,
    yaml: &str,
    before: &[(&str, OwnedValue)],
    after: &[(&str, OwnedValue)],
) {
    let message = encoded(before);
    let mut draft = Draft::new(&message, resource::ATTRIBUTES);
    let actions = Actions::new(&actions(yaml)).unwrap();
    actions.for_request(context).apply(&mut draft);
    let attributes = draft.attributes().iter();
    let found: Vec<_> = attributes.map(|(key, value)| (key, OwnedValue::from(value))).collect();
    assert_eq!(format!("{found:?}"), format!("{after:?}"), "{yaml}");
    assert_eq!(draft.is_edited(), draft.bytes() != message, "{yaml}");
}

#[track_caller]
fn check_all(yaml: &str, before: &[(&str, OwnedValue)], after: &[(&str, OwnedValue)]) {
    check_in(&RequestContext::EMPTY, yaml, before, after);
}

fn text(text: &str) -> OwnedValue {
    text.into()
}

#[test]
fn insert_leaves_what_is_there() {
    check_all("[{key: a, value: 1, action: insert}]", &[], &[("a", 1.into())]);
    check_all(
        "[{key: a, value: 1, action: INSERT}]",
        &[("b", text(""))],
        &[("b", text("")), ("a", 1.into())],
    );
    for value in [text("x"), OwnedValue::Empty] {
        let same = [("a", value)];
        check_all("[{key: a, value: 1, action: insert}]", &same, &same);
    }
}

#[test]
fn update_sets_only_what_is_there() {
    check_all("[{key: a, value: 1, action: update}]", &[], &[]);
    check_all("[{key: a, value: 1, action: Update}]", &[("a", text("x"))], &[("a", 1.into())]);
}

#[test]
fn upsert_sets_in_any_case() {
    check_all("[{key: a, value: 1, action: upsert}]", &[], &[("a", 1.into())]);
    check_all("[{key: a, value: 1, action: upsert}]", &[("a", text("x"))], &[("a", 1.into())]);
}

#[test]
fn a_value_has_the_type_that_it_has_in_yaml() {
    let map = vec![("x".to_owned(), OwnedValue::Array(vec![1.into(), OwnedValue::Empty]))];
    let cases = [
        ("x", text("x")),
        ("'1'", text("1")),
        ("''", text("")),
        ("-7", (-7).into()),
        ("0x10", 16.into()),
        ("18446744073709551615", (-1).into()),
        ("1.5", 1.5.into()),
        ("1e3", 1000.0.into()),
        (".inf", f64::INFINITY.into()),
        ("true", true.into()),
        ("[]", OwnedValue::Array(Vec::new())),
        ("{x: [1, ~]}", OwnedValue::KvList(map)),
    ];
    for (yaml, value) in cases {
        let actions = format!("[{{key: a, value: {yaml}, action: insert}}]");
        check_all(&actions, &[], &[("a", value)]);
    }
}

#[test]
fn a_value_can_come_from_another_attribute() {
    let copy = "[{key: a, from_attribute: b, action: upsert}]";
    for value in [text("x"), 7.into(), OwnedValue::Array(vec![true.into()]), OwnedValue::Empty] {
        check_all(copy, &[("b", value.clone())], &[("b", value.clone()), ("a", value)]);
    }
    check_all(copy, &[("a", 1.into())], &[("a", 1.into())]);
    check_all(
        "[{key: a, from_attribute: a, action: upsert}]",
        &[("a", 1.into())],
        &[("a", 1.into())],
    );
}

#[test]
fn a_default_stands_in_for_a_source_that_has_nothing() {
    let with_default = "[{key: a, from_attribute: b, default_value: [1], action: upsert}]";
    check_all(with_default, &[], &[("a", OwnedValue::Array(vec![1.into()]))]);
    check_all(with_default, &[("b", 2.into())], &[("b", 2.into()), ("a", 2.into())]);
    check_all("[{key: a, default_value: x, action: insert}]", &[], &[("a", text("x"))]);
    let no_context = "[{key: a, from_context: metadata.b, default_value: x, action: insert}]";
    check_all(no_context, &[], &[("a", text("x"))]);
    check_all("[{key: a, value: 1, default_value: 2, action: insert}]", &[], &[("a", 1.into())]);
    check_all("[{key: a, default_value: x, action: update}]", &[], &[]);
}

#[test]
fn a_value_can_come_from_the_request() {
    let cases = [
        ("metadata.x-tenant", Some("a;b")),
        ("metadata.X-Tenant", Some("a;b")),
        ("X-TENANT", Some("a;b")),
        ("metadata.no", None),
        ("no", None),
        ("client.address", Some("10.0.0.7")),
        ("auth.user", Some("mia")),
        ("auth.groups", Some("x;y")),
        ("auth.User", None),
    ];
    for (name, value) in cases {
        let yaml = format!("[{{key: a, from_context: {name}, action: insert}}]");
        let after = value.map(|value| ("a", text(value)));
        check_in(&request(), &yaml, &[], after.as_slice());
    }
    let address = "[{key: a, from_context: client.address, action: insert}]";
    check_all(address, &[], &[("a", text(""))]);
    let several = "[{key: a, from_context: no, action: insert}, {key: b, from_context: host, action: insert}]";
    check_in(&request(), several, &[], &[("b", text("h"))]);
}

#[test]
fn delete_takes_a_key_and_what_a_pattern_finds() {
    let before = [("a", 1.into()), ("ab", 2.into()), ("c", 3.into())];
    check_all("[{key: a, action: delete}]", &before, &[("ab", 2.into()), ("c", 3.into())]);
    check_all("[{pattern: b, action: delete}]", &before, &[("a", 1.into()), ("c", 3.into())]);
    check_all("[{key: c, pattern: ^a$, action: delete}]", &before, &[("ab", 2.into())]);
    check_all("[{key: no, action: delete}]", &before, &before);
}

#[test]
fn hash_is_the_sha_256_that_upstream_makes() {
    let hash = "[{key: a, action: hash}]";
    let cases = [
        (text("foo"), "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"),
        (text(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (true.into(), "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a"),
        (false.into(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (24.into(), "cbb032642036ec7043fa4529f06c9c9d8b12fa70ea6799a19ca8321a808d86fa"),
        (24.0.into(), "e4ca49b45414f95d029f11e8fc1e066e1c8752932272d74e75b8ed4957744225"),
        (OwnedValue::Bytes(vec![1]), ""),
        (OwnedValue::Array(Vec::new()), ""),
        (OwnedValue::KvList(Vec::new()), ""),
        (OwnedValue::Empty, ""),
    ];
    for (value, sum) in cases {
        check_all(hash, &[("a", value)], &[("a", text(sum))]);
    }
    check_all(hash, &[("b", 1.into())], &[("b", 1.into())]);
}

#[test]
fn hash_takes_a_key_and_what_a_pattern_finds() {
    let foo = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    let before = [("a.x", text("foo")), ("b", text("foo")), ("a.y", text("foo"))];
    let by_pattern = [("a.x", text(foo)), ("b", text("foo")), ("a.y", text(foo))];
    check_all(r"[{pattern: '^a\.', action: hash}]", &before, &by_pattern);
    let all = [("a.x", text(foo)), ("b", text(foo)), ("a.y", text(foo))];
    check_all(r"[{key: b, pattern: '^a\.', action: hash}]", &before, &all);
}

#[test]
fn extract_makes_an_attribute_of_each_group() {
    let yaml = r"[{key: url, pattern: '^(?P<scheme>\w+)://(?P<host>[^/:]+)(?::(?P<port>\d+))?', action: extract}]";
    let url = ("url", text("http://a.b/c"));
    let after = [url.clone(), ("scheme", text("http")), ("host", text("a.b")), ("port", text(""))];
    check_all(yaml, std::slice::from_ref(&url), &after);
    let there = [("port", 1.into()), ("url", text("x://y:80"))];
    let after = [
        ("port", text("80")),
        ("url", text("x://y:80")),
        ("scheme", text("x")),
        ("host", text("y")),
    ];
    check_all(yaml, &there, &after);
    for other in [text("no url"), 7.into()] {
        check_all(yaml, &[("url", other.clone())], &[("url", other)]);
    }
    check_all(yaml, &[], &[]);
    let own = "[{key: a, pattern: 'x(?P<a>.)', action: extract}]";
    check_all(own, &[("a", text("xy"))], &[("a", text("y"))]);
}

#[test]
fn convert_changes_the_type_or_nothing() {
    let list = || OwnedValue::Array(vec![1.into(), text("x")]);
    let cases: [(&str, OwnedValue, OwnedValue); 32] = [
        ("int", text("-12"), (-12).into()),
        ("int", text("+12"), 12.into()),
        ("int", text("1_000"), text("1_000")),
        ("int", text("1.0"), text("1.0")),
        ("int", text(""), text("")),
        ("int", text("9223372036854775808"), text("9223372036854775808")),
        ("int", 5.into(), 5.into()),
        ("int", (-2.9).into(), (-2).into()),
        ("int", 1e300.into(), i64::MIN.into()),
        ("int", f64::NAN.into(), i64::MIN.into()),
        ("int", true.into(), 1.into()),
        ("int", false.into(), 0.into()),
        ("int", list(), list()),
        ("int", OwnedValue::Empty, OwnedValue::Empty),
        ("double", text("2.5"), 2.5.into()),
        ("double", text("1e400"), text("1e400")),
        ("double", text("x"), text("x")),
        ("double", 3.into(), 3.0.into()),
        ("double", i64::MAX.into(), 9.223_372_036_854_776e18.into()),
        ("double", 0.5.into(), 0.5.into()),
        ("double", true.into(), 1.0.into()),
        ("double", OwnedValue::Bytes(vec![1]), OwnedValue::Bytes(vec![1])),
        ("string", text("x"), text("x")),
        ("string", 7.into(), text("7")),
        ("string", 1e-7.into(), text("1e-7")),
        ("string", true.into(), text("true")),
        ("string", OwnedValue::Empty, text("")),
        ("string", OwnedValue::Bytes(vec![1, 2]), text("AQI=")),
        ("string", list(), text("[1,\"x\"]")),
        ("string", OwnedValue::KvList(vec![("k".to_owned(), list())]), text("{\"k\":[1,\"x\"]}")),
        ("string", f64::INFINITY.into(), text("Infinity")),
        ("string", false.into(), text("false")),
    ];
    for (target, before, after) in cases {
        let yaml = format!("[{{key: a, converted_type: {target}, action: convert}}]");
        check_all(&yaml, &[("a", before)], &[("a", after)]);
    }
    check_all("[{key: a, converted_type: int, action: convert}]", &[], &[]);
}

#[test]
fn later_actions_see_what_earlier_ones_did() {
    let yaml = "
- {key: a, value: '12', action: insert}
- {key: a, converted_type: int, action: convert}
- {key: b, from_attribute: a, action: upsert}
- {key: a, action: delete}
- {key: a, value: new, action: insert}
";
    check_all(yaml, &[], &[("b", 12.into()), ("a", text("new"))]);
}

#[test]
fn of_duplicate_keys_the_first_counts() {
    let before = [("a", 1.into()), ("a", 2.into())];
    check_all(
        "[{key: b, from_attribute: a, action: insert}]",
        &before,
        &[("a", 1.into()), ("a", 2.into()), ("b", 1.into())],
    );
    let convert = "[{key: a, converted_type: string, action: convert}]";
    check_all(convert, &before, &[("a", text("1"))]);
    check_all("[{key: a, action: delete}]", &before, &[]);
}

/// An action, where its mistake is, and what is said of it.
const MISTAKES: [(&str, &str, &str); 17] = [
    (
        "{key: a, value: 1}",
        "0::action",
        "must be insert, update, upsert, delete, hash, extract or convert",
    ),
    ("{value: 1, action: insert}", "0::key", "must be set"),
    ("{action: delete}", "0::key", "key or pattern must be set"),
    (
        "{key: a, action: insert}",
        "0",
        "one of value, from_attribute, from_context or default_value must be set; a variable that is not set is no value",
    ),
    (
        "{key: a, value: ~, action: insert}",
        "0",
        "one of value, from_attribute, from_context or default_value must be set; a variable that is not set is no value",
    ),
    (
        "{key: a, value: 1, from_context: b, action: upsert}",
        "0",
        "only one of value, from_attribute and from_context may be set",
    ),
    (
        "{key: a, value: 1, pattern: b, action: update}",
        "0::pattern",
        "is not used by the action update",
    ),
    (
        "{key: a, value: 1, converted_type: int, action: update}",
        "0::converted_type",
        "is not used by the action update",
    ),
    ("{key: a, value: 1, action: delete}", "0::value", "is not used by the action delete"),
    (
        "{key: a, pattern: '(', action: hash}",
        "0::pattern",
        "\"(\" is not a regular expression: unclosed group",
    ),
    (
        "{key: a, action: extract}",
        "0::pattern",
        "must be set, with a named group for each new attribute",
    ),
    (
        "{key: a, pattern: b, action: extract}",
        "0::pattern",
        "\"b\" has no group, such as (?P<name>.*)",
    ),
    (
        "{key: a, pattern: '(?P<a>b)(c)', action: extract}",
        "0::pattern",
        "\"(?P<a>b)(c)\" has a group without a name; write (?P<name>...), or (?:...) for one that is not extracted",
    ),
    (
        "{key: a, from_context: b, pattern: '(?P<a>b)', action: extract}",
        "0::from_context",
        "is not used by the action extract",
    ),
    ("{key: a, action: convert}", "0::converted_type", "must be string, int or double, not \"\""),
    (
        "{key: a, converted_type: Int, action: convert}",
        "0::converted_type",
        "must be string, int or double, not \"Int\"",
    ),
    (
        "{key: a, converted_type: int, from_attribute: b, action: convert}",
        "0::from_attribute",
        "is not used by the action convert",
    ),
];

#[test]
fn mistakes_are_told_with_their_place() {
    for (yaml, path, message) in MISTAKES {
        let settings: Vec<ActionSettings> = read(&format!("[{yaml}]")).unwrap();
        let mut issues = Issues::default();
        check(&settings, &mut issues);
        let found: Vec<_> =
            issues.list.iter().map(|issue| (issue.path.as_str(), issue.message.as_str())).collect();
        assert_eq!(found, [(path, message)], "{yaml}");
        assert!(!issues.list[0].is_warning);
    }
    let misspelt = read::<Vec<ActionSettings>>("[{key: a, value: 1, action: inser}]").unwrap_err();
    assert!(misspelt.contains("0::action") && misspelt.contains("\"insert\""), "{misspelt}");
}

#[test]
fn what_upstream_passes_over_is_a_warning() {
    for yaml in [
        "{key: a, from_context: b, action: delete}",
        "{key: a, default_value: 1, action: hash}",
        "{key: a, default_value: 1, converted_type: int, action: convert}",
    ] {
        let settings: Vec<ActionSettings> = read(&format!("[{yaml}]")).unwrap();
        let mut issues = Issues::default();
        check(&settings, &mut issues);
        assert!(matches!(issues.list.as_slice(), [issue] if issue.is_warning), "{yaml}");
    }
}

#[test]
fn settings_are_shown_as_they_were_written() {
    let yaml = "
- {key: a, action: insert, value: {x: [1, 1.5, true, text, ~]}}
- {key: b, action: upsert, from_context: metadata.x, default_value: ''}
- {action: delete, pattern: ^p}
";
    let before: Vec<ActionSettings> = read(yaml).unwrap();
    let shown = serde_json::to_string(&before).unwrap();
    let after: Vec<ActionSettings> = read(&shown).unwrap();
    assert_eq!(after, before);
    assert!(shown.ends_with(r#"{"action":"delete","pattern":"^p"}]"#), "{shown}");
}
