use super::{Kind, MAX_BYTES, quoted::unquote, tokens};

fn cut(text: &str) -> Vec<(Kind, &str)> {
    let tokens = tokens(text).unwrap_or_else(|error| panic!("{error}"));
    let (end, tokens) = tokens.split_last().unwrap();
    assert_eq!(end.kind, Kind::End);
    tokens.iter().map(|token| (token.kind, &text[token.start..token.end])).collect()
}

fn unquoted(text: &str) -> Option<String> {
    let tokens = tokens(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(tokens[0].kind, Kind::Text, "{text}");
    unquote(text, tokens[0].start, tokens[0].end).ok()
}

#[test]
fn the_first_rule_that_fits_makes_the_token() {
    for (text, expected) in [
        ("0x0aF1", vec![(Kind::Bytes, "0x0aF1")]),
        ("0x0g", vec![(Kind::Bytes, "0x0"), (Kind::Lower, "g")]),
        ("0xg", vec![(Kind::Int, "0"), (Kind::Lower, "xg")]),
        ("0X1", vec![(Kind::Int, "0"), (Kind::Upper, "X1")]),
        ("1.", vec![(Kind::Double, "1.")]),
        (".5", vec![(Kind::Double, ".5")]),
        ("1.5e-3", vec![(Kind::Double, "1.5e-3")]),
        (
            "1.5e+",
            vec![
                (Kind::Double, "1.5"),
                (Kind::Lower, "e"),
                (Kind::Math(super::Operator::Add), "+"),
            ],
        ),
        ("1.E5", vec![(Kind::Double, "1.E5")]),
        ("1e5", vec![(Kind::Int, "1"), (Kind::Lower, "e5")]),
        ("1..2", vec![(Kind::Double, "1."), (Kind::Double, ".2")]),
        ("a.5", vec![(Kind::Lower, "a"), (Kind::Double, ".5")]),
        ("a.b", vec![(Kind::Lower, "a"), (Kind::Point, "."), (Kind::Lower, "b")]),
        (
            "IsMatch",
            vec![(Kind::Upper, "I"), (Kind::Lower, "s"), (Kind::Upper, "M"), (Kind::Lower, "atch")],
        ),
        ("SHA256", vec![(Kind::Upper, "SHA256")]),
        ("nilly", vec![(Kind::Lower, "nilly")]),
        ("notX", vec![(Kind::Lower, "not"), (Kind::Upper, "X")]),
        ("or_", vec![(Kind::Lower, "or_")]),
        ("or(", vec![(Kind::Or, "or"), (Kind::Open, "(")]),
        ("Xor", vec![(Kind::Upper, "X"), (Kind::Or, "or")]),
        ("_,", vec![(Kind::Blank, "_"), (Kind::Comma, ",")]),
        ("=>=", vec![(Kind::Arrow, "=>"), (Kind::Equal, "=")]),
        (r#""a\"b"c"#, vec![(Kind::Text, r#""a\"b""#), (Kind::Lower, "c")]),
        ("\"a\nb\"", vec![(Kind::Text, "\"a\nb\"")]),
        ("\u{c}\r\n\t ", vec![]),
    ] {
        assert_eq!(cut(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_token_is_refused() {
    for text in [
        "_a",
        "__",
        "!",
        "&&",
        "a\u{a0}b",
        "\u{b}",
        "\"a",
        "\"a\\\nb\"",
        "\"a\\\"",
        "'a'",
        "ä",
        "$a",
        ";",
    ] {
        tokens(text).unwrap_err();
    }
}

#[test]
fn the_end_stands_behind_the_last_token() {
    let tokens = tokens("a \n").unwrap();
    assert_eq!((tokens[1].start, tokens[1].end), (1, 1));
}

#[test]
fn long_texts_are_refused() {
    tokens(&" ".repeat(MAX_BYTES)).unwrap();
    tokens(&" ".repeat(MAX_BYTES + 1)).unwrap_err();
}

#[test]
fn escapes_are_read() {
    for (text, said) in [
        (r#""""#, ""),
        (r#""a\\d+""#, r"a\d+"),
        (r#""\a\b\f\n\r\t\v\\\"""#, "\u{7}\u{8}\u{c}\n\r\t\u{b}\\\""),
        (r#""\x41\xff\u00e9\U0001f600\101\377""#, "Aÿé😀Aÿ"),
        (r#""日\n本""#, "日\n本"),
        ("\"a\nb\"", "a\nb"),
    ] {
        assert_eq!(unquoted(text).as_deref(), Some(said), "{text}");
    }
}

#[test]
fn what_is_no_escape_is_refused() {
    for text in [
        r#""\d""#,
        r#""\'""#,
        r#""\x4""#,
        r#""\x+1""#,
        r#""\u12""#,
        r#""\ud800""#,
        r#""\U00110000""#,
        r#""\400""#,
        r#""\18""#,
        r#""\8""#,
        r#""\é""#,
        r#""\x日""#,
    ] {
        assert_eq!(unquoted(text), None, "{text}");
    }
}
