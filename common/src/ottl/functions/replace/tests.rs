use crate::ottl::{Context, functions::tests::run};

const RESOURCE: &str = "resource service.name=shop\n  scope lib\n";
const STATEMENT: &str = r#"replace_match(log.body, log.attributes["g"], "gone")"#;

#[test]
fn a_glob_may_come_from_data() {
    let before =
        format!("{RESOURCE}    log hello g=he*\n    log hello g=wo*\n    log help g=he*\n");
    let after = format!("{RESOURCE}    log gone g=he*\n    log hello g=wo*\n    log gone g=he*\n");
    assert_eq!(run(Context::Log, STATEMENT, &before), Ok(after));
}

#[test]
fn what_is_no_glob_is_told() {
    let before = format!("{RESOURCE}    log hello g=[\n");
    let error = "\"[\" is not a glob: unclosed character class; missing ']'";
    assert_eq!(run(Context::Log, STATEMENT, &before), Err(error.to_owned()));
}
