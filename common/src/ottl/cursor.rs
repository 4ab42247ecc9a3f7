//! Where a statement runs: what it reads, and what it may change.

use super::{context::Level, value::Value};
use crate::{
    otlp::{any_value::OwnedValue, edit::Draft, overlay::Place},
    pipeline::RequestContext,
};

/// Names and values that the statements of one group keep while they run on one item.
pub type Cache = Vec<(String, OwnedValue)>;

/// An event of a span or an exemplar of a data point.
#[derive(Debug)]
pub struct Inner<'p, 'b> {
    /// The message.
    pub draft: &'p mut Draft<'b>,
    /// How many stand before it.
    pub index: usize,
}

/// Where a statement runs.
#[derive(Debug)]
pub struct Cursor<'p, 'a, 'b> {
    /// The item with all that is around it.
    pub place: &'p mut Place<'a>,
    /// What is visited inside the item.
    pub inner: Option<Inner<'p, 'b>>,
    /// What statements keep for each other.
    pub cache: &'p mut Cache,
    /// What is known of the request.
    pub request: &'p RequestContext,
}

impl Cursor<'_, '_, '_> {
    /// The same, for reading.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        let inner = self.inner.as_ref().map(|inner| (&*inner.draft, inner.index));
        View { place: self.place, inner, cache: self.cache, request: self.request, locals: &[] }
    }

    /// How many bytes there are that statements can make more of.
    #[must_use]
    pub fn size(&self) -> usize {
        let Place { resource, scope, metric, item, .. } = &*self.place;
        let inner = self.inner.as_ref().map_or(0, |inner| inner.draft.len());
        let mut size = resource.message.len() + scope.message.len() + metric.len() + item.len();
        size += self.place.appended_len() + inner;
        for (key, value) in &*self.cache {
            size += key.len() + value.encoded_len();
        }
        size
    }

    /// The message at a level.
    pub(super) fn edit<R>(&mut self, level: Level, edit: impl FnOnce(&mut Draft<'_>) -> R) -> R {
        match (level, &mut self.inner) {
            (Level::Resource, _) => edit(&mut self.place.resource.message),
            (Level::Scope, _) => edit(&mut self.place.scope.message),
            (Level::Metric, _) => edit(&mut self.place.metric),
            (Level::Inner, Some(inner)) => edit(inner.draft),
            (Level::Item | Level::Inner, _) => edit(&mut self.place.item),
        }
    }
}

/// Where an expression is evaluated.
#[derive(Clone, Copy, Debug)]
pub struct View<'e> {
    /// The item with all that is around it.
    pub place: &'e Place<'e>,
    inner: Option<(&'e Draft<'e>, usize)>,
    cache: &'e [(String, OwnedValue)],
    /// What is known of the request.
    pub request: &'e RequestContext,
    locals: &'e [Value<'e>],
}

impl<'e> View<'e> {
    /// A view of a place that nothing is visited in, as a condition of a filter needs it.
    #[must_use]
    pub const fn new(place: &'e Place<'e>, request: &'e RequestContext) -> Self {
        Self { place, inner: None, cache: &[], request, locals: &[] }
    }

    /// The same with an event or exemplar.
    #[must_use]
    pub const fn at_inner(self, draft: &'e Draft<'e>, index: usize) -> Self {
        Self { inner: Some((draft, index)), ..self }
    }

    /// The same with other arguments of a lambda.
    #[must_use]
    pub const fn with_locals(self, locals: &'e [Value<'e>]) -> Self {
        Self { locals, ..self }
    }

    /// An argument of the lambda that is evaluated.
    pub(super) fn local(self, index: usize) -> Option<&'e Value<'e>> {
        self.locals.get(index)
    }

    /// The arguments of the lambda that is evaluated.
    pub(super) const fn locals(self) -> &'e [Value<'e>] {
        self.locals
    }

    /// What statements keep for each other.
    pub(super) const fn cache(self) -> &'e [(String, OwnedValue)] {
        self.cache
    }

    /// How many events or exemplars stand before the one that is visited.
    pub(super) fn inner_index(self) -> usize {
        self.inner.map_or(0, |(_, index)| index)
    }

    /// The message at a level.
    pub(super) fn draft(self, level: Level) -> &'e Draft<'e> {
        match (level, self.inner) {
            (Level::Resource, _) => &self.place.resource.message,
            (Level::Scope, _) => &self.place.scope.message,
            (Level::Metric, _) => &self.place.metric,
            (Level::Inner, Some((draft, _))) => draft,
            (Level::Item | Level::Inner, _) => &self.place.item,
        }
    }
}
