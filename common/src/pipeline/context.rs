//! What is known of the request that a payload came with.

use std::{fmt, net::SocketAddr, sync::Arc};

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
    /// Who sent it, if the receiver asks for that.
    pub identity: Identity,
}

/// What an authenticator knows of a client: attributes such as `username`, those that are no text as
/// JSON. `Debug` shows the names alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Identity {
    attributes: Vec<(Box<str>, Box<str>)>,
    secrets: Vec<(Box<str>, Box<str>)>,
}

impl Identity {
    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// Adds an attribute with which somebody else could pass for the client. It stays in memory: what comes
    /// out of a durable queue does not have it any more.
    #[must_use]
    pub fn with_secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.push((name.into(), value.into()));
        self
    }

    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter().chain(&self.secrets);
        all.find(|(known, _)| **known == *name).map(|(_, value)| &**value)
    }

    /// The attributes that may be written down.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether nothing is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.secrets.is_empty()
    }

    fn size(&self) -> usize {
        let all = self.attributes.iter().chain(&self.secrets);
        all.map(|(name, value)| name.len() + value.len()).sum()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.attributes.iter().chain(&self.secrets);
        f.debug_list().entries(all.map(|(name, _)| name)).finish()
    }
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

    /// Who sent the request; empty if nobody asked.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        static NOBODY: Identity = Identity { attributes: Vec::new(), secrets: Vec::new() };
        self.0.as_ref().map_or(&NOBODY, |details| &details.identity)
    }

    /// How many bytes its texts have.
    #[must_use]
    pub fn size(&self) -> usize {
        let metadata = self.all_metadata().iter().map(|(name, value)| name.len() + value.len());
        metadata.sum::<usize>() + self.identity().size()
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
