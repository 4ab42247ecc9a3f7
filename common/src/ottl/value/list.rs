//! Lists, in the payload or made by a function.

use std::borrow::Cow;

use super::Value;
use crate::otlp::any_value::{ArrayView, OwnedValue};

/// Values one after the other.
#[derive(Clone, Debug)]
pub enum List<'a> {
    /// In the payload.
    View(ArrayView<'a>),
    /// Made.
    Made(Cow<'a, [OwnedValue]>),
}

impl<'a> List<'a> {
    /// A list that was made.
    #[must_use]
    pub const fn new(elements: Vec<OwnedValue>) -> List<'static> {
        List::Made(Cow::Owned(elements))
    }

    /// A list of texts.
    #[must_use]
    pub fn of_texts(texts: impl IntoIterator<Item = impl Into<String>>) -> List<'static> {
        List::new(texts.into_iter().map(|text| OwnedValue::Str(text.into())).collect())
    }

    /// The elements in their order.
    pub fn iter(&self) -> Box<dyn Iterator<Item = Value<'_>> + '_> {
        match self {
            Self::View(array) => Box::new(array.iter().map(Value::of)),
            Self::Made(elements) => Box::new(elements.iter().map(Value::of_owned)),
        }
    }

    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::View(array) => array.iter().count(),
            Self::Made(elements) => elements.len(),
        }
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// An element, as long as the payload is there.
    #[must_use]
    pub fn into_value(self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::View(array) => array.iter().nth(index).map(Value::of),
            Self::Made(Cow::Borrowed(elements)) => elements.get(index).map(Value::of_owned),
            Self::Made(Cow::Owned(elements)) => elements.into_iter().nth(index).map(Value::from),
        }
    }

    /// The elements.
    #[must_use]
    pub fn into_elements(self) -> Vec<OwnedValue> {
        match self {
            Self::View(array) => array.iter().map(OwnedValue::from).collect(),
            Self::Made(elements) => elements.into_owned(),
        }
    }

    pub(super) fn into_owned(self) -> List<'static> {
        List::Made(Cow::Owned(self.into_elements()))
    }
}

impl PartialEq for List<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (mut a, mut b) = (self.iter(), other.iter());
        loop {
            match (a.next(), b.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a.is_same(&b) => {}
                _ => return false,
            }
        }
    }
}
