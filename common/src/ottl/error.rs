//! What is wrong with a statement, shown with the place in it.

use std::{fmt, ops::Range};

#[cfg(test)]
mod tests;

pub use crate::settings::nearest;

use super::syntax::Extent;

const TAKEN_FROM_A_LINE: usize = 160;
const TAKEN_BEFORE_THE_PLACE: usize = 80;
/// What a message quotes may be as long as the statement; of a longer one the middle is left out.
const TAKEN_FROM_A_MESSAGE: usize = 400;
const TAKEN_FROM_ITS_END: usize = 80;
/// A longer suggestion helps nobody.
const LONGEST_SUGGESTION: usize = 100;

/// What is wrong with a statement, a condition or a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// All of the text.
    pub text: String,
    /// What in the text is wrong.
    pub extent: Extent,
    /// Lower case, no full stop.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl Error {
    /// Something wrong at a place, which is moved into the text if it is not there.
    #[must_use]
    pub fn at(text: &str, extent: Range<usize>, message: impl Into<String>) -> Self {
        let start = text.floor_char_boundary(extent.start);
        let end = text.floor_char_boundary(extent.end).max(start);
        Self { text: text.into(), extent: start..end, message: message.into(), suggestion: None }
    }

    /// The same with what was probably meant.
    #[must_use]
    pub fn suggesting(mut self, nearest: Option<impl Into<String>>) -> Self {
        self.suggestion = nearest.map(Into::into);
        self
    }

    fn place(&self) -> Place<'_> {
        let (before, after) =
            self.text.split_at_checked(self.extent.start).unwrap_or((&self.text, ""));
        let (line, before) = match before.rsplit_once('\n') {
            Some((above, before)) => (above.matches('\n').count() + 2, before),
            None => (1, before),
        };
        let wrong = self.text.get(self.extent.clone()).unwrap_or_default();
        let after = after.lines().next().unwrap_or_default();
        let wrong = wrong.lines().next().unwrap_or_default();
        Place { line, column: before.chars().count() + 1, before, wrong, after }
    }
}

/// A part of one line.
struct Place<'a> {
    line: usize,
    column: usize,
    before: &'a str,
    wrong: &'a str,
    // Begins with what is wrong.
    after: &'a str,
}

impl Place<'_> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = (self.column - 1).saturating_sub(TAKEN_BEFORE_THE_PLACE);
        let left = if skipped > 0 { "..." } else { "" };
        let before: String = self.before.chars().skip(skipped).map(visible).collect();
        let room = TAKEN_FROM_A_LINE.saturating_sub(before.chars().count());
        let after: String = self.after.chars().take(room).map(visible).collect();
        let right = if self.after.chars().nth(room).is_some() { "..." } else { "" };
        writeln!(f, "  {left}{before}{after}{right}")?;
        let carets = self.wrong.chars().take(room).map(width).sum::<usize>().max(1);
        write!(f, "  {:1$}", "", left.len())?;
        before.chars().try_for_each(|c| match c {
            // As wide as the one above it, however wide that is.
            '\t' => f.write_str("\t"),
            c => write!(f, "{:1$}", "", width(c)),
        })?;
        write!(f, "{:^<carets$}", "")
    }
}

/// A message; if it is long, without its middle, since its end says what would be right.
fn without_middle(message: &str) -> String {
    let message: Vec<char> = message.chars().map(visible).collect();
    if message.len() <= TAKEN_FROM_A_MESSAGE {
        return message.into_iter().collect();
    }
    let start = message.iter().take(TAKEN_FROM_A_MESSAGE - TAKEN_FROM_ITS_END);
    let end = message.iter().skip(message.len() - TAKEN_FROM_ITS_END);
    start.chain(&['.'; 3]).chain(end).collect()
}

/// A character that does not move the cursor about.
fn visible(c: char) -> char {
    if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }
}

/// How many columns a terminal gives to a character.
fn width(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place();
        write!(f, "line {}, column {}: ", place.line, place.column)?;
        f.write_str(&without_middle(&self.message))?;
        let suggestion = self.suggestion.as_ref();
        if let Some(suggestion) = suggestion.filter(|text| text.len() <= LONGEST_SUGGESTION) {
            write!(f, ", did you mean {suggestion:?}?")?;
        }
        writeln!(f)?;
        place.show(f)
    }
}

impl std::error::Error for Error {}
