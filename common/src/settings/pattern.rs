//! Regular expressions as the Go collector reads them.
//!
//! The engine here knows the same expressions in a slightly other syntax: there `\d` and its like hold
//! letters of all scripts, and `&&`, `--` and `[` are operators inside a class. So a pattern is written
//! anew, from Go's syntax, before it is compiled.

mod sequence;
mod translate;

use std::{iter, ops::Range};

use regex::{Captures, Regex, RegexBuilder};
use sequence::Sequence;

/// What a compiled pattern of a config may take.
const MAX_COMPILED_BYTES: usize = 10 << 20;
/// What one may take that came with telemetry, of which there may be many.
const MAX_FOREIGN_BYTES: usize = 1 << 20;
/// What the engine may keep of it between matches, for each thread that matches at once.
const MAX_CACHE_BYTES: usize = 2 << 20;

/// A regular expression in Go's syntax. It is not anchored.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// The same, if it is so simple.
    sequence: Option<Box<Sequence>>,
    groups: Vec<String>,
}

/// A text that is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pattern:?} is not a regular expression: {why}")]
pub struct PatternError {
    pattern: String,
    why: String,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`PatternError`] if Go would not take it either, or it is too large when compiled.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        Self::compile(pattern, MAX_COMPILED_BYTES)
    }

    /// Compiles a pattern that came with telemetry: it may take a tenth of that.
    ///
    /// # Errors
    /// As of [`Pattern::new`].
    pub fn foreign(pattern: &str) -> Result<Self, PatternError> {
        Self::compile(pattern, MAX_FOREIGN_BYTES)
    }

    fn compile(pattern: &str, max_bytes: usize) -> Result<Self, PatternError> {
        let error = |why| PatternError { pattern: pattern.to_owned(), why };
        let translated = translate::translate(pattern).map_err(|why| error(why.to_owned()))?;
        let regex = RegexBuilder::new(&translated.pattern)
            .size_limit(max_bytes)
            .dfa_size_limit(max_bytes.min(MAX_CACHE_BYTES))
            .build()
            .map_err(|cause| error(told(&cause)))?;
        let sequence = Sequence::of(&translated.pattern).map(Box::new);
        Ok(Self { regex, sequence, groups: translated.groups })
    }

    /// Whether a part of the text matches.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match &self.sequence {
            Some(sequence) => sequence.find(text, 0).is_some(),
            None => self.regex.is_match(text),
        }
    }

    /// Where it matches, without overlaps, from left to right.
    pub fn matches(&self, text: &str) -> impl Iterator<Item = Range<usize>> {
        let mut matches = match &self.sequence {
            Some(sequence) => Matches::Sequence { sequence, end: 0 },
            None => Matches::Engine(self.regex.find_iter(text)),
        };
        iter::from_fn(move || match &mut matches {
            Matches::Sequence { sequence, end } => {
                let found = sequence.find(text, *end)?;
                *end = found.end;
                Some(found)
            }
            Matches::Engine(engine) => engine.next().map(|found| found.range()),
        })
    }

    /// The names of the groups in their order; those without a name have an empty one.
    #[must_use]
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// The first match, its groups numbered from 1.
    #[must_use]
    pub fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex.captures(text)
    }

    /// The text with each match replaced by what a function appends for the template, its groups filled in;
    /// nothing if there is no match.
    ///
    /// # Errors
    /// The function's.
    pub fn replace_all<E>(
        &self,
        text: &str,
        template: &str,
        mut append: impl FnMut(&str, &mut String) -> Result<(), E>,
    ) -> Result<Option<String>, E> {
        // Groups cost several times what a match does.
        let names_groups = template.contains('$');
        let mut out = String::new();
        let mut filled = String::new();
        let mut end = None;
        for found in self.matches(text) {
            if end.is_none() {
                out = String::with_capacity(text.len() + template.len());
            }
            out.push_str(text.get(end.unwrap_or(0)..found.start).unwrap_or_default());
            let captures = names_groups.then(|| self.regex.captures_at(text, found.start));
            match captures.flatten() {
                None => append(template, &mut out)?,
                Some(captures) => {
                    filled.clear();
                    self.expand(template, &captures, &mut filled);
                    append(&filled, &mut out)?;
                }
            }
            end = Some(found.end);
        }
        Ok(end.map(|end| {
            out.push_str(text.get(end..).unwrap_or_default());
            out
        }))
    }

    /// Appends a template with its groups filled in: `$1`, `$name`, `${name}`, and `$$` for a dollar.
    ///
    /// Source: Go's `regexp.Expand`. A group that is not there is an empty text.
    pub fn expand(&self, template: &str, captures: &Captures<'_>, out: &mut String) {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                out.push('$');
                rest = after;
                continue;
            }
            match group_name(after) {
                None => {
                    out.push('$');
                    rest = after;
                }
                Some((name, after)) => {
                    let index = match name.parse::<usize>() {
                        Ok(index) => Some(index),
                        Err(_) => {
                            self.groups.iter().position(|group| group == name).map(|at| at + 1)
                        }
                    };
                    let group = index.and_then(|index| captures.get(index));
                    out.push_str(group.map_or("", |group| group.as_str()));
                    rest = after;
                }
            }
        }
        out.push_str(rest);
    }
}

/// What looks for matches in a text.
enum Matches<'p, 't> {
    Sequence { sequence: &'p Sequence, end: usize },
    Engine(regex::Matches<'p, 't>),
}

/// The name that stands behind a dollar, and what is behind it.
fn group_name(text: &str) -> Option<(&str, &str)> {
    let is_of_name = |c: char| c == '_' || c.is_alphanumeric();
    if let Some(inner) = text.strip_prefix('{') {
        let (name, rest) = inner.split_once('}')?;
        return (!name.is_empty() && name.chars().all(is_of_name)).then_some((name, rest));
    }
    let end = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
    if end == 0 { None } else { text.split_at_checked(end) }
}

/// The engine draws the place of an error over several lines, of a pattern that is not the user's.
fn told(cause: &regex::Error) -> String {
    match cause {
        regex::Error::CompiledTooBig(limit) => format!("it takes more than {limit} bytes compiled"),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
