use super::*;
use crate::testing::settings::read;

#[test]
fn no_form_of_output_shows_it() {
    let secret = Secret::new("hunter2");
    assert_eq!(format!("{secret} {secret:?}"), "[REDACTED] [REDACTED]");
    assert_eq!(serde_json::to_string(&secret).unwrap(), "\"[REDACTED]\"");
    assert_eq!(secret.reveal(), "hunter2");
}

#[test]
fn serialization_shows_it_only_while_it_is_open() {
    let secret = Secret::new("hunter2");
    {
        let _open = Unredacted::open();
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"hunter2\"");
        assert_eq!(format!("{secret:?}"), "[REDACTED]");
    }
    assert_eq!(serde_json::to_string(&secret).unwrap(), "\"[REDACTED]\"");
}

#[test]
fn a_wrong_type_does_not_repeat_it() {
    for text in ["123456", "true", "1.5"] {
        let error = read::<Secret>(text).unwrap_err();
        assert!(!error.contains(text) && error.contains("quotes"), "{error}");
    }
    let error = read::<SecretMap>("hunter2").unwrap_err();
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn a_map_is_sorted_and_a_list_keeps_its_order() {
    let names = |text: &str| {
        let map: SecretMap = read(text).unwrap();
        map.iter().map(|(name, value)| format!("{name}={}", value.reveal())).collect::<Vec<_>>()
    };
    assert_eq!(names("{b: '2', a: '1'}"), ["a=1", "b=2"]);
    assert_eq!(names("[{name: b, value: x}, {name: a, value: y}]"), ["b=x", "a=y"]);
    assert!(names("~").is_empty());
}

#[test]
fn a_list_names_its_duplicates() {
    let error = read::<SecretMap>("[{name: k, value: a}, {name: k, value: b}]").unwrap_err();
    assert!(error.contains("duplicate keys in map-style list: [k]"), "{error}");
}

#[test]
fn passwords_in_urls_are_hidden() {
    for (text, shown) in [
        ("plain", "plain"),
        ("https://host:4317/a@b:c", "https://host:4317/a@b:c"),
        ("https://ann@host/", "https://ann@host/"),
        ("https://ann:pw@host/x", "https://ann:[REDACTED]@host/x"),
        ("http://a:p@w:x@h", "http://a:[REDACTED]@h"),
        ("see http://a:p@h and b://c:d@e?f", "see http://a:[REDACTED]@h and b://c:[REDACTED]@e?f"),
    ] {
        assert_eq!(without_passwords(text), shown);
    }
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_shown(text in ".*(://.*)?") {
        drop(without_passwords(&text));
    }
}
