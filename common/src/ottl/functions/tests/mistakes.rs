//! What is told of statements that are wrong, most of it before any telemetry is there.

use super::{compiled, mistake, value};
use crate::ottl::Context;

#[track_caller]
fn check(expression: &str, expected: &str) {
    assert_eq!(mistake(expression), expected, "{expression}");
}

#[test]
fn arguments_of_another_type_are_told() {
    check(r#"HasPrefix(1, "a")"#, "target must be a string, not an integer");
    check(r#"HasSuffix("a", 1.5)"#, "suffix must be a string, not a double");
    check(r#"TrimPrefix(true, "a")"#, "target must be a string, not a boolean");
    check(r#"TrimSuffix("a", nil)"#, "suffix must be a string, not nil");
    check(r#"Split("a", ["b"])"#, "delimiter must be a string, not a list");
    check(r#"Substring("a", "0", 1)"#, "start must be an integer, not a string");
    check("ToUpperCase(1)", "target must be a string, not an integer");
    check("SHA256(0x00)", "target must be a string, not bytes");
    check("Keys([1])", "target must be a map, not a list");
    check("Values(1)", "target must be a map, not an integer");
    check("Sort({})", "target must be a list, not a map");
    check("SliceToMap({})", "target must be a list, not a map");
    check("ToKeyValueString([])", "target must be a map, not a list");
    check(r#"ContainsValue("a", 1)"#, "target must be a list, not a string");
    check("Int({})", "target must be a number, not a map");
    check(r#"Double("x")"#, "target must be a number, not a string");
    check(r#"Bool("yes")"#, "target must be true or false, not a string");
    check("Hex([])", "target must be what can be bytes, not a list");
    check("Log({})", "target must be a number, not a map");
    check(r#"Decode(1, "utf-8")"#, "target must be a string or bytes, not an integer");
    check(r#"IsInCIDR(1, ["10.0.0.0/8"])"#, "target must be a string, not an integer");
    check(
        r#"CommunityID("1.2.3.4", "80", "1.2.3.4", 1)"#,
        "source_port must be an integer, not a string",
    );
    check("MapKeys([], (k, _) => k)", "source must be a map, not a list");
}

#[test]
fn arguments_that_must_be_written_out_are_told() {
    check(r#"Concat(log.attributes["a"], ",")"#, "vals must be a list in brackets");
    check(r#"Coalesce(log.body)"#, "values must be a list in brackets");
    check(r#"Format(log.body, [])"#, "format must be a string in quotes");
    check(r#"Format("%s", log.body)"#, "vals must be a list in brackets");
    check("Trim(log.severity_text, log.body)", "replacement must be a string in quotes");
    check("Substring(log.severity_text, 0, 1, 1)", "utf8_safe must be true or false");
    check("SliceToMap(log.body, log.body)", "key_path must be a list in brackets");
    check("SliceToMap(log.body, [1])", "key_path must be a string in quotes");
    check("IsInCIDR(log.severity_text, log.body)", "networks must be a list in brackets");
    check("All(log.body, true)", "predicate must be a lambda of 2 arguments");
    check("Reduce(log.body, 0, (a, v) => a)", "accumulator must be a lambda of 3 arguments");
    check("When((x) => true, 1, 2)", "condition must be a lambda of 0 arguments");
}

#[test]
fn arguments_out_of_range_are_told() {
    check(
        r#"ConvertCase(log.severity_text, "title")"#,
        "there is no case \"title\", only lower, upper, snake and camel",
    );
    check(r#"Substring(log.severity_text, -1, 1)"#, "start must not be negative");
    check(r#"Substring(log.severity_text, 0, 0)"#, "length must be more than zero");
    check(r#"ParseInt(log.severity_text, 1)"#, "base must be 0 or from 2 to 36, not 1");
    check("Coalesce([])", "values must have at least one element");
    check("SliceToMap(log.body, [])", "key_path must have at least one key");
    check("SliceToMap(log.body, value_path = [])", "value_path must have at least one key");
    check(r#"Sort(log.body, "up")"#, "order must be asc or desc, not \"up\"");
    check(r#"ToKeyValueString(log.body, "")"#, "delimiter must not be empty");
    check(r#"ToKeyValueString(log.body, "=", "")"#, "pair_delimiter must not be empty");
    check(
        r#"ToKeyValueString(log.body, "=", "=")"#,
        "delimiter and pair_delimiter must not be the same",
    );
    check(
        r#"Base64Encode(log.severity_text, "base32")"#,
        "a variant is base64, base64-raw, base64-url or base64-raw-url, not \"base32\"",
    );
    check(
        r#"IsInCIDR(log.severity_text, ["10.0.0.0/33"])"#,
        "\"10.0.0.0/33\" is no network such as 10.0.0.0/8",
    );
    assert!(mistake(r#"Decode(log.body, "klingon")"#).starts_with("there is no decoder for"));
    assert!(mistake(r#"IsMatch(log.body, "(")"#).contains("is not a regular expression"));
}

#[test]
fn what_fails_for_what_is_known_fails_at_once() {
    check(r#"TraceID("x")"#, "an id of this kind has 16 bytes or 32 hex digits");
    check("SpanID(0x01)", "an id of this kind has 8 bytes or 16 hex digits");
    check("ProfileID(0x01)", "an id of this kind has 16 bytes or 32 hex digits");
    check(r#"Substring("abc", 2, 2)"#, "a text of 3 bytes has no 2 bytes from byte 2 on");
    check(r#"ParseInt("x", 10)"#, "\"x\" is no integer of base 10, or beyond 64 bits");
    check("Log(0)", "only numbers above zero have a logarithm, not 0");
    check("Log(nil)", "nil has no logarithm");
    check("Len(1)", "expected a string, a list or a map, found an integer");
    check("Index(1, 1)", "expected a string or a list, found an integer");
    check(r#"Index("a", 1)"#, "expected a string to look for in a string, found an integer");
    check(r#"Base64Decode("%")"#, "this is not base64 of that kind");
    check(r#"IsValidLuhn("1a")"#, "'a' is no digit");
    check(r#"CommunityID("x", 1, "1.2.3.4", 1)"#, "\"x\" is no address of IPv4 or IPv6");
    check(r#"CommunityID("::1", 1, "::1", -1)"#, "a port is from 0 to 65535, not -1");
    check(
        r#"CommunityID("::1", 1, "::1", 1, "tcp")"#,
        "a protocol is ICMP, TCP, UDP, RSVP, ICMP6 or SCTP, not \"tcp\"",
    );
    check(r#"SliceToMap([1], ["a"])"#, "element 0 of the list has no a");
}

#[test]
fn numbers_of_arguments_are_told() {
    check(r#"HasPrefix("a")"#, "HasPrefix needs an argument for its parameter \"prefix\"");
    check("UUID(1)", "UUID takes no arguments");
    check(r#"Len("a", "b")"#, "Len takes one argument: target");
    check(r#"Trim("a", cutset = "b")"#, "Trim has no parameter \"cutset\"");
}

#[test]
fn a_root_is_asked_for_in_spans_alone() {
    check("IsRootSpan()", "IsRootSpan is not for the context log");
    assert!(compiled(Context::Span, "IsRootSpan()").is_ok());
}

#[test]
fn a_pattern_of_telemetry_has_to_be_small() {
    let told = value(r#"IsMatch("text", log.body)"#, r"log \pL{100}").unwrap_err();
    assert!(told.ends_with("it takes more than 1048576 bytes compiled"), "{told}");
    assert!(compiled(Context::Log, r#"IsMatch("text", "\\pL{100}")"#).is_ok());
}
