use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

#[track_caller]
fn check(pattern: &str, matching: &[&str], other: &[&str]) {
    let compiled = Pattern::new(pattern).unwrap();
    for text in matching {
        assert!(compiled.is_match(text), "{pattern} does not match {text:?}");
    }
    for text in other {
        assert!(!compiled.is_match(text), "{pattern} matches {text:?}");
    }
}

#[test]
fn a_pattern_is_not_anchored() {
    check("b+", &["abc"], &["ac"]);
    check("^b+$", &["bb"], &["bb\n", "abb"]);
}

#[test]
fn shorthands_are_ascii_as_in_go() {
    check(r"^\d$", &["7"], &["٣"]);
    check(r"^\w+$", &["a_1"], &["ä"]);
    check(r"^\s$", &[" ", "\t"], &["\u{b}", "\u{a0}"]);
    check(r"^\W\D\S$", &["äax", "٣٣٣"], &["aaa"]);
    check(r"^[\d\W]+$", &["1-ä"], &["a"]);
    check(r"a\b", &["aä"], &["ab"]);
    check(r"a\B", &["ab"], &["a b"]);
}

#[test]
fn operators_of_the_engine_are_characters_inside_a_class() {
    check("^[a&&b]+$", &["a&b"], &["c"]);
    check("^[a~~b]+$", &["a~b"], &["c"]);
    check("^[+--]+$", &["+,-"], &["."]);
    check("^[a-c-z]+$", &["a-z"], &["d"]);
    check("^[[a]+$", &["[a"], &["]"]);
    check("^[]a-]+$", &["]-a"], &["b"]);
    check(r"^[^\]\\]$", &["a"], &["]", "\\"]);
    check(r"^[\x41-\x{43}]+$", &["ABC"], &["D"]);
    check("^[[:alpha:][:^digit:]]+$", &["a-"], &["1"]);
}

#[test]
fn escapes_are_those_of_go() {
    check(r"^\_\<\>\-\/$", &["_<>-/"], &[]);
    check(r"^\101\0\x62\a\f\v$", &["A\0b\x07\x0c\x0b"], &[]);
    check(r"^\Qa.b\Q*\E+$", &["a.b\\Q**"], &["axb"]);
    check(r"^\Q.", &["."], &["a"]);
    check(r"\A\pL\p{Greek}\P{Lu}\z", &["aαb"], &["aαB"]);
}

#[test]
fn a_brace_without_a_count_is_a_character() {
    check("^a{2}$", &["aa"], &["a"]);
    check("^a{1,}b{0,2}$", &["aabb"], &["abbb"]);
    check("^a{b}{,2}{$", &["a{b}{,2}{"], &[]);
    check("^{$", &["{"], &[]);
}

#[test]
fn flags_and_lazy_repeats_work() {
    check("(?i)^ab$", &["AB"], &[]);
    check("^(?s:a.)b.$", &["a\nbc"], &["a\nb\n"]);
    check("(?m-i)^b$", &["a\nb"], &["a\nB"]);
    let lazy = Pattern::new("a+?").unwrap();
    assert_eq!(&lazy.captures("aaa").unwrap()[0], "a");
}

#[test]
fn groups_keep_names_that_only_go_allows() {
    let pattern = Pattern::new("(?P<1st>a)|(?<x>b)|(?P<x>c)|(d)").unwrap();
    assert_eq!(pattern.groups(), ["1st", "x", "x", ""]);
    assert_eq!(&pattern.captures("c").unwrap()[3], "c");
    assert!(pattern.captures("e").is_none());
}

#[test]
fn what_is_no_pattern_is_told_in_one_line() {
    let cases = [
        ("(a", "unclosed group"),
        ("a)", "unopened group"),
        ("*a", "repetition operator missing expression"),
        ("[a", "a class is not closed"),
        ("[b-a]", "invalid character class range, the start must be <= the end"),
        ("[[:no:]]", "a class between [: and :] is unknown"),
        ("a\\", "a backslash at the end escapes nothing"),
        (r"\y", "an escape sequence is unknown"),
        (r"\1", "an escape sequence is unknown"),
        (r"\xg0", "\\x must be followed by two hex digits, or some in braces"),
        ("(?x)a", "after (? only a name or the flags i, m, s and U may stand"),
        ("(?=a)", "after (? only a name or the flags i, m, s and U may stand"),
        ("(?P<a-b>c)", "the name of a group may have letters, digits and underscores only"),
        ("(?P<a", "the name of a group is not closed"),
        ("a{1001}", "a count is over 1000"),
        (r"\p{Nowhere}", "Unicode property not found"),
        (r"(?:\pL{1000}){1000}", "it takes more than 10485760 bytes compiled"),
    ];
    for (pattern, why) in cases {
        let error = Pattern::new(pattern).unwrap_err().to_string();
        assert_eq!(error, format!("{pattern:?} is not a regular expression: {why}"));
    }
}

/// Parts of patterns, of which some have no simple form, alone or beside others.
fn pattern() -> impl Strategy<Value = String> {
    let part = select(vec![
        "[0-9]+",
        r"\d+",
        r"\w+",
        "[^a]+",
        "[a-c&-]+",
        "(?i)[a-f]+",
        r"\s+",
        "a+",
        "[0-9]+?",
        "[0-9]{2,}",
        "[0-9]{2}",
        "[0-9]{2,3}",
        "(ab){2}",
        "[0-9]*",
        "([0-9]+)",
        "[é]+",
        "^",
        "$",
        "[[:alpha:]]+",
        "a",
        "ab",
        "1",
        "[a-c]",
        "-",
        "é",
        "(?P<name>a)",
        "a|b",
        "(a|b)",
    ]);
    vec(part, 1..5).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_is_found_is_what_the_engine_finds(
        pattern in pattern(),
        text in "[0-9a-f é&\n-]{0,40}|[ab1]{0,20}",
    ) {
        let pattern = Pattern::new(&pattern).unwrap();
        let found: Vec<_> = pattern.matches(&text).collect();
        let engine: Vec<_> = pattern.regex.find_iter(&text).map(|found| found.range()).collect();
        prop_assert_eq!(&found, &engine);
        prop_assert_eq!(pattern.is_match(&text), !engine.is_empty());
        let replaced = pattern.replace_all::<()>(&text, "<>", |with, out| {
            out.push_str(with);
            Ok(())
        });
        let by_engine = pattern.regex.replace_all(&text, "<>").into_owned();
        prop_assert_eq!(replaced.unwrap().unwrap_or_else(|| text.clone()), by_engine);
    }
}

#[test]
fn simple_patterns_need_no_engine() {
    let is_simple = |pattern: &str| Pattern::new(pattern).unwrap().sequence.is_some();
    for pattern in
        ["[0-9]+", "customer [0-9]+", "/users/[0-9]+/", "[0-9]{4}-[0-9]{2}", "(abc)[0-9]+"]
    {
        assert!(is_simple(pattern), "{pattern}");
    }
    for pattern in
        ["", "a*", "a?", "^a", "[a-z]+b", "a[a-z]+", "[0-9]+[a-z]+", "é+", "a{65}", "a|bc"]
    {
        assert!(!is_simple(pattern), "{pattern}");
    }
}

/// Were each place tried to the end, this would take hours.
#[test]
fn what_nearly_matches_takes_no_longer() {
    for (pattern, text) in
        [("[0-9]+/", "1"), ("[0-9]{60,}/", "1"), ("a{60}b", "a"), ("ab[1b]+/", "ab1")]
    {
        let pattern = Pattern::new(pattern).unwrap();
        assert!(pattern.sequence.is_some());
        assert!(!pattern.is_match(&text.repeat(1 << 20)));
    }
}

#[test]
fn a_pattern_that_came_with_telemetry_may_take_a_tenth() {
    let large = r"\pL{100}";
    assert!(Pattern::new(large).is_ok());
    let told = Pattern::foreign(large).unwrap_err().to_string();
    assert!(told.ends_with("it takes more than 1048576 bytes compiled"), "{told}");
    assert!(Pattern::foreign(r"^\pL+[0-9]+$").unwrap().is_match("räksmörgås1"));
}
