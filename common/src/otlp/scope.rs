//! An instrumentation scope and what it wraps, the same for all three signals.

use std::ops::Range;

use super::{
    attributes::Attributes,
    field_numbers::{instrumentation_scope as scope, scope_group},
    message::{Message, occurrences},
};

/// A scope together with what it wraps.
#[derive(Clone, Debug)]
pub struct ScopeView<'a> {
    wrapper: &'a [u8],
    range: Range<usize>,
}

impl<'a> ScopeView<'a> {
    pub(super) const fn new(wrapper: &'a [u8], range: Range<usize>) -> Self {
        Self { wrapper, range }
    }

    /// Where the whole field lies in the wrapper of its resource.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The encoded wrapper (`ScopeSpans` and its like).
    #[must_use]
    pub const fn wrapper(&self) -> &'a [u8] {
        self.wrapper
    }

    /// The scope message itself.
    #[must_use]
    pub fn message(&self) -> Message<'a> {
        Message::singular(self.wrapper, scope_group::SCOPE).unwrap_or(Message::EMPTY)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.message().string(scope::NAME)
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> &'a str {
        self.message().string(scope::VERSION)
    }

    /// The attributes.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.message(), scope::ATTRIBUTES)
    }

    /// How many attributes the SDK dropped.
    #[must_use]
    pub fn dropped_attributes_count(&self) -> u32 {
        self.message().uint32(scope::DROPPED_ATTRIBUTES_COUNT)
    }

    /// The schema of the items.
    #[must_use]
    pub fn schema_url(&self) -> &'a str {
        Message::new(self.wrapper).string(scope_group::SCHEMA_URL)
    }

    /// The encoded spans, log records or metrics, and where each whole field lies in the wrapper.
    pub fn entries(&self) -> impl Iterator<Item = (Range<usize>, &'a [u8])> + Clone + use<'a> {
        occurrences(self.wrapper, scope_group::ITEMS)
    }
}
