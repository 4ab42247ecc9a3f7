//! From what a statement says to what is done: functions and fields are found, types checked as far as
//! they are known, and what is constant is calculated.

use super::{
    condition::Condition,
    context::Context,
    cursor::View,
    error::{Error, nearest},
    expr::Expr,
    failure::Failure,
    functions::{Arguments, Editor, Function, Functions, Make},
    math,
    path::{self, Key, Path, RequestField, Source},
    syntax::{self, Call, Comparison, ExprKind, Extent, LambdaBody},
    value::{List, Map, Value},
};

/// What compiles the parts of one statement.
#[derive(Clone, Debug)]
pub(super) struct Compiler<'s> {
    /// The statement.
    pub(super) text: &'s str,
    /// What it is run on.
    pub(super) context: Context,
    /// What it may call.
    pub(super) functions: &'s Functions,
    /// Whether paths must begin with a context.
    pub(super) needs_context: bool,
    /// Arguments of the lambdas around.
    locals: Vec<&'s str>,
}

impl<'s> Compiler<'s> {
    /// What compiles a statement.
    pub(super) const fn new(
        text: &'s str,
        context: Context,
        functions: &'s Functions,
        needs_context: bool,
    ) -> Self {
        Self { text, context, functions, needs_context, locals: Vec::new() }
    }

    /// An error at a place in the statement.
    pub(super) fn error(&self, extent: Extent, message: impl Into<String>) -> Error {
        Error::at(self.text, extent, message)
    }

    pub(super) fn editor(&self, call: &Call) -> Result<Editor, Error> {
        let unknown = || self.error(call.name_extent.clone(), "");
        let function = self.function(&call.name, unknown)?;
        match function.make {
            Make::Editor(make) => make(&Arguments::of(self, function, call)?),
            Make::Converter(_) => {
                let message = format!("{} gives a value and changes nothing", call.name);
                Err(self.error(call.name_extent.clone(), message))
            }
        }
    }

    /// The function of a name; `unknown` makes the error, whose message is put in.
    pub(super) fn function(
        &self,
        name: &str,
        unknown: impl Fn() -> Error,
    ) -> Result<&'static Function, Error> {
        match self.functions.find(name) {
            Some(function) if function.is_in(self.context) => Ok(function),
            Some(_) => {
                let context = self.context.name();
                Err(Error {
                    message: format!("{name} is not for the context {context}"),
                    ..unknown()
                })
            }
            None => {
                let first = |name: &str| name.starts_with(|first: char| first.is_uppercase());
                let known = self.functions.iter().filter(|one| one.is_in(self.context));
                let alike = known.map(|one| one.name).filter(|one| first(one) == first(name));
                let message = format!("there is no function {name:?}");
                Err(Error { message, ..unknown() }.suggesting(nearest(name, alike)))
            }
        }
    }

    pub(super) fn condition(&self, condition: &syntax::Condition) -> Result<Condition, Error> {
        Ok(match condition {
            syntax::Condition::Or(parts) => self.parts(parts, true)?,
            syntax::Condition::And(parts) => self.parts(parts, false)?,
            syntax::Condition::Not(part) => match self.condition(part)? {
                Condition::Constant(bit) => Condition::Constant(!bit),
                part => Condition::Not(Box::new(part)),
            },
            syntax::Condition::Compare(a, comparison, b) => self.compare(a, *comparison, b)?,
            syntax::Condition::Value(expr) => match self.expr(expr)? {
                Expr::Constant(Value::Bool(bit)) => Condition::Constant(bit),
                Expr::Constant(other) => {
                    let message = format!("a condition is true or false, not {}", other.kind());
                    return Err(self.error(expr.extent.clone(), message));
                }
                expr => Condition::Truth(expr),
            },
        })
    }

    /// The parts of an `or` if `decides`, else those of an `and`: one that is it decides.
    fn parts(&self, parts: &[syntax::Condition], decides: bool) -> Result<Condition, Error> {
        let mut compiled = Vec::with_capacity(parts.len());
        let mut is_decided = false;
        for part in parts {
            match self.condition(part)? {
                Condition::Constant(bit) => is_decided |= bit == decides,
                part => compiled.push(part),
            }
        }
        Ok(match compiled.len() {
            // As upstream has it, the parts beside it are not looked at then, whether they fail or not.
            _ if is_decided => Condition::Constant(decides),
            0 => Condition::Constant(!decides),
            1 => compiled.remove(0),
            _ if decides => Condition::Or(compiled),
            _ => Condition::And(compiled),
        })
    }

    fn compare(
        &self,
        a: &syntax::Expr,
        comparison: Comparison,
        b: &syntax::Expr,
    ) -> Result<Condition, Error> {
        let (a, b) = (self.expr(a)?, self.expr(b)?);
        Ok(match (a.constant(), b.constant()) {
            (Some(a), Some(b)) => Condition::Constant(super::compare::compare(a, comparison, b)),
            _ => Condition::Compare(a, comparison, b),
        })
    }

    pub(super) fn expr(&self, expr: &syntax::Expr) -> Result<Expr, Error> {
        let constant = |value| Ok(Expr::Constant(value));
        match &expr.kind {
            ExprKind::Nil => constant(Value::Nil),
            ExprKind::Bool(bit) => constant(Value::Bool(*bit)),
            ExprKind::Int(int) => constant(Value::Int(*int)),
            ExprKind::Double(double) => constant(Value::Double(*double)),
            ExprKind::Text(text) => constant(Value::from(text.clone())),
            ExprKind::Bytes(bytes) => constant(Value::Bytes(bytes.clone().into())),
            ExprKind::Enum(name) => self.number(name, &expr.extent),
            ExprKind::Path(path) => self.path(path, expr.extent.clone()),
            ExprKind::Call(call) => self.converter(call),
            ExprKind::Math(a, operator, b) => {
                let (a, b) = (self.expr(a)?, self.expr(b)?);
                match (a.constant(), b.constant()) {
                    (Some(a), Some(b)) => math::calculate(a, *operator, b)
                        .map(Expr::Constant)
                        .map_err(|failure| self.failed(&expr.extent, &failure)),
                    _ => Ok(Expr::Math(Box::new(a), *operator, Box::new(b))),
                }
            }
            ExprKind::Negative(inner) => match self.expr(inner)? {
                Expr::Constant(value) => math::negative(&value)
                    .map(Expr::Constant)
                    .map_err(|failure| self.failed(&expr.extent, &failure)),
                inner => Ok(Expr::Negative(Box::new(inner))),
            },
            ExprKind::List(elements) => self.list(elements),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Function(name) => {
                let message = format!("{name} is a function, which needs its arguments here");
                Err(self.error(expr.extent.clone(), message))
            }
            ExprKind::Lambda(_) => {
                Err(self
                    .error(expr.extent.clone(), "a lambda is no value, only functions take one"))
            }
        }
    }

    fn failed(&self, extent: &Extent, failure: &Failure) -> Error {
        self.error(extent.clone(), failure.to_string())
    }

    fn number(&self, name: &str, extent: &Extent) -> Result<Expr, Error> {
        let enums = self.context.enums();
        match enums.clone().find(|(known, _)| *known == name) {
            Some((_, number)) => Ok(Expr::Constant(Value::Int(number.into()))),
            None => {
                let context = self.context.name();
                let message = format!("the context {context} has no name {name:?} for a number");
                let names = enums.map(|(name, _)| name);
                Err(self.error(extent.clone(), message).suggesting(nearest(name, names)))
            }
        }
    }

    fn list(&self, elements: &[syntax::Expr]) -> Result<Expr, Error> {
        let compiled: Vec<Expr> =
            elements.iter().map(|element| self.expr(element)).collect::<Result<_, _>>()?;
        let constants = compiled.iter().map(|element| element.constant().cloned());
        match constants.collect::<Option<Vec<_>>>() {
            None => Ok(Expr::List(compiled)),
            Some(constants) => {
                let stored = constants.into_iter().map(Value::into_stored);
                match stored.collect::<Result<Vec<_>, _>>() {
                    Ok(elements) => Ok(Expr::Constant(Value::List(List::new(elements)))),
                    Err(_) => Ok(Expr::List(compiled)),
                }
            }
        }
    }

    fn map(&self, entries: &[(String, syntax::Expr)]) -> Result<Expr, Error> {
        let mut compiled: Vec<(String, Expr)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let value = self.expr(value)?;
            // The last of equal keys counts, as in a Go map.
            compiled.retain(|(known, _)| known != key);
            compiled.push((key.clone(), value));
        }
        let stored = compiled
            .iter()
            .map(|(key, value)| Some((key.clone(), value.constant()?.clone().into_stored().ok()?)));
        match stored.collect::<Option<Vec<_>>>() {
            Some(entries) => Ok(Expr::Constant(Value::Map(Map::new(entries)))),
            None => Ok(Expr::Map(compiled)),
        }
    }

    fn converter(&self, call: &Call) -> Result<Expr, Error> {
        let unknown = || self.error(call.name_extent.clone(), "");
        let function = self.function(&call.name, unknown)?;
        let Make::Converter(make) = function.make else {
            let message = format!("{} changes telemetry and gives no value", call.name);
            return Err(self.error(call.name_extent.clone(), message));
        };
        let converter = Arguments::of(self, function, call)?.converter(make)?;
        let keys = self.keys(&call.keys)?;
        Ok(match converter.into_constant() {
            Ok(value) if keys.is_empty() => Expr::Constant(value),
            Ok(value) => Expr::Call(super::functions::Converter::constant(value), keys),
            Err(converter) => Expr::Call(converter, keys),
        })
    }

    fn keys(&self, keys: &[syntax::Key]) -> Result<Vec<Key>, Error> {
        keys.iter()
            .map(|key| {
                Ok(match self.expr(key)? {
                    Expr::Constant(Value::Text(text)) => Key::Text(text.into_owned()),
                    Expr::Constant(Value::Int(index)) => Key::Index(index),
                    Expr::Constant(other) => {
                        let message =
                            format!("a key is a string or an integer, not {}", other.kind());
                        return Err(self.error(key.extent.clone(), message));
                    }
                    expr => Key::Expr(Box::new(expr)),
                })
            })
            .collect()
    }

    /// A field, or an argument of a lambda around.
    pub(super) fn path(&self, path: &syntax::Path, extent: Extent) -> Result<Expr, Error> {
        if let [only] = path.fields.as_slice()
            && let Some(index) = self.locals.iter().rposition(|local| *local == only.name)
        {
            return Ok(Expr::Local(index, self.keys(&only.keys)?));
        }
        let names: Vec<&str> = path.fields.iter().map(|field| field.name.as_str()).collect();
        let (source, parts) = self.source(&names, &extent)?;
        let mut fields = path.fields.iter().take(parts);
        let last = fields.next_back();
        let mut early = fields.filter_map(|field| field.keys.first());
        if let Some(key) = early.next() {
            let message = "a key must stand at the end of a path";
            return Err(self.error(key.extent.clone(), message));
        }
        if let Some(beyond) = path.fields.get(parts) {
            let field = names.get(..parts).unwrap_or_default().join(".");
            let message = format!("{field} has no field {:?}", beyond.name);
            return Err(self.error(beyond.extent.clone(), message));
        }
        let keys = last.map_or(Ok(Vec::new()), |last| self.keys(&last.keys))?;
        if let (Some(key), false) = (last.and_then(|last| last.keys.first()), source.has_keys()) {
            let message = format!("{} is neither a map nor a list", names.join("."));
            return Err(self.error(key.extent.clone(), message));
        }
        Ok(Expr::Path(Path { source, keys }))
    }

    /// What the parts of a path name, and how many of them do.
    fn source(&self, names: &[&str], extent: &Extent) -> Result<(Source, usize), Error> {
        if let ["otelcol", rest @ ..] = names {
            return match RequestField::find(rest) {
                Some((field, parts)) => Ok((Source::Request(field), parts + 1)),
                None => {
                    let message = format!("there is no field {:?}", names.join("."));
                    let known = RequestField::NAMES.map(|name| format!("otelcol.{name}"));
                    let known = known.iter().map(String::as_str);
                    let near = nearest(&names.join("."), known).map(str::to_owned);
                    Err(self.error(extent.clone(), message).suggesting(near))
                }
            };
        }
        let (context, rest) = match names.split_first() {
            Some((first, rest)) if !rest.is_empty() && Context::of_name(first).is_some() => {
                (Context::of_name(first).unwrap_or(self.context), rest)
            }
            // Inside an item a bare name is one of its own fields.
            _ if self.needs_context => return Err(self.without_context(names, extent)),
            _ => (self.context, names),
        };
        let skipped = names.len() - rest.len();
        if !self.context.reachable().contains(&context) {
            let (wanted, own) = (context.name(), self.context.name());
            let message = format!("{wanted} cannot be reached from the context {own}");
            return Err(self.error(extent.clone(), message));
        }
        if rest.first() == Some(&"cache") {
            return if context == self.context {
                Ok((Source::Cache, skipped + 1))
            } else {
                let message = format!("only {}.cache can be used here", self.context.name());
                Err(self.error(extent.clone(), message))
            };
        }
        match path::find(context, rest) {
            Some(found) => {
                Ok((Source::Field(context.level(), found.access), skipped + found.parts))
            }
            None => {
                let context = context.name();
                let message = format!("{context} has no field {:?}", rest.join("."));
                let known = path::names(Context::of_name(context).unwrap_or(self.context));
                let near = nearest(&rest.join("."), known).map(|near| format!("{context}.{near}"));
                Err(self.error(extent.clone(), message).suggesting(near))
            }
        }
    }

    fn without_context(&self, names: &[&str], extent: &Extent) -> Error {
        let path = names.join(".");
        let mut fitting = self.context.reachable().iter();
        let fitting = fitting.find(|context| path::find(**context, names).is_some());
        let context = fitting.map_or(self.context, |context| *context).name();
        let message = format!("the path {path:?} does not say which context it is of");
        self.error(extent.clone(), message).suggesting(Some(format!("{context}.{path}")))
    }

    pub(super) fn lambda(&self, lambda: &'s syntax::Lambda) -> Result<Lambda, Error> {
        let mut inner = self.clone();
        inner.locals.extend(lambda.params.iter().map(String::as_str));
        Ok(Lambda(match &*lambda.body {
            LambdaBody::Value(expr) => Body::Value(inner.expr(expr)?),
            LambdaBody::Condition(condition) => Body::Condition(inner.condition(condition)?),
        }))
    }
}

/// A function that a statement defines where it is used.
#[derive(Debug)]
pub struct Lambda(Body);

#[derive(Debug)]
enum Body {
    Value(Expr),
    Condition(Condition),
}

impl Lambda {
    /// Calls it.
    ///
    /// # Errors
    /// [`Failure`] if its value cannot be had.
    pub fn call(&self, view: View<'_>, arguments: &[Value<'_>]) -> Result<Value<'static>, Failure> {
        let mut locals: Vec<Value<'_>> = view.locals().to_vec();
        locals.extend(arguments.iter().map(Value::as_borrowed));
        let view = view.with_locals(&locals);
        match &self.0 {
            Body::Value(expr) => Ok(expr.eval(view)?.into_owned()),
            Body::Condition(condition) => condition.holds(view).map(Value::Bool),
        }
    }
}
