use super::{Error, nearest};

#[track_caller]
fn check(text: &str, wrong: &str, shown: &str) {
    let start = text.find(wrong).unwrap();
    let error = Error::at(text, start..start + wrong.len(), "no");
    assert_eq!(error.to_string(), shown);
}

#[test]
fn shows_the_line_and_carets_below_what_is_wrong() {
    check("set(a, where)", "where", "line 1, column 8: no\n  set(a, where)\n         ^^^^^");
}

#[test]
fn counts_lines_and_shows_only_the_one() {
    check("set(\n  a,\n  b\n)", "b", "line 3, column 3: no\n    b\n    ^");
}

#[test]
fn carriage_returns_are_no_part_of_a_line() {
    check("a\r\nb c\r\n", "c", "line 2, column 3: no\n  b c\n    ^");
}

#[test]
fn tabs_stand_above_tabs() {
    check("\ta\tb", "b", "line 1, column 4: no\n  \ta\tb\n  \t \t^");
}

#[test]
fn characters_are_counted_and_not_bytes() {
    check("\"é\" x", "x", "line 1, column 5: no\n  \"é\" x\n      ^");
}

#[test]
fn wide_characters_are_two_columns_of_a_terminal() {
    check("\"日本\" x", "x", "line 1, column 6: no\n  \"日本\" x\n         ^");
    check("\"日本\" x", "\"日本\"", "line 1, column 1: no\n  \"日本\" x\n  ^^^^^^");
}

#[test]
fn control_characters_do_not_reach_a_terminal() {
    check("\u{1b}[1m x", "x", "line 1, column 6: no\n  \u{fffd}[1m x\n       ^");
}

#[test]
fn what_runs_over_the_line_is_marked_to_its_end() {
    check("a b\nc", "b\nc", "line 1, column 3: no\n  a b\n    ^");
}

#[test]
fn long_lines_are_shown_around_the_place() {
    let text = format!("{}x{}", "a".repeat(500), "b".repeat(500));
    let (before, after) = ("a".repeat(80), "b".repeat(79));
    let shown =
        format!("line 1, column 501: no\n  ...{before}x{after}...\n     {}^", " ".repeat(80));
    check(&text, "x", &shown);
}

#[test]
fn places_outside_of_the_text_are_moved_into_it() {
    assert_eq!(Error::at("é", 1..1, "no").extent, 0..0);
    assert_eq!(Error::at("ab", 7..9, "no").extent, 2..2);
    assert_eq!(Error::at("日", 1..2, "no").extent, 0..0);
    assert_eq!(Error::at("", 0..0, "no").to_string(), "line 1, column 1: no\n  \n  ^");
    assert_eq!(Error::at("a\n", 2..2, "no").to_string(), "line 2, column 1: no\n  \n  ^");
}

#[test]
fn a_suggestion_is_in_the_first_line() {
    let near = nearest("delete_keys", ["set", "delete_key"]);
    let error = Error::at("delete_keys()", 0..11, "no function \"delete_keys\"").suggesting(near);
    assert!(
        error.to_string().starts_with(
            "line 1, column 1: no function \"delete_keys\", did you mean \"delete_key\"?\n"
        ),
        "{error}"
    );
}

#[test]
fn of_a_long_message_the_middle_is_left_out() {
    let name = "n".repeat(1_000);
    let error = Error::at("a", 0..1, format!("there is no {name:?} here")).suggesting(Some(name));
    let shown =
        format!("line 1, column 1: there is no \"{}...{}\" here", "n".repeat(307), "n".repeat(74));
    assert_eq!(error.to_string(), format!("{shown}\n  a\n  ^"));
    let near = Error::at("a", 0..1, "no").suggesting(Some("b"));
    assert_eq!(near.to_string(), "line 1, column 1: no, did you mean \"b\"?\n  a\n  ^");
}
