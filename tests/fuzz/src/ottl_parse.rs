//! Any text as a statement, a condition and a value: it is read, or refused with a place in it.

use common::ottl::{
    Error,
    parse::{condition, statement, value},
    syntax::Expr,
};

/// Errors show a part of one line of the text, and what they say quotes little of it.
const MAX_ERROR_BYTES: usize = 2 << 10;

/// One input is a text.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match statement(text) {
        Ok(read) => {
            let named = text.get(read.editor.name_extent).is_some_and(|name| !name.is_empty());
            assert!(named && text.get(read.editor.extent).is_some());
        }
        Err(error) => check(text, &error),
    }
    match condition(text) {
        Ok(_) => {
            statement(&format!("f() where {text}")).expect("a condition can stand behind where");
        }
        Err(error) => check(text, &error),
    }
    match value(text) {
        Ok(read) => check_extent(text, &read),
        Err(error) => check(text, &error),
    }
}

fn check(text: &str, error: &Error) {
    assert!(text.get(error.extent.clone()).is_some(), "{error}");
    let shown = error.to_string();
    assert_eq!(shown.split('\n').count(), 3, "{shown}");
    assert!(shown.len() <= MAX_ERROR_BYTES, "{} bytes: {shown:.200}", shown.len());
}

fn check_extent(text: &str, read: &Expr) {
    let alone = text.get(read.extent.clone()).expect("it stands in the text");
    let again = value(alone).expect("a value is one without the spaces around it");
    assert_eq!(again.extent, 0..alone.len());
}
