//! Which context statements are for, told from the paths in them.
//!
//! Source: `context_inferrer.go` of the Collector's `pkg/ottl`. The innermost context that is named is
//! taken; where its functions or names for numbers do not do, those further inside are tried.

use super::{
    context::Context,
    error::Error,
    functions::Functions,
    parse,
    syntax::{Call, Condition, Expr, ExprKind, LambdaBody, Path},
};

/// The contexts from the inside out.
const PRIORITY: [Context; 8] = [
    Context::Log,
    Context::Exemplar,
    Context::DataPoint,
    Context::Metric,
    Context::SpanEvent,
    Context::Span,
    Context::Scope,
    Context::Resource,
];

/// What is named in statements and conditions.
#[derive(Debug, Default)]
pub struct Mentions {
    contexts: Vec<Context>,
    functions: Vec<String>,
    enums: Vec<String>,
    has_request: bool,
}

impl Mentions {
    /// Notes what a statement names.
    ///
    /// # Errors
    /// [`Error`] if it is none.
    pub fn statement(&mut self, text: &str) -> Result<(), Error> {
        let statement = parse::statement(text)?;
        self.call(&statement.editor);
        if let Some(condition) = &statement.condition {
            self.in_condition(condition);
        }
        Ok(())
    }

    /// Notes what a condition names.
    ///
    /// # Errors
    /// [`Error`] if it is none.
    pub fn condition(&mut self, text: &str) -> Result<(), Error> {
        self.in_condition(&parse::condition(text)?);
        Ok(())
    }

    /// The context of all that was noted, of those allowed; nothing if none fits.
    #[must_use]
    pub fn context(&self, allowed: &[Context], functions: &Functions) -> Option<Context> {
        let mut named = PRIORITY.into_iter().filter(|context| allowed.contains(context));
        let first = named.clone().find(|context| self.contexts.contains(context));
        let first = match first {
            Some(first) => first,
            // What is known of the request is known everywhere.
            None if self.has_request => {
                return named.rev().find(|context| self.fits(*context, functions));
            }
            None => return None,
        };
        let inside = named.by_ref().take_while(|context| *context != first).collect::<Vec<_>>();
        let inside = inside.into_iter().rev();
        std::iter::once(first)
            .chain(inside)
            .find(|context| self.reaches_all(*context) && self.fits(*context, functions))
            // The compiler tells better what is wrong.
            .or(Some(first))
    }

    fn reaches_all(&self, context: Context) -> bool {
        self.contexts.iter().all(|named| context.reachable().contains(named))
    }

    fn fits(&self, context: Context, functions: &Functions) -> bool {
        let has_function =
            |name: &String| functions.find(name).is_none_or(|function| function.is_in(context));
        let has_enum = |name: &String| context.enums().any(|(known, _)| known == name);
        self.functions.iter().all(has_function) && self.enums.iter().all(has_enum)
    }

    fn call(&mut self, call: &Call) {
        self.functions.push(call.name.clone());
        call.arguments.iter().for_each(|argument| self.expr(&argument.value));
        call.keys.iter().for_each(|key| self.expr(key));
    }

    fn in_condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Or(parts) | Condition::And(parts) => {
                parts.iter().for_each(|part| self.in_condition(part));
            }
            Condition::Not(part) => self.in_condition(part),
            Condition::Compare(a, _, b) => {
                self.expr(a);
                self.expr(b);
            }
            Condition::Value(expr) => self.expr(expr),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Path(path) => self.path(path),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Enum(name) => self.enums.push(name.clone()),
            ExprKind::Math(a, _, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Negative(inner) => self.expr(inner),
            ExprKind::List(elements) => elements.iter().for_each(|element| self.expr(element)),
            ExprKind::Map(entries) => entries.iter().for_each(|(_, value)| self.expr(value)),
            ExprKind::Lambda(lambda) => match &*lambda.body {
                LambdaBody::Value(expr) => self.expr(expr),
                LambdaBody::Condition(condition) => self.in_condition(condition),
            },
            ExprKind::Nil
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Double(_)
            | ExprKind::Text(_)
            | ExprKind::Bytes(_)
            | ExprKind::Function(_) => {}
        }
    }

    fn path(&mut self, path: &Path) {
        if let [first, _, ..] = path.fields.as_slice() {
            self.contexts.extend(Context::of_name(&first.name));
            self.has_request |= first.name == "otelcol";
        }
        path.fields.iter().flat_map(|field| &field.keys).for_each(|key| self.expr(key));
    }
}

#[cfg(test)]
mod tests;
