use super::*;

#[test]
fn arguments_without_a_scheme_are_files() {
    let env = |name, default| Source::Env { name, default };
    for (argument, expected) in [
        ("a/b.yaml", Source::File("a/b.yaml")),
        ("file:b.yaml", Source::File("b.yaml")),
        ("C:\\x.yaml", Source::File("C:\\x.yaml")),
        ("env:X", env("X", None)),
        ("env:X:-a: b", env("X", Some("a: b"))),
        ("yaml:a::b: c", Source::Yaml("a::b: c")),
        ("https://u:p@host/x?token=y", Source::Http("https://u:p@host/x?token=y")),
    ] {
        assert_eq!(Source::of_argument(argument), Ok(expected));
    }
    assert!(
        Source::of_argument("s3:x").unwrap_err().contains("unsupported scheme on URI \"s3:x\"")
    );
}

#[test]
fn addresses_are_named_without_their_secrets() {
    assert_eq!(Source::Http("https://u:p@host/x?token=y").label(), "host/x");
    assert_eq!(Source::Http("https://host/x").label(), "https://host/x");
}
