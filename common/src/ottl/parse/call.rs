//! Calls of editors and of converters.

use super::{Parser, Result};
use crate::ottl::{
    error::Error,
    lex::{Kind, Token},
    syntax::{Argument, Call, Expr, ExprKind},
};

impl Parser<'_> {
    pub(super) fn editor(&mut self) -> Result<Call> {
        let behind = self.token(self.behind_words(self.at)).kind;
        match self.peek().kind {
            Kind::Upper if behind == Kind::Open => {
                let (name, extent) = self.words();
                let message = format!(
                    "expected an editor, whose name begins in lower case, found the converter {name:?}"
                );
                return Err(Error::at(self.text, extent, message));
            }
            Kind::Lower => {}
            _ => return Err(self.expected("an editor, such as \"set\"")),
        }
        let call = self.call("\"(\" behind the name of an editor")?;
        match self.peek().kind {
            Kind::OpenBracket => {
                Err(self.error("only paths and converters have keys, an editor gives nothing"))
            }
            _ => Ok(call),
        }
    }

    pub(super) fn converter(&mut self) -> Result<Call> {
        let mut call = self.call("\"(\" behind the name of a converter")?;
        call.keys = self.keys()?;
        call.extent.end = self.end();
        Ok(call)
    }

    /// Goes no further if an editor is called where a value should be.
    pub(super) fn refuse_editor(&mut self) -> Result<()> {
        let behind = self.behind_words(self.at);
        if self.token(behind).kind != Kind::Open {
            return Ok(());
        }
        let extent = self.touching_words();
        let name = self.text.get(extent.clone()).unwrap_or_default();
        // Words apart are more likely a sign forgotten than a name.
        if self.token(behind - 1).end != extent.end {
            let expected = format!("the end of the value {name:?}");
            self.advance();
            return Err(self.expected(&expected));
        }
        let message = format!(
            "expected a value, found the editor {name:?}: only converters give a value, and their names begin in upper case"
        );
        Err(Error::at(self.text, extent, message))
    }

    fn call(&mut self, expected: &str) -> Result<Call> {
        let (name, name_extent) = self.words();
        let Some(open) = self.accept(Kind::Open) else {
            return Err(self.expected(expected));
        };
        let arguments = self.inside(|parser| parser.arguments(open))?;
        let extent = name_extent.start..self.end();
        Ok(Call { name, name_extent, arguments, keys: Vec::new(), extent })
    }

    fn arguments(&mut self, open: Token) -> Result<Vec<Argument>> {
        let mut arguments: Vec<Argument> = Vec::new();
        if !matches!(self.peek().kind, Kind::Close | Kind::End) {
            arguments.push(self.argument(false)?);
            while self.accept(Kind::Comma).is_some() {
                let named = arguments.last().is_some_and(|last| last.name.is_some());
                arguments.push(self.argument(named)?);
            }
        }
        self.close(open, Kind::Close, "\",\" or \")\"")?;
        Ok(arguments)
    }

    fn argument(&mut self, after_named: bool) -> Result<Argument> {
        let behind = self.behind_words(self.at);
        let mut name = None;
        if self.peek().kind == Kind::Lower && self.token(behind).kind == Kind::Equal {
            name = Some(self.words());
            self.advance();
        } else if after_named {
            return Err(self.expected("a name and \"=\", as the argument before it has them"));
        }
        let value = match (self.peek().kind, self.token(self.at + 1).kind) {
            (Kind::Upper, Kind::Lower) if self.names_function() => {
                let (name, extent) = self.words();
                Expr { kind: ExprKind::Function(name), extent }
            }
            _ => self.value()?,
        };
        Ok(Argument { name, value })
    }

    fn names_function(&self) -> bool {
        self.token(self.behind_words(self.at)).kind != Kind::Open
    }
}
