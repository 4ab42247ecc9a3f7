//! What people write, read to the end.

use std::fmt::Debug;

use super::print;
use crate::ottl::{
    error::Error,
    parse::{condition, statement, value},
};

const STATEMENTS: &[&str] = &[
    r#"set(span.name, "GET /users")"#,
    r#"set(span.status.code, STATUS_CODE_ERROR) where span.attributes["http.response.status_code"] >= 500"#,
    r#"set(span.status.message, Concat(["failed", span.name], ": ")) where span.status.code == STATUS_CODE_ERROR"#,
    r#"set(span.kind, SPAN_KIND_SERVER) where span.kind == SPAN_KIND_UNSPECIFIED"#,
    r#"set(span.kind.string, "Server")"#,
    r#"set(span.attributes["root"], true) where IsRootSpan()"#,
    r#"set(span.trace_id, TraceID(0x0102030405060708090a0b0c0d0e0f10))"#,
    r#"set(span.span_id.string, "0102030405060708")"#,
    r#"set(span.trace_state["vendor"], "a")"#,
    r#"set(span.end_time_unix_nano, span.start_time_unix_nano + 1000000)"#,
    r#"set(span.attributes["took_ms"], (span.end_time_unix_nano - span.start_time_unix_nano) / 1000000)"#,
    r#"set(span.end_time, span.start_time + Duration("5s"))"#,
    r#"set(span.dropped_attributes_count, 0)"#,
    r#"set(spanevent.attributes["index"], spanevent.event_index)"#,
    r#"set(resource.attributes["deployment.environment.name"], "production")"#,
    r#"set(resource.attributes["k8s.cluster.name"], "eu-1") where resource.attributes["k8s.cluster.name"] == nil"#,
    r#"set(scope.name, "app") where scope.name == """#,
    r#"set(instrumentation_scope.version, "1.0")"#,
    r#"set(metric.name, "system.cpu.time") where metric.name == "cpu.time""#,
    r#"set(metric.description, "")"#,
    r#"set(metric.unit, "By") where IsMatch(metric.name, "\\.bytes$")"#,
    r#"set(metric.aggregation_temporality, AGGREGATION_TEMPORALITY_DELTA)"#,
    r#"set(datapoint.value_double, datapoint.value_double * 1024.0)"#,
    r#"set(datapoint.value_int, -datapoint.value_int)"#,
    r#"set(datapoint.attributes["le"], String(datapoint.explicit_bounds[0]))"#,
    r#"set(datapoint.flags, FLAG_NO_RECORDED_VALUE)"#,
    r#"set(log.body, ParseJSON(log.body)) where IsString(log.body) and HasPrefix(log.body, "{")"#,
    r#"set(log.body["nested"]["key"][0], "value")"#,
    r#"set(log.body.string, "text")"#,
    r#"set(log.severity_number, SEVERITY_NUMBER_ERROR2) where log.severity_text == "ERROR""#,
    r#"set(log.severity_text, ToUpperCase(log.attributes["level"]))"#,
    r#"set(log.time, Time(log.attributes["time"], "%Y-%m-%dT%H:%M:%S.%LZ"))"#,
    r#"set(log.time_unix_nano, log.observed_time_unix_nano) where log.time_unix_nano == 0"#,
    r#"set(log.attributes["pod"], log.cache["parts"][1])"#,
    r#"set(log.cache["parts"], Split(log.body, "|"))"#,
    r#"set(log.event_name, "login")"#,
    r#"set(log.attributes["hash"], SHA256(log.attributes["user.email"]))"#,
    r#"set(log.attributes["first"], Split(log.body, " ")[0])"#,
    r#"set(log.attributes["code"], ExtractPatterns(log.body, "status=(?P<status>\\d+)")["status"])"#,
    r#"set(log.attributes["n"], Int(log.attributes["n"]))"#,
    r#"set(log.attributes["f"], Format("%s-%04d", [log.attributes["a"], 7]))"#,
    r#"set(log.attributes["id"], UUID())"#,
    r#"set(log.attributes["x"], nil)"#,
    r#"set(log.attributes["list"], ["a", 1, 2.5, true, nil, [1, 2], {"a": 1}])"#,
    r#"set(log.attributes["map"], {"a": {"b": {"c": 1}}, "list": [], })"#,
    r#"set(log.attributes["key"], log.attributes[log.attributes["name"]])"#,
    r#"set(log.attributes["key"], log.attributes[Concat(["a", "b"], ".")])"#,
    r#"set(log.attributes["last"], log.body[Len(log.body) - 1])"#,
    r#"set(log.attributes["tenant"], otelcol.client.metadata["x-tenant"][0])"#,
    r#"set(attributes["a"], "b")"#,
    r#"set(name, "a") where name != nil and not IsMatch(name, "^b")"#,
    r#"set(where, 1) where where == 1"#,
    "set(\n  span.name,\n  \"a\"\n)\nwhere\n  span.name == \"b\"\n",
    "\tset ( name , \"a\" )\r\n",
    r#"set(name,"a")where(name=="b")"#,
    r#"set(target = name, value = "a")"#,
    r#"delete_key(span.attributes, "http.url")"#,
    r#"delete_key(resource.attributes, "process.command_args") where resource.attributes["service.name"] == "a""#,
    r#"delete_matching_keys(span.attributes, "(?i).*password.*")"#,
    r#"delete_index(log.body["items"], 0, 2)"#,
    r#"keep_keys(resource.attributes, ["service.name", "service.namespace", "service.instance.id"])"#,
    r#"keep_keys(log.attributes, [])"#,
    r#"keep_matching_keys(log.attributes, "^(http|url)\\.")"#,
    r#"limit(span.attributes, 100, ["http.route", "http.request.method"])"#,
    r#"truncate_all(resource.attributes, 4096)"#,
    r#"truncate_all(span.attributes, 10, utf8_safe = false)"#,
    r#"merge_maps(log.attributes, ParseJSON(log.body), "upsert") where IsMatch(log.body, "^\\{")"#,
    r#"merge_maps(log.attributes, ExtractGrokPatterns(log.body, "%{IP:client} %{WORD:method}", true), "insert")"#,
    r#"merge_maps(log.cache, ParseKeyValue(log.body, delimiter="=", pair_delimiter=","), "update")"#,
    r#"flatten(log.body)"#,
    r#"flatten(log.attributes, "body", 2)"#,
    r#"flatten(log.attributes, depth = 1, resolveConflicts = true)"#,
    r#"append(log.attributes["tags"], "prod")"#,
    r#"append(log.attributes["tags"], values = ["staging", "eu"])"#,
    r#"stringify_all(log.attributes)"#,
    r#"replace_pattern(span.name, "/users/[0-9]+", "/users/{id}")"#,
    r#"replace_pattern(span.attributes["db.statement"], "password=[^\\s]*(\\s?)", "password=***$1")"#,
    r#"replace_pattern(resource.attributes["user"], "(.*)", "$1", SHA256)"#,
    r#"replace_pattern(resource.attributes["user"], "(.*)", "$1", function = Sha, replacementFormat = "hash(%s)")"#,
    r#"replace_all_patterns(span.attributes, "key", "^kube_([0-9A-Za-z]+_)", "k8s.$$1.")"#,
    r#"replace_all_patterns(log.attributes, "value", "\\d{4}-\\d{4}", "****")"#,
    r#"replace_match(span.attributes["http.target"], "/user/*/list/*", "/user/{userId}/list/{listId}")"#,
    r#"replace_all_matches(span.attributes, "/user/*", "/user/{id}")"#,
    r#"convert_sum_to_gauge() where metric.name == "system.processes.count""#,
    r#"convert_gauge_to_sum("cumulative", true)"#,
    r#"extract_count_metric(false) where metric.type == METRIC_DATA_TYPE_HISTOGRAM"#,
    r#"extract_sum_metric(true, ".total")"#,
    r#"copy_metric(name="new", desc="copied", unit="s") where metric.description == "a""#,
    r#"scale_metric(0.001, "s") where metric.unit == "ms""#,
    r#"aggregate_on_attributes("sum", ["host.name"]) where metric.name == "a""#,
    r#"convert_exponential_histogram_to_histogram("midpoint", [1.0, 10.0, 100.])"#,
    r#"limit(log.attributes, 3, [])"#,
    r#"set(log.attributes["any"], Any(log.body["list"], (_, item) => item == "a"))"#,
    r#"set(log.attributes["all"], All([1, 2], (_, v) => v > 0 and v < 3))"#,
    r#"set(log.attributes["sum"], Reduce([1, 2, 3], 0, (acc, _, v) => acc + v))"#,
    r#"set(log.attributes["when"], When(() => log.body != nil, "some", "none"))"#,
    r#"set(log.attributes["keys"], MapKeys(log.attributes, (k, _) => ToLowerCase(k)))"#,
    r#"set(log.attributes["neg"], 3-5)"#,
    r#"set(log.attributes["neg"], -3 * -(2 + +1) - -1.5e3)"#,
    r#"set(log.attributes["escapes"], "tab \t quote \" slash \\ é \u00e9 \x41 \101")"#,
];

const CONDITIONS: &[&str] = &[
    "true",
    "false",
    "not true",
    "not (not true)",
    "((true))",
    r#"name == "health""#,
    r#"IsMatch(name, ".*/health")"#,
    r#"not IsMatch(name, "a")"#,
    r#"span.attributes["http.route"] == "/health" or span.attributes["http.route"] == "/ready""#,
    r#"resource.attributes["service.name"] == "a" and (kind == SPAN_KIND_SERVER or kind == 3)"#,
    r#"IsMatch(log.body, "debug") and log.severity_number < SEVERITY_NUMBER_WARN"#,
    "log.severity_number != SEVERITY_NUMBER_UNSPECIFIED and log.severity_number < SEVERITY_NUMBER_INFO",
    r#"metric.type == METRIC_DATA_TYPE_SUM and metric.name == "a""#,
    r#"HasAttrKeyOnDatapoint("http.method")"#,
    r#"HasAttrOnDatapoint("http.method", "GET")"#,
    "datapoint.value_double > 0.5",
    "datapoint.flags == FLAG_NO_RECORDED_VALUE",
    "span.end_time - span.start_time > Duration(\"100ms\")",
    "(span.end_time_unix_nano - span.start_time_unix_nano) > 1000000",
    "((1 + 2) * 3) == 9",
    "(a) == (b)",
    "1 + 2 == 3 and not false",
    "nil == nil",
    "true == true",
    "[1, 2] == log.body",
    r#"{"a": 1} != log.body"#,
    "trace_id == TraceID(0x00)",
    "parent_span_id != SpanID(0x0000000000000000)",
    r#"ParseJSON(body)["ok"]"#,
    r#"not ParseJSON(body)["ok"] == true"#,
    r#"IsInCIDR(attributes["client.address"], ["10.0.0.0/8", "192.168.0.0/16"])"#,
    r#"where == 1"#,
    r#"Now() - log.time > Duration("1h")"#,
    r#"Len(Split(body, ",")) >= 3"#,
    r#"attributes["a"] <= -1"#,
    r#"true and not (a == 1 or b == 2) and (c == 3)"#,
];

const VALUES: &[&str] = &[
    "nil",
    "0x0a",
    r#"resource.attributes["tenant"]"#,
    r#"Concat([resource.attributes["a"], "b"], "/")"#,
    "[]",
    "{}",
    "[1 2 3]",
    "[, 1]",
    r#"{"a": 1 "b": 2}"#,
    "- 1",
    "(a, _) => a",
    "SPAN_KIND_SERVER",
];

#[track_caller]
fn check<T: Debug>(texts: &[&str], read: fn(&str) -> Result<T, Error>) {
    for text in texts {
        if let Err(error) = read(text) {
            panic!("{error}");
        }
    }
}

#[test]
fn statements_that_people_write_are_read() {
    check(STATEMENTS, statement);
    assert!(STATEMENTS.len() >= 100, "{}", STATEMENTS.len());
}

#[test]
fn conditions_that_people_write_are_read() {
    check(CONDITIONS, condition);
}

#[test]
fn values_that_people_write_are_read() {
    check(VALUES, value);
}

#[test]
fn operators_bind_as_in_the_collector() {
    for (text, read) in [
        ("1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)"),
        ("8 / 4 / 2", "((8 / 4) / 2)"),
        ("3-5", "(3 - 5)"),
        ("-3*-a", "(-(3) * -(a))"),
        ("-(1+2)", "-((1 + 2))"),
        ("+1", "1"),
        ("010", "8"),
    ] {
        assert_eq!(print::value(&value(text).unwrap()), read, "{text}");
    }
    for (text, read) in [
        ("true or true and false", "(true) or ((true) and (false))"),
        ("not true and false", "(not (true)) and (false)"),
        ("not a == b", "not (a == b)"),
        ("(true or true) and false", "((true) or (true)) and (false)"),
        ("true or true or true", "(true) or (true) or (true)"),
        ("(true or true) or true", "((true) or (true)) or (true)"),
        ("(a + b) * 2 == c", "((a + b) * 2) == c"),
        ("((F()))", "F()"),
        ("(F()) == 1", "F() == 1"),
    ] {
        assert_eq!(print::condition(&condition(text).unwrap()), read, "{text}");
    }
}

#[test]
fn lambdas_give_values_where_they_can() {
    for (text, read) in [
        ("() => true", "() => true"),
        ("() => (true)", "() => (true)"),
        ("(a) => F(a)", "(a) => F(a)"),
        ("(a) => (F(a))", "(a) => F(a)"),
        ("(a) => not F(a)", "(a) => (not (F(a)))"),
        ("(a, _) => a == 1 and F()", "(a, _) => ((a == 1) and (F()))"),
        ("(a) => ((a + 1) * 2 == 3)", "(a) => (((a + 1) * 2) == 3)"),
        ("(a) => (a + 1) * 2", "(a) => ((a + 1) * 2)"),
        ("(a) => (F(a)) or true", "(a) => ((F(a)) or (true))"),
    ] {
        assert_eq!(print::value(&value(text).unwrap()), read, "{text}");
    }
}

#[test]
fn words_are_enums_functions_or_converters() {
    let read = statement("f(SHA256, Sha256, A_b(), x = SHA256, y = Sha)").unwrap();
    let shown = format!("{:?}", read.editor.arguments);
    for kind in [
        "Enum(\"SHA256\")",
        "Function(\"Sha256\")",
        "name: \"A_b\"",
        "Some((\"x\", 25..26))",
        "Function(\"Sha\")",
    ] {
        assert!(shown.contains(kind), "{kind}: {shown}");
    }
}
