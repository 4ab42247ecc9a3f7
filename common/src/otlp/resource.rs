//! A request and its resources.
//!
//! Request, resource and scope have the same field numbers for all three signals, so these views serve
//! `ResourceSpans`, `ResourceMetrics` and `ResourceLogs` alike.

use std::ops::Range;

use bytes::Bytes;

use super::{
    attributes::Attributes,
    field_numbers::{request as request_fields, resource, resource_group},
    message::{Message, occurrences},
    scope::ScopeView,
};

/// The resources of one encoded request.
pub fn resources(request: &[u8]) -> impl Iterator<Item = ResourceView<'_>> + Clone {
    occurrences(request, request_fields::RESOURCES)
        .map(|(range, wrapper)| ResourceView { wrapper, range })
}

/// The resources of a request in chunks.
pub fn resources_of(chunks: &[Bytes]) -> impl Iterator<Item = ResourceView<'_>> + Clone {
    chunks.iter().flat_map(|chunk| resources(chunk))
}

/// A resource together with what it wraps.
#[derive(Clone, Debug)]
pub struct ResourceView<'a> {
    wrapper: &'a [u8],
    range: Range<usize>,
}

impl<'a> ResourceView<'a> {
    /// Where the whole field lies in its request.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The encoded wrapper (`ResourceSpans` and its like).
    #[must_use]
    pub const fn wrapper(&self) -> &'a [u8] {
        self.wrapper
    }

    /// The resource message itself.
    #[must_use]
    pub fn message(&self) -> Message<'a> {
        Message::singular(self.wrapper, resource_group::RESOURCE).unwrap_or(Message::EMPTY)
    }

    /// The attributes.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.message(), resource::ATTRIBUTES)
    }

    /// How many attributes the SDK dropped.
    #[must_use]
    pub fn dropped_attributes_count(&self) -> u32 {
        self.message().uint32(resource::DROPPED_ATTRIBUTES_COUNT)
    }

    /// The encoded `EntityRef` messages.
    pub fn entity_refs(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        self.message().repeated(resource::ENTITY_REFS)
    }

    /// The schema of the resource.
    #[must_use]
    pub fn schema_url(&self) -> &'a str {
        Message::new(self.wrapper).string(resource_group::SCHEMA_URL)
    }

    /// The scopes.
    pub fn scopes(&self) -> impl Iterator<Item = ScopeView<'a>> + Clone + use<'a> {
        occurrences(self.wrapper, resource_group::SCOPES)
            .map(|(range, wrapper)| ScopeView::new(wrapper, range))
    }
}
