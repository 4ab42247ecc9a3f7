use super::*;
use crate::settings::{Secret, Unredacted};

#[derive(Serialize)]
struct Example {
    token: Secret,
    list: Vec<u32>,
}

#[test]
fn configs_are_written_in_both_formats_without_secrets() {
    let example = || Example { token: Secret::new("hunter2"), list: vec![1, 2] };
    let yaml = print(&example(), Format::Yaml).unwrap();
    let back: serde_json::Value = crate::testing::settings::read(&yaml).unwrap();
    assert_eq!(back.to_string(), r#"{"token":"[REDACTED]","list":[1,2]}"#);
    let json = print(&example(), Format::Json).unwrap();
    assert_eq!(json, "{\n  \"token\": \"[REDACTED]\",\n  \"list\": [\n    1,\n    2\n  ]\n}\n");
    let _open = Unredacted::open();
    assert!(print(&example(), Format::Yaml).unwrap().contains("hunter2"));
}

#[test]
fn strings_that_look_like_other_types_are_quoted() {
    for text in ["0123", "true", "1.5", "null", "", "a: b", "1_000", "0x10", "- x", "${NUM}", "10s"]
    {
        let yaml = print(&serde_json::json!({ "v": text }), Format::Yaml).unwrap();
        let back: serde_json::Value = crate::testing::settings::read(&yaml).unwrap();
        assert_eq!(back["v"], text, "{yaml}");
    }
}

proptest::proptest! {
    #[test]
    fn any_string_reads_back_as_itself(text in "([ -~\n\té]|: |# |- |[0-9]{3}|word ){0,60}") {
        let yaml = print(&serde_json::json!({ "v": [{ "w": &text }] }), Format::Yaml).unwrap();
        let back: serde_json::Value = crate::testing::settings::read(&yaml).unwrap();
        proptest::prop_assert_eq!(back["v"][0]["w"].as_str(), Some(text.as_str()), "{}", yaml);
    }
}
