//! Statements and conditions, ready to be run, and what happens when one fails.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    compile::Compiler,
    condition::Condition,
    context::Context,
    cursor::{Cursor, View},
    error::Error,
    failure::Failure,
    functions::{Editor, Functions},
    parse,
};

/// What happens when a statement or condition fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorMode {
    /// It is logged, and the next one runs.
    #[default]
    Ignore,
    /// The next one runs.
    Silent,
    /// The request is refused.
    Propagate,
}

/// A statement.
#[derive(Debug)]
pub struct Statement {
    text: String,
    editor: Editor,
    condition: Option<Condition>,
}

impl Statement {
    /// Compiles a statement. Paths may leave out the context if `context` was said beside it.
    ///
    /// # Errors
    /// [`Error`] if it is none, with its place.
    pub fn new(
        text: &str,
        context: Context,
        functions: &Functions,
        needs_context: bool,
    ) -> Result<Self, Error> {
        let parsed = parse::statement(text)?;
        let compiler = Compiler::new(text, context, functions, needs_context);
        let condition = parsed.condition.as_ref();
        let condition = condition.map(|condition| compiler.condition(condition)).transpose()?;
        let editor = compiler.editor(&parsed.editor)?;
        Ok(Self { text: text.to_owned(), editor, condition })
    }

    /// Runs it if its condition holds. Tells whether it did.
    ///
    /// # Errors
    /// [`Failure`] if it could not be run.
    pub fn run(&self, cursor: &mut Cursor<'_, '_, '_>) -> Result<bool, Failure> {
        if let Some(condition) = &self.condition
            && !condition.holds(cursor.view())?
        {
            return Ok(false);
        }
        self.editor.call(cursor)?;
        Ok(true)
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Conditions of which one must hold.
#[derive(Debug, Default)]
pub struct Conditions {
    list: Vec<(String, Condition)>,
}

impl Conditions {
    /// Adds a condition. Its paths may leave out the context if `context` was said beside it.
    ///
    /// # Errors
    /// [`Error`] if it is none, with its place.
    pub fn add(
        &mut self,
        text: &str,
        context: Context,
        functions: &Functions,
        needs_context: bool,
    ) -> Result<(), Error> {
        let parsed = parse::condition(text)?;
        let compiler = Compiler::new(text, context, functions, needs_context);
        self.list.push((text.to_owned(), compiler.condition(&parsed)?));
        Ok(())
    }

    /// Whether there is no condition.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether one of them holds. One that fails does not hold; `failed` is told of it, with its text, and
    /// says whether the others are tried.
    pub fn any(&self, view: View<'_>, mut failed: impl FnMut(&str, Failure) -> bool) -> bool {
        for (text, condition) in &self.list {
            match condition.holds(view) {
                Ok(true) => return true,
                Ok(false) => {}
                Err(failure) => {
                    if !failed(text, failure) {
                        return false;
                    }
                }
            }
        }
        false
    }
}
