//! What requests are kept apart by: the values of some of their metadata.

use crate::pipeline::{Details, RequestContext};

/// The metadata keys that a stage tells requests apart by, in lower case.
#[derive(Clone, Debug, Default)]
pub struct MetadataKeys(Vec<Box<str>>);

/// The values of one request for [`MetadataKeys`]: one list for each key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MetadataValues(Vec<Vec<Box<str>>>);

impl MetadataKeys {
    /// Keys as they are written in settings.
    #[must_use]
    pub fn new(keys: &[String]) -> Self {
        Self(keys.iter().map(|key| key.to_lowercase().into()).collect())
    }

    /// Whether all requests are alike.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a request has for the keys.
    #[must_use]
    pub fn values_of(&self, context: &RequestContext) -> MetadataValues {
        let values = self.0.iter().map(|key| context.metadata(key).map(Into::into).collect());
        MetadataValues(values.collect())
    }

    /// A context that knows the keys and their values, and nothing else.
    #[must_use]
    pub fn context_of(&self, values: &MetadataValues) -> RequestContext {
        let metadata: Vec<(Box<str>, Box<str>)> = self
            .0
            .iter()
            .zip(&values.0)
            .flat_map(|(key, values)| values.iter().map(|value| (key.clone(), value.clone())))
            .collect();
        if metadata.is_empty() {
            return RequestContext::EMPTY;
        }
        RequestContext::new(Details { metadata, ..Details::default() })
    }
}
