use super::*;
use crate::testing::settings::read;

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
struct Left {
    left: u32,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
struct Right {
    right: String,
}

#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
struct Third {
    third: Vec<String>,
}

type All = Both<Left, Both<Right, Third>>;

#[test]
fn each_struct_takes_its_keys() {
    let all: All = read("{left: 1, right: r, third: [t]}").unwrap();
    assert_eq!(all.a.left, 1);
    assert_eq!(all.b.a.right, "r");
    assert_eq!(all.b.b.third, ["t"]);
    assert_eq!(serde_json::to_string(&all).unwrap(), r#"{"left":1,"right":"r","third":["t"]}"#);
}

#[test]
fn only_what_no_struct_knows_is_unknown() {
    let error = read::<All>("left: 1\nrihgt: r\n").unwrap_err();
    assert_eq!(error, "test.yaml:2:1: unknown key \"rihgt\", did you mean \"right\"?");
}

#[test]
fn errors_of_both_are_found() {
    let error = read::<All>("left: x\nright: [1]\nwrong: 1").unwrap_err();
    assert_eq!(error.lines().count(), 3, "{error}");
}

#[test]
fn other_formats_read_it_too() {
    let all: All = serde_json::from_str(r#"{"left":1,"right":"r"}"#).unwrap();
    assert_eq!((all.a.left, all.b.a.right.as_str()), (1, "r"));
}
