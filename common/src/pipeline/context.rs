//! What is known of the request that a payload came with.

use std::{net::SocketAddr, sync::Arc};

/// Metadata of a request, shared by all payloads made from it.
///
/// Cloning is one reference count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestContext(Option<Arc<Details>>);

/// What a [`RequestContext`] holds when it holds anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Headers or gRPC metadata, keys in lower case, kept only with `include_metadata`.
    pub metadata: Vec<(Box<str>, Box<str>)>,
    /// The client's address, if the transport has one.
    pub peer: Option<SocketAddr>,
}

impl RequestContext {
    /// A context that knows nothing.
    pub const EMPTY: Self = Self(None);

    /// A context with these details.
    #[must_use]
    pub fn new(details: Details) -> Self {
        Self(Some(Arc::new(details)))
    }

    /// The client's address, if known.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.0.as_ref().and_then(|details| details.peer)
    }

    /// The values of one metadata key (in lower case), in the order they came.
    pub fn metadata<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.all_metadata()
            .iter()
            .filter(move |(name, _)| **name == *key)
            .map(|(_, value)| &**value)
    }

    /// All metadata pairs.
    #[must_use]
    pub fn all_metadata(&self) -> &[(Box<str>, Box<str>)] {
        self.0.as_ref().map_or(&[], |details| &details.metadata)
    }
}
