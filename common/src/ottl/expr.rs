//! Expressions, compiled: what is read, called and calculated.

use std::borrow::Cow;

use super::{
    cursor::View,
    failure::Failure,
    functions::Converter,
    math::{self, Operator},
    path::{Key, Path, keys},
    time::Time,
    value::{List, Map, Value},
};
use crate::otlp::any_value::OwnedValue;

/// What gives a value.
#[derive(Debug)]
pub enum Expr {
    /// A value known since the start.
    Constant(Value<'static>),
    /// A field.
    Path(Path),
    /// The result of a function, and what is taken from it.
    Call(Converter, Vec<Key>),
    /// An argument of the lambda around it, and what is taken from it.
    Local(usize, Vec<Key>),
    /// Two values calculated with.
    Math(Box<Self>, Operator, Box<Self>),
    /// The negative of a number.
    Negative(Box<Self>),
    /// A list of what is not known before.
    List(Vec<Self>),
    /// A map of what is not known before.
    Map(Vec<(String, Self)>),
}

impl Expr {
    /// The value, if it has been known since the start.
    #[must_use]
    pub const fn constant(&self) -> Option<&Value<'static>> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The value.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be had.
    pub fn eval<'e>(&'e self, view: View<'e>) -> Result<Value<'e>, Failure> {
        match self {
            Self::Constant(value) => Ok(value.as_borrowed()),
            Self::Path(path) => path.get(view),
            Self::Call(converter, keys) => keys::take(converter.call(view)?, keys, view),
            Self::Local(index, keys) => {
                let local = view.local(*index).map_or(Value::Nil, Value::as_borrowed);
                keys::take(local, keys, view)
            }
            Self::Math(a, operator, b) => {
                math::calculate(&a.eval(view)?, *operator, &b.eval(view)?)
            }
            Self::Negative(value) => math::negative(&value.eval(view)?),
            Self::List(elements) => {
                let elements = elements.iter().map(|element| stored(element, view));
                Ok(Value::List(List::new(elements.collect::<Result<_, _>>()?)))
            }
            Self::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| Ok::<_, Failure>((key.clone(), stored(value, view)?)));
                Ok(Value::Map(Map::new(entries.collect::<Result<_, _>>()?)))
            }
        }
    }

    /// Shows the value to a function, a constant where it is.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be had.
    pub fn look<R>(&self, view: View<'_>, at: impl FnOnce(&Value<'_>) -> R) -> Result<R, Failure> {
        match self {
            Self::Constant(value) => Ok(at(value)),
            _ => Ok(at(&self.eval(view)?)),
        }
    }

    /// The value if it is a string.
    ///
    /// # Errors
    /// [`Failure`] if it is something else, or cannot be had.
    pub fn text<'e>(&'e self, view: View<'e>) -> Result<Cow<'e, str>, Failure> {
        match self.eval(view)? {
            Value::Text(text) => Ok(text),
            other => Err(other.mismatch("a string").into()),
        }
    }

    /// The value as a string, see [`Value::text_like`].
    ///
    /// # Errors
    /// [`Failure`] if it has no such form, or cannot be had.
    pub fn text_like<'e>(&'e self, view: View<'e>) -> Result<Option<Cow<'e, str>>, Failure> {
        Ok(self.eval(view)?.text_like()?)
    }

    /// The value if it is an integer.
    ///
    /// # Errors
    /// [`Failure`] if it is something else, or cannot be had.
    pub fn int(&self, view: View<'_>) -> Result<i64, Failure> {
        match self.eval(view)? {
            Value::Int(int) => Ok(int),
            other => Err(other.mismatch("an integer").into()),
        }
    }

    /// The value as an integer, see [`Value::int_like`].
    ///
    /// # Errors
    /// [`Failure`] if it has no such form, or cannot be had.
    pub fn int_like(&self, view: View<'_>) -> Result<Option<i64>, Failure> {
        Ok(self.eval(view)?.int_like()?)
    }

    /// The value if it is a double.
    ///
    /// # Errors
    /// [`Failure`] if it is something else, or cannot be had.
    pub fn double(&self, view: View<'_>) -> Result<f64, Failure> {
        match self.eval(view)? {
            Value::Double(double) => Ok(double),
            other => Err(other.mismatch("a double").into()),
        }
    }

    /// The value as a double, see [`Value::double_like`].
    ///
    /// # Errors
    /// [`Failure`] if it has no such form, or cannot be had.
    pub fn double_like(&self, view: View<'_>) -> Result<Option<f64>, Failure> {
        Ok(self.eval(view)?.double_like()?)
    }

    /// The value if it is a truth value.
    ///
    /// # Errors
    /// [`Failure`] if it is something else, or cannot be had.
    pub fn truth(&self, view: View<'_>) -> Result<bool, Failure> {
        match self.eval(view)? {
            Value::Bool(bit) => Ok(bit),
            other => Err(other.mismatch("a boolean").into()),
        }
    }

    /// The value as a truth value, see [`Value::bool_like`].
    ///
    /// # Errors
    /// [`Failure`] if it has no such form, or cannot be had.
    pub fn bool_like(&self, view: View<'_>) -> Result<Option<bool>, Failure> {
        Ok(self.eval(view)?.bool_like()?)
    }

    /// The value as bytes, see [`Value::bytes_like`].
    ///
    /// # Errors
    /// [`Failure`] if it has no such form, or cannot be had.
    pub fn bytes_like<'e>(&'e self, view: View<'e>) -> Result<Option<Cow<'e, [u8]>>, Failure> {
        Ok(self.eval(view)?.bytes_like()?)
    }

    /// The value if it is a time.
    ///
    /// # Errors
    /// [`Failure`] if it is something else, or cannot be had.
    pub fn time(&self, view: View<'_>) -> Result<Time, Failure> {
        match self.eval(view)? {
            Value::Time(time) => Ok(time),
            other => Err(other.mismatch("a time").into()),
        }
    }

    /// The value in nanoseconds if it is a duration.
    ///
    /// # Errors
    /// [`Failure`] if it is something else, or cannot be had.
    pub fn duration(&self, view: View<'_>) -> Result<i64, Failure> {
        match self.eval(view)? {
            Value::Duration(nanos) => Ok(nanos),
            other => Err(other.mismatch("a duration").into()),
        }
    }

    /// The value if it is a map.
    ///
    /// # Errors
    /// [`Failure`] if it is something else, or cannot be had.
    pub fn map<'e>(&'e self, view: View<'e>) -> Result<Map<'e>, Failure> {
        Ok(self.eval(view)?.into_map()?)
    }

    /// The value if it is a list.
    ///
    /// # Errors
    /// [`Failure`] if it is something else, or cannot be had.
    pub fn list<'e>(&'e self, view: View<'e>) -> Result<List<'e>, Failure> {
        match self.eval(view)? {
            Value::List(list) => Ok(list),
            other => Err(other.mismatch("a list").into()),
        }
    }
}

fn stored(expr: &Expr, view: View<'_>) -> Result<OwnedValue, Failure> {
    Ok(expr.eval(view)?.into_stored()?)
}
