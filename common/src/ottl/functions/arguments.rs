//! What a function is given, told by the names of its parameters.

use std::cell::Cell;

use super::{Compiled, Converter, Function, Make, kept::MAX_KEPT};
use crate::{
    ottl::{
        compile::{Compiler, Lambda},
        error::Error,
        expr::Expr,
        path::Path,
        syntax::{self, Call, ExprKind, Extent},
        value::Value,
    },
    settings::Pattern,
};

/// The arguments of one call.
#[derive(Clone, Debug)]
pub struct Arguments<'s> {
    compiler: &'s Compiler<'s>,
    function: &'static Function,
    call: Extent,
    given: Vec<Option<Given<'s>>>,
    // Whether all that was read of them so far is constant.
    are_known: Cell<bool>,
}

/// Where an argument comes from.
#[derive(Clone, Copy, Debug)]
enum Given<'s> {
    /// The text of the statement.
    Text(&'s syntax::Expr),
    /// A function that calls this one with what it found.
    Local(usize),
}

/// One argument.
#[derive(Clone, Copy, Debug)]
pub struct Arg<'s> {
    compiler: &'s Compiler<'s>,
    name: &'static str,
    given: Given<'s>,
    call: &'s Extent,
    are_known: &'s Cell<bool>,
}

impl<'s> Arguments<'s> {
    /// The arguments of a call.
    ///
    /// # Errors
    /// [`Error`] if there are too many or too few, or one has a name that no parameter has.
    pub(in crate::ottl) fn of(
        compiler: &'s Compiler<'s>,
        function: &'static Function,
        call: &'s Call,
    ) -> Result<Self, Error> {
        let parameters = function.parameters;
        let mut given: Vec<Option<Given<'s>>> = vec![None; parameters.len()];
        for (place, argument) in call.arguments.iter().enumerate() {
            let index = match &argument.name {
                None => place,
                Some((name, extent)) => {
                    let name = &snake_case(name);
                    let names = parameters.iter().map(|parameter| plain(parameter));
                    names.clone().position(|known| known == name).ok_or_else(|| {
                        let message = format!("{} has no parameter {name:?}", function.name);
                        compiler
                            .error(extent.clone(), message)
                            .suggesting(super::super::error::nearest(name, names))
                    })?
                }
            };
            let Some(slot) = given.get_mut(index) else {
                let message = format!("{} takes {}", function.name, counted(parameters));
                return Err(compiler.error(argument.value.extent.clone(), message));
            };
            if slot.is_some() {
                let message = "this parameter is given twice".to_owned();
                return Err(compiler.error(argument.value.extent.clone(), message));
            }
            *slot = Some(Given::Text(&argument.value));
        }
        let are_known = Cell::new(true);
        let arguments = Self { compiler, function, call: call.extent.clone(), given, are_known };
        arguments.check()?;
        Ok(arguments)
    }

    fn check(&self) -> Result<(), Error> {
        let mut missing = self.function.parameters.iter().zip(&self.given);
        match missing.find(|(parameter, given)| given.is_none() && !parameter.ends_with('?')) {
            None => Ok(()),
            Some((parameter, _)) => {
                let name = self.function.name;
                Err(self.error(format!("{name} needs an argument for its parameter {parameter:?}")))
            }
        }
    }

    /// What is given for a parameter that must be given.
    ///
    /// # Errors
    /// [`Error`] if it is not.
    pub fn get(&self, name: &'static str) -> Result<Arg<'_>, Error> {
        self.find(name).ok_or_else(|| {
            let function = self.function.name;
            self.error(format!("{function} needs an argument for its parameter {name:?}"))
        })
    }

    /// What is given for a parameter.
    #[must_use]
    pub fn find(&self, name: &'static str) -> Option<Arg<'_>> {
        let index = self.function.parameters.iter().position(|known| plain(known) == name)?;
        let given = self.given.get(index).copied().flatten()?;
        let are_known = &self.are_known;
        Some(Arg { compiler: self.compiler, name, given, call: &self.call, are_known })
    }

    /// What is wrong with the call as a whole.
    #[must_use]
    pub fn error(&self, message: impl Into<String>) -> Error {
        self.compiler.error(self.call.clone(), message)
    }

    /// Makes the converter; at once its result if that is known.
    pub(in crate::ottl) fn converter(
        &self,
        make: fn(&Arguments<'_>) -> Result<Converter, Error>,
    ) -> Result<Converter, Error> {
        let converter = make(self)?;
        if self.are_known.get() {
            converter.with_known_arguments().map_err(|failure| self.error(failure.to_string()))
        } else {
            Ok(converter)
        }
    }

    /// The context in which the function is called.
    #[must_use]
    pub const fn context(&self) -> super::Context {
        self.compiler.context
    }
}

/// The name of a parameter as it may be written as well: `resolveConflicts`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len());
    for char in name.chars() {
        if char.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(char.to_ascii_lowercase());
    }
    snake
}

fn plain(parameter: &'static str) -> &'static str {
    parameter.trim_end_matches('?')
}

fn counted(parameters: &[&str]) -> String {
    match parameters {
        [] => "no arguments".to_owned(),
        [one] => format!("one argument: {one}"),
        many => format!("{} arguments: {}", many.len(), many.join(", ")),
    }
}

impl<'s> Arg<'s> {
    /// What is wrong with it.
    #[must_use]
    pub fn error(self, message: impl Into<String>) -> Error {
        let extent = match self.given {
            Given::Text(expr) => expr.extent.clone(),
            Given::Local(_) => self.call.clone(),
        };
        self.compiler.error(extent, message)
    }

    /// A value of any type.
    ///
    /// # Errors
    /// [`Error`] if it cannot be compiled.
    pub fn expr(self) -> Result<Expr, Error> {
        let expr = match self.given {
            Given::Text(expr) => self.compiler.expr(expr)?,
            Given::Local(index) => Expr::Local(index, Vec::new()),
        };
        if expr.constant().is_none() {
            self.are_known.set(false);
        }
        Ok(expr)
    }

    pub(super) fn checked(
        self,
        expected: &'static str,
        fits: impl Fn(&Value<'_>) -> bool,
    ) -> Result<Expr, Error> {
        let expr = self.expr()?;
        match expr.constant() {
            Some(value) if !fits(value) => {
                let name = self.name;
                let found = value.kind();
                Err(self.error(format!("{name} must be {expected}, not {found}")))
            }
            _ => Ok(expr),
        }
    }

    /// A string, to be read by [`Expr::text`].
    ///
    /// # Errors
    /// [`Error`] if it cannot be one.
    pub fn text(self) -> Result<Expr, Error> {
        self.checked("a string", |value| matches!(value, Value::Text(_)))
    }

    /// What has a form as a string, to be read by [`Expr::text_like`].
    ///
    /// # Errors
    /// [`Error`] if it has none.
    pub fn text_like(self) -> Result<Expr, Error> {
        self.checked("what can be a string", |value| value.clone().text_like().is_ok())
    }

    /// An integer, to be read by [`Expr::int`].
    ///
    /// # Errors
    /// [`Error`] if it cannot be one.
    pub fn int(self) -> Result<Expr, Error> {
        self.checked("an integer", |value| matches!(value, Value::Int(_)))
    }

    /// What can be read as an integer, by [`Expr::int_like`].
    ///
    /// # Errors
    /// [`Error`] if it cannot.
    pub fn int_like(self) -> Result<Expr, Error> {
        self.checked("a number", |value| value.int_like().is_ok())
    }

    /// A double, to be read by [`Expr::double`].
    ///
    /// # Errors
    /// [`Error`] if it cannot be one.
    pub fn double(self) -> Result<Expr, Error> {
        self.checked("a double", |value| matches!(value, Value::Double(_)))
    }

    /// What can be read as a double, by [`Expr::double_like`].
    ///
    /// # Errors
    /// [`Error`] if it cannot.
    pub fn double_like(self) -> Result<Expr, Error> {
        self.checked("a number", |value| value.double_like().is_ok())
    }

    /// A truth value, to be read by [`Expr::truth`].
    ///
    /// # Errors
    /// [`Error`] if it cannot be one.
    pub fn truth(self) -> Result<Expr, Error> {
        self.checked("true or false", |value| matches!(value, Value::Bool(_)))
    }

    /// What can be read as a truth value, by [`Expr::bool_like`].
    ///
    /// # Errors
    /// [`Error`] if it cannot.
    pub fn bool_like(self) -> Result<Expr, Error> {
        self.checked("true or false", |value| value.bool_like().is_ok())
    }

    /// What can be read as bytes, by [`Expr::bytes_like`].
    ///
    /// # Errors
    /// [`Error`] if it cannot.
    pub fn bytes_like(self) -> Result<Expr, Error> {
        self.checked("what can be bytes", |value| value.clone().bytes_like().is_ok())
    }

    /// A time, to be read by [`Expr::time`].
    ///
    /// # Errors
    /// [`Error`] if it cannot be one.
    pub fn time(self) -> Result<Expr, Error> {
        self.checked("a time", |value| matches!(value, Value::Time(_)))
    }

    /// A duration, to be read by [`Expr::duration`].
    ///
    /// # Errors
    /// [`Error`] if it cannot be one.
    pub fn duration(self) -> Result<Expr, Error> {
        self.checked("a duration", |value| matches!(value, Value::Duration(_)))
    }

    /// A map, to be read by [`Expr::map`].
    ///
    /// # Errors
    /// [`Error`] if it cannot be one.
    pub fn map(self) -> Result<Expr, Error> {
        self.checked("a map", |value| matches!(value, Value::Map(_)))
    }

    /// A list, to be read by [`Expr::list`].
    ///
    /// # Errors
    /// [`Error`] if it cannot be one.
    pub fn list(self) -> Result<Expr, Error> {
        self.checked("a list", |value| matches!(value, Value::List(_)))
    }

    /// A path, which can be set.
    ///
    /// # Errors
    /// [`Error`] if it is none.
    pub fn path(self) -> Result<Path, Error> {
        self.are_known.set(false);
        match self.given {
            Given::Text(syntax::Expr { kind: ExprKind::Path(path), extent }) => {
                match self.compiler.path(path, extent.clone())? {
                    Expr::Path(path) => Ok(path),
                    _ => Err(self.error(format!("{} must be a path", self.name))),
                }
            }
            _ => Err(self.error(format!("{} must be a path, such as attributes", self.name))),
        }
    }

    /// The elements of a list that is written out, each on its own.
    ///
    /// # Errors
    /// [`Error`] if it is no list.
    pub fn elements(self) -> Result<Vec<Self>, Error> {
        match self.given {
            Given::Text(syntax::Expr { kind: ExprKind::List(elements), .. }) => Ok(elements
                .iter()
                .map(|element| Self { given: Given::Text(element), ..self })
                .collect()),
            _ => Err(self.error(format!("{} must be a list in brackets", self.name))),
        }
    }

    /// A string that is written out.
    ///
    /// # Errors
    /// [`Error`] if it is none.
    pub fn literal_text(self) -> Result<String, Error> {
        match self.expr()?.constant() {
            Some(Value::Text(text)) => Ok(text.clone().into_owned()),
            _ => Err(self.error(format!("{} must be a string in quotes", self.name))),
        }
    }

    /// An integer that is written out.
    ///
    /// # Errors
    /// [`Error`] if it is none.
    pub fn literal_int(self) -> Result<i64, Error> {
        match self.expr()?.constant() {
            Some(Value::Int(int)) => Ok(*int),
            _ => Err(self.error(format!("{} must be an integer", self.name))),
        }
    }

    /// A number that is written out.
    ///
    /// # Errors
    /// [`Error`] if it is none.
    pub fn literal_double(self) -> Result<f64, Error> {
        match self.expr()?.constant() {
            Some(Value::Double(double)) => Ok(*double),
            _ => Err(self.error(format!("{} must be a number with a point", self.name))),
        }
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// [`Error`] if it is neither.
    pub fn literal_bool(self) -> Result<bool, Error> {
        match self.expr()?.constant() {
            Some(Value::Bool(bit)) => Ok(*bit),
            _ => Err(self.error(format!("{} must be true or false", self.name))),
        }
    }

    /// A regular expression, compiled if it is written out.
    ///
    /// # Errors
    /// [`Error`] if it is none.
    pub fn pattern(self) -> Result<Compiled<Pattern>, Error> {
        let text = self.text()?;
        let compile = if text.constant().is_some() { Pattern::new } else { Pattern::foreign };
        let make = move |text: &str| compile(text).map_err(|error| error.to_string());
        Compiled::new(text, MAX_KEPT, make).map_err(|message| self.error(message))
    }

    /// What a function makes of a text, made now if it is written out. Else at most so many are kept.
    ///
    /// # Errors
    /// [`Error`] if it is no text, or nothing can be made of it.
    pub fn compiled<T>(
        self,
        most: usize,
        make: impl Fn(&str) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Compiled<T>, Error> {
        Compiled::new(self.text()?, most, make).map_err(|message| self.error(message))
    }

    /// A converter by its name, to be called with one argument: the local of this number.
    ///
    /// # Errors
    /// [`Error`] if there is no such converter, or it cannot be called so.
    pub fn function(self, local: usize) -> Result<Converter, Error> {
        let name = match self.given {
            Given::Text(syntax::Expr {
                kind: ExprKind::Function(name) | ExprKind::Enum(name),
                ..
            }) => name,
            _ => return Err(self.error(format!("{} must be the name of a function", self.name))),
        };
        let function = self.compiler.function(name, || self.error(""))?;
        let mut given = vec![None; function.parameters.len()];
        if let Some(first) = given.first_mut() {
            *first = Some(Given::Local(local));
        }
        let call = self.call.clone();
        let are_known = Cell::new(false);
        let arguments = Arguments { compiler: self.compiler, function, call, given, are_known };
        arguments.check().map_err(|_| {
            self.error(format!("{name} cannot be called with what was found alone"))
        })?;
        match function.make {
            Make::Converter(make) => make(&arguments),
            Make::Editor(_) => Err(self.error(format!("{name} is no converter"))),
        }
    }

    /// A lambda with so many arguments.
    ///
    /// # Errors
    /// [`Error`] if it is none, or has another number of arguments.
    pub fn lambda(self, arguments: usize) -> Result<Lambda, Error> {
        self.are_known.set(false);
        match self.given {
            Given::Text(syntax::Expr { kind: ExprKind::Lambda(lambda), .. })
                if lambda.params.len() == arguments =>
            {
                self.compiler.lambda(lambda)
            }
            _ => {
                Err(self.error(format!("{} must be a lambda of {arguments} arguments", self.name)))
            }
        }
    }
}
