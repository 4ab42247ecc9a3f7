//! Mistakes, and all that is said of them.

use std::fmt::Debug;

use crate::ottl::{
    error::Error,
    parse::{condition, statement, value},
};

const STATEMENTS: &str = r##"
line 1, column 4: expected "(" behind the name of an editor, found the end
  set
     ^

line 1, column 4: "(" is never closed
  set(
     ^

line 1, column 4: "(" is never closed
  set(name, "a"
     ^

line 1, column 15: expected "," or ")", found "where"
  set(name, "a" where true
                ^^^^^

line 1, column 15: expected "where" or the end, found ")"
  set(name, "a"))
                ^

line 1, column 16: expected "where" or the end, found "were", did you mean "where"?
  set(name, "a") were name == "b"
                 ^^^^

line 1, column 16: expected "where" or the end, found "WHERE", did you mean "where"?
  set(name, "a") WHERE name == "b"
                 ^^^^^

line 1, column 16: expected "where" or the end, found "if"
  set(name, "a") if name == "b"
                 ^^

line 1, column 21: expected a condition, found the end
  set(name, "a") where
                      ^

line 1, column 26: expected a comparison such as "==", found the end
  set(name, "a") where name
                           ^

line 1, column 27: expected a comparison such as "==", found "=", did you mean "=="?
  set(name, "a") where name = "b"
                            ^

line 1, column 34: expected "and", "or" or the end, found "AND", did you mean "and"?
  set(name, "a") where name == "b" AND kind == 1
                                   ^^^

line 1, column 34: "&" has no meaning here, did you mean "and"?
  set(name, "a") where name == "b" && kind == 1
                                   ^^

line 1, column 34: "|" has no meaning here, did you mean "or"?
  set(name, "a") where name == "b" || kind == 1
                                   ^^

line 1, column 22: "!" has no meaning here, did you mean "not"?
  set(name, "a") where !IsString(name)
                       ^

line 1, column 26: expected a condition, found "not"
  set(name, "a") where not not true
                           ^^^

line 1, column 31: expected "and", "or" or the end, found "<"
  set(name, "a") where 1 < kind < 3
                                ^

line 1, column 22: "(" is never closed
  set(name, "a") where (name == "b"
                       ^

line 1, column 33: expected "and", "or" or the end, found ")"
  set(name, "a") where name == "b")
                                  ^

line 1, column 37: expected a comparison such as "==", found the end
  set(name, "a") where attributes["x"]
                                      ^

line 1, column 38: expected a comparison such as "==", found "is"
  set(name, "a") where attributes["x"] is nil
                                       ^^

line 1, column 30: text stands in double quotes, not in '
  set(name, "a") where name == 'b'
                               ^

line 1, column 11: text stands in double quotes, not in “
  set(name, “a”)
            ^

line 1, column 11: expected a text, found a quote that is never closed
  set(name, "a
            ^

line 1, column 12: expected an escape such as "\n", found "\d"; a "\" itself is written "\\"
  set(name, "\d+")
             ^^

line 1, column 12: expected two hexadecimal digits behind "\x"
  set(name, "\x4")
             ^^

line 1, column 10: expected "," or ")", found the text "a"
  set(name "a")
           ^^^

line 1, column 15: expected a value, found ")"
  set(name, "a",)
                ^

line 1, column 9: ";" has no meaning here
  set(name; "a")
          ^

line 1, column 11: expected a value, found the editor "concat": only converters give a value, and their names begin in upper case
  set(name, concat(["a"], ""))
            ^^^^^^

line 1, column 15: expected "," or ")", found "+"
  set(name, "a" + "b")
                ^

line 1, column 16: expected "," or ")", found "=="
  set(name, name == "b")
                 ^^

line 1, column 16: expected a name and "=", as the argument before it has them, found "name"
  set(value = 1, name)
                 ^^^^

line 1, column 15: only paths and converters have keys, an editor gives nothing
  set(name, "a")["x"]
                ^

line 1, column 19: expected "]", found ","
  set(attributes["x", 1)
                    ^

line 1, column 16: expected a key: a text, a number, a path or a converter, found "]"
  set(attributes[], 1)
                 ^

line 1, column 16: expected a key: a text, a number, a path or a converter, found "nil"
  set(attributes[nil], 1)
                 ^^^

line 1, column 23: expected "]", found "+"
  set(attributes["x"][1 + 2], 1)
                        ^

line 1, column 16: expected the name of a field, found "["
  set(attributes.["x"], 1)
                 ^

line 1, column 10: expected a name in lower case, found "traceId", did you mean "trace_id"?
  set(span.traceId, 1)
           ^^^^^^^

line 1, column 10: expected a name in lower case, found "Name", did you mean "name"?
  set(span.Name, 1)
           ^^^^

line 1, column 10: expected the name of a field, found ","
  set(span., 1)
           ^

line 1, column 16: expected "," or "]", found ")"
  set(name, [1, 2)
                 ^

line 1, column 17: expected a value, found "]"
  set(name, [1, 2,])
                  ^

line 1, column 16: expected ":" behind the key, found "1"
  set(name, {"a" 1})
                 ^

line 1, column 12: expected a key in double quotes or "}", found "a"
  set(name, {a: 1})
             ^

line 1, column 18: expected "," or "}", found ")"
  set(name, {"a": 1)
                   ^

line 1, column 11: expected an even number of digits behind "0x"
  set(name, 0x123)
            ^^^^^

line 1, column 11: expected an integer of at most 9223372036854775807
  set(name, 9223372036854775808)
            ^^^^^^^^^^^^^^^^^^^

line 1, column 11: expected octal digits behind the leading 0
  set(name, 08)
            ^^

line 1, column 11: expected a number of at most 1.7976931348623157e308
  set(name, 1.0e999)
            ^^^^^^^

line 1, column 15: expected a number, a path, a converter or "(", found ")"
  set(name, 1 + )
                ^

line 1, column 15: expected a number, a path, a converter or "(", found "*"
  set(name, 1 - * 2)
                ^

line 1, column 13: expected a number, a path, a converter or "(", found "-"
  set(name, - - 2)
              ^

line 1, column 4: "(" is never closed
  set(name, (1 + 2)
     ^

line 1, column 13: expected the end of the value "a", found "where"
  set(name, a where (b == 1))
              ^^^^^

line 1, column 1: expected an editor, whose name begins in lower case, found the converter "IsMatch"
  IsMatch(name, "a")
  ^^^^^^^

line 1, column 6: expected "(" behind the name of an editor, found "=="
  name == "a"
       ^^

line 1, column 1: expected an editor, such as "set", found the text "set"
  "set"(name, 1)
  ^^^^^

line 1, column 16: expected no comment: there are none in statements, found "#"
  set(name, "a") # note
                 ^

line 1, column 11: expected a name, which begins with a letter, found "_"
  set(name, _x)
            ^^

line 1, column 11: "$" has no meaning here
  set(name, $1)
            ^

line 1, column 24: expected "," or ")", found "true"
  set(name, Sha256 where true)
                         ^^^^

line 1, column 13: expected an operator or ")", found ","
  set(name, (a, 1) => a)
              ^

line 1, column 18: a lambda cannot give a lambda
  set(name, (a) => (b) => a)
                   ^^^^^^^^

line 1, column 18: expected a value, found ")"
  set(name, (a) => )
                   ^
"##;

const CONDITIONS: &str = r##"
line 1, column 1: a condition stands without "where"
  where name == "a"
  ^^^^^

line 1, column 1: a condition stands without "where"
  where IsMatch(name, "a")
  ^^^^^

line 1, column 1: expected a value, found the editor "set": only converters give a value, and their names begin in upper case
  set(name, "a")
  ^^^

line 1, column 8: expected a value, found the end
  name == 
         ^

line 1, column 1: expected a condition, found "=="
  == "a"
  ^^

line 1, column 8: expected "(" behind "Sha256", found "=="
  Sha256 == "a"
         ^^

line 1, column 1: expected a condition, found "TRUE", did you mean "true"?
  TRUE
  ^^^^

line 1, column 3: expected a comparison such as "==", found "and"
  a and
    ^^^

line 1, column 9: expected a condition, found "or"
  true or or false
          ^^

line 1, column 2: expected a condition, found ")"
  ()
   ^
"##;

const VALUES: &str = r##"
line 1, column 3: expected the end, found "b"
  a b
    ^

line 1, column 3: expected the end, found "=="
  a == 1
    ^^
"##;

#[track_caller]
fn check<T: Debug>(mistakes: &str, at_least: usize, read: fn(&str) -> Result<T, Error>) {
    let mistakes: Vec<&str> = mistakes.trim().split("\n\n").collect();
    assert!(mistakes.len() >= at_least, "{}", mistakes.len());
    for shown in mistakes {
        let text = shown.lines().nth(1).unwrap().strip_prefix("  ").unwrap();
        assert_eq!(read(text).unwrap_err().to_string(), shown);
    }
}

#[test]
fn statements_are_refused_with_the_place_and_what_was_expected() {
    check(STATEMENTS, 60, statement);
}

#[test]
fn conditions_are_refused_with_the_place_and_what_was_expected() {
    check(CONDITIONS, 9, condition);
}

#[test]
fn values_are_refused_with_the_place_and_what_was_expected() {
    check(VALUES, 2, value);
}

#[test]
fn nothing_is_no_statement() {
    for text in ["", " \n"] {
        let error = statement(text).unwrap_err().to_string();
        assert!(error.starts_with("line 1, column 1: expected an editor"), "{error}");
    }
}

#[test]
fn the_line_is_that_of_the_mistake() {
    for (text, shown) in [
        (
            "set(name,\n\t\"é\")\n\twhere \"é\" = 1\n",
            "line 3, column 12: expected a comparison such as \"==\", found \"=\", did you mean \"==\"?\n  \twhere \"é\" = 1\n  \t          ^",
        ),
        (
            "set(name, \"b\")\nset(name, \"c\")",
            "line 2, column 1: expected \"where\" or the end, found \"set\"\n  set(name, \"c\")\n  ^^^",
        ),
    ] {
        assert_eq!(statement(text).unwrap_err().to_string(), shown);
    }
}
