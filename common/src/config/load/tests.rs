use super::*;
use crate::testing::settings::lines;

fn loaded(configs: &[&str], sets: &[&str]) -> Result<serde_json::Value, String> {
    let variable = |name: &str| match name {
        "DOCUMENT" => Some("{a: 1}".to_owned()),
        "PORT" => Some("4317".to_owned()),
        _ => None,
    };
    let fetch = |_: &str| Ok("a: fetched".to_owned());
    let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let environment = Environment { variable: &variable, fetch: &fetch };
    let loaded = load_with(&owned(configs), &owned(sets), environment)
        .map_err(|findings| lines(&findings))?;
    crate::settings::decode(&loaded.root, "").map_err(|findings| lines(&findings))
}

fn check(configs: &[&str], sets: &[&str], expected: &str) {
    let json = loaded(configs, sets).map(|value| value.to_string());
    assert_eq!(json.as_deref(), Ok(expected), "{configs:?} {sets:?}");
}

fn check_error(configs: &[&str], sets: &[&str], expected: &str) {
    let error = loaded(configs, sets).unwrap_err();
    assert!(error.contains(expected), "{configs:?} {sets:?}: {error}");
}

#[test]
fn sources_are_laid_over_each_other() {
    check(&["yaml:{a: {b: 1, c: [1]}}", "yaml:a::c: [2]"], &[], r#"{"a":{"b":1,"c":[2]}}"#);
    check(&["env:DOCUMENT", "yaml:b: ${env:PORT}"], &[], r#"{"a":1,"b":4317}"#);
    check(&["env:UNSET:-{a: 2}"], &[], r#"{"a":2}"#);
    check(&["https://example.com/config"], &[], r#"{"a":"fetched"}"#);
    check(&["yaml:"], &[], "{}");
}

#[test]
fn files_are_read_with_and_without_a_scheme() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "a: from a file\n").unwrap();
    let path = file.path().to_str().unwrap();
    check(&[path], &[], r#"{"a":"from a file"}"#);
    check(&[&format!("file:{path}")], &[], r#"{"a":"from a file"}"#);
}

#[test]
fn set_wins_and_takes_yaml() {
    check(
        &["yaml:{processors: {batch: {timeout: 1s, size: 5}}}"],
        &["processors.batch.timeout = 2s", "service.pipelines.traces.receivers=[otlp]"],
        r#"{"processors":{"batch":{"timeout":"2s","size":5}},"service":{"pipelines":{"traces":{"receivers":["otlp"]}}}}"#,
    );
    check(&["yaml:"], &["a=${env:PORT}"], r#"{"a":4317}"#);
    check_error(&["yaml:"], &["a"], "missing equal sign");
}

#[test]
fn what_cannot_be_loaded_is_told() {
    check_error(&[], &[], "at least one config flag must be provided");
    check_error(&["nope:x"], &[], "unsupported scheme on URI \"nope:x\"");
    check_error(&["yaml:[1]"], &[], "retrieved value (type=list) cannot be used as a Conf");
    check_error(&["/does/not/exist.yaml"], &[], "unable to read the file /does/not/exist.yaml");
    check_error(&["yaml:a: [", "nope:x"], &[], "unsupported scheme");
    check_error(&["yaml:a: [", "nope:x"], &[], "yaml::");
}
