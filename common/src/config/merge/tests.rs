use super::*;
use crate::testing::settings::node;

fn check(base: &str, over: &str, expected: &str) {
    let strip = |node: &Node| format!("{:?}", serde_value(node));
    let mut merged = node(base).unwrap();
    merge(&mut merged, node(over).unwrap());
    assert_eq!(strip(&merged), strip(&node(expected).unwrap()), "{base} + {over}");
}

fn serde_value(node: &Node) -> serde_json::Value {
    crate::settings::decode(node, "").unwrap()
}

#[test]
fn maps_merge_and_everything_else_replaces() {
    check("{a: {b: 1}}", "{a: {c: 2}}", "{a: {b: 1, c: 2}}");
    check("{a: [1, 2]}", "{a: [3]}", "{a: [3]}");
    check("{processors: {batch: {}}}", "{processors: ~}", "{processors: ~}");
    check("{processors: {batch: {}}}", "{processors: {}}", "{processors: {batch: {}}}");
    check("{a: ~}", "{a: {b: 1}}", "{a: {b: 1}}");
    check("{a: 1, b: 2}", "{b: x}", "{a: 1, b: x}");
}
