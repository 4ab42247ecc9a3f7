use proptest::prelude::*;

use super::*;

#[test]
fn forms_are_encoded_as_browsers_do() {
    let form = [("a b", "c&d=e"), ("ü", "+%~")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(encode_form(&form), "a+b=c%26d%3De&%C3%BC=%2B%25~");
    assert_eq!(decode_form("a+b=c%26d%3De&%C3%BC=%2B%25~"), form);
    assert_eq!(
        decode_form("a&&=b&c=%zz%4"),
        [
            ("a".to_owned(), String::new()),
            (String::new(), "b".to_owned()),
            ("c".to_owned(), "%zz%4".to_owned()),
        ]
    );
}

#[test]
fn only_http_is_spoken() {
    let tls = TlsClientSettings::default();
    let new = |url: &str| FormClient::new(url, tls.clone(), Duration::ZERO, "test").err();
    assert_eq!(new("https://example.com/token"), None);
    assert!(new("ftp://example.com").unwrap().contains("expected one of http, https"));
    assert!(new("token").is_some());
}

proptest! {
    #[test]
    fn any_pair_survives(name in "(?s).{0,20}", value in "(?s).{0,20}") {
        let form = [("x".to_owned() + &name, value)];
        prop_assert_eq!(decode_form(&encode_form(&form)), form);
    }

    #[test]
    fn no_form_panics(text in "(?s).{0,100}") {
        prop_assert!(decode_form(&text).len() <= text.len());
    }
}
