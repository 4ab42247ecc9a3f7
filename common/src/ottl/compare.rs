//! How values compare.
//!
//! Source: the comparison rules of OTTL's `LANGUAGE.md`. Values of different types are only unequal,
//! which is no error; integers and doubles compare as doubles.

use std::cmp::Ordering;

use super::{syntax::Comparison, value::Value};

impl Comparison {
    /// Whether it holds for what was found.
    const fn holds(self, ordering: Option<Ordering>) -> bool {
        match (self, ordering) {
            (Self::NotEqual, None) => true,
            (_, None) => false,
            (Self::Equal, Some(ordering)) => ordering.is_eq(),
            (Self::NotEqual, Some(ordering)) => ordering.is_ne(),
            (Self::Less, Some(ordering)) => ordering.is_lt(),
            (Self::LessOrEqual, Some(ordering)) => ordering.is_le(),
            (Self::Greater, Some(ordering)) => ordering.is_gt(),
            (Self::GreaterOrEqual, Some(ordering)) => ordering.is_ge(),
        }
    }

    /// The same of what can only be equal or not.
    const fn holds_if(self, is_equal: bool) -> bool {
        match self {
            Self::Equal => is_equal,
            Self::NotEqual => !is_equal,
            _ => false,
        }
    }
}

/// Whether a comparison of two values holds.
#[must_use]
pub(super) fn compare(a: &Value<'_>, comparison: Comparison, b: &Value<'_>) -> bool {
    use Value::{
        Bool, Bytes, Double, Duration, Int, List, Map, Messages, Nil, SpanId, Text, Time, TraceId,
    };
    let ordering = match (a, b) {
        (Nil, Nil) => Some(Ordering::Equal),
        (Bool(a), Bool(b)) => Some(a.cmp(b)),
        (Int(a), Int(b)) => Some(a.cmp(b)),
        (Int(a), Double(b)) => return doubles(*a as f64, comparison, *b),
        (Double(a), Int(b)) => return doubles(*a, comparison, *b as f64),
        (Double(a), Double(b)) => return doubles(*a, comparison, *b),
        (Text(a), Text(b)) => Some(a.cmp(b)),
        (Bytes(a), Bytes(b)) => Some(a.cmp(b)),
        (Time(a), Time(b)) => a.partial_cmp(b),
        (Duration(a), Duration(b)) => Some(a.cmp(b)),
        (Map(a), Map(b)) => return comparison.holds_if(a == b),
        (List(a), List(b)) => return comparison.holds_if(a == b),
        (TraceId(a), TraceId(b)) => return comparison.holds_if(a == b),
        (SpanId(a), SpanId(b)) => return comparison.holds_if(a == b),
        (Messages(a), Messages(b)) => return comparison.holds_if(a == b),
        _ => None,
    };
    comparison.holds(ordering)
}

/// Not a number is unequal to all, and neither more nor less.
fn doubles(a: f64, comparison: Comparison, b: f64) -> bool {
    comparison.holds(a.partial_cmp(&b))
}

impl Value<'_> {
    /// Whether it is equal and of the same type, as what is inside of maps and lists must be.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(_), Self::Double(_)) | (Self::Double(_), Self::Int(_)) => false,
            _ => self == other,
        }
    }
}

/// Values are equal as a comparison of them says.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        compare(self, Comparison::Equal, other)
    }
}

#[cfg(test)]
mod tests;
