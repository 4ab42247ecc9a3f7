use std::fmt::Write as _;

use crate::ottl::{
    Context,
    functions::tests::{run, value},
    value::Value,
};

const MANY: usize = 100_000;

/// Were each key looked for among all others, each of these would take a minute.
#[test]
fn maps_of_many_keys_are_made_in_one_pass() {
    let record = |prefix: &str| {
        let start = "resource service.name=shop\n  scope lib\n    log hello".to_owned();
        let attributes = (0..MANY).fold(start, |mut line, number| {
            write!(line, " {prefix}{number}=x").unwrap();
            line
        });
        attributes + "\n"
    };
    let flatten = r#"flatten(log.attributes, "p", resolveConflicts=true)"#;
    assert_eq!(run(Context::Log, flatten, &record("a")), Ok(record("p.a")));
    let merge = r#"merge_maps(log.attributes, log.attributes, "upsert")"#;
    assert_eq!(run(Context::Log, merge, &record("a")), Ok(record("a")));
    let body = "a,".repeat(MANY - 1) + "a";
    let made = value(r#"Len(SliceToMap(Split(log.body, ",")))"#, &format!("log {body}"));
    assert!(matches!(made, Ok(Value::Int(len)) if len == MANY as i64), "{made:?}");
}
