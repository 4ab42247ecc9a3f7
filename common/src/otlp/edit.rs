//! One message being edited: bytes as they came until something changes, then a changed copy.
//!
//! Every edit is visible to the next read. An edit that changes nothing leaves the draft as it was, so
//! callers can go on sharing the original bytes. Buffers are kept from one message to the next.

mod attributes;
mod fields;
mod patch;
mod prepared;
#[cfg(test)]
mod tests;

pub use attributes::AttributeEdit;
pub use patch::Patch;
pub use prepared::PreparedAttributes;

use super::{attributes::Attributes, message::Message};

/// A message being edited.
#[derive(Debug, Default)]
pub struct Draft<'a> {
    /// The bytes as they came; none once `current` holds what counts.
    original: Option<&'a [u8]>,
    current: Vec<u8>,
    spare: Vec<u8>,
    patch: Patch,
    attributes_field: u32,
    is_edited: bool,
}

impl<'a> Draft<'a> {
    /// A draft of a message whose attributes stand in the field given.
    #[must_use]
    pub fn new(message: &'a [u8], attributes_field: u32) -> Self {
        Self { original: Some(message), attributes_field, ..Self::default() }
    }

    /// Starts anew with another message.
    pub fn load(&mut self, message: &'a [u8], attributes_field: u32) {
        self.original = Some(message);
        self.attributes_field = attributes_field;
        self.is_edited = false;
    }

    /// Starts anew with a copy of another message.
    pub fn load_copy(&mut self, message: &[u8], attributes_field: u32) {
        self.original = None;
        self.current.clear();
        self.current.extend_from_slice(message);
        self.attributes_field = attributes_field;
        self.is_edited = false;
    }

    /// The message with all edits so far.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.original.unwrap_or(&self.current)
    }

    /// The same, for reading.
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        Message::new(self.bytes())
    }

    /// The attributes with all edits so far.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::new(self.message(), self.attributes_field)
    }

    /// Whether the message differs from the one loaded.
    #[must_use]
    pub const fn is_edited(&self) -> bool {
        self.is_edited
    }

    /// The edited message, or nothing if no edit changed anything.
    #[must_use]
    pub fn into_edited(self) -> Option<Vec<u8>> {
        self.is_edited.then_some(self.current)
    }

    /// Replaces the whole message.
    pub fn replace(&mut self, message: &[u8]) {
        if self.bytes() != message {
            self.original = None;
            self.current.clear();
            self.current.extend_from_slice(message);
            self.is_edited = true;
        }
    }

    /// Lets a function collect replacements in the message and makes them.
    ///
    /// The ranges may not overlap. Tells whether the message changed.
    pub(super) fn patch<R>(&mut self, collect: impl FnOnce(&[u8], &mut Patch) -> R) -> R {
        let Self { original, current, spare, patch, .. } = self;
        let message = original.unwrap_or(current);
        let result = collect(message, patch);
        if patch.is_empty() {
            return result;
        }
        spare.clear();
        patch.write(message, spare);
        patch.clear();
        if spare != message {
            std::mem::swap(current, spare);
            self.original = None;
            self.is_edited = true;
        }
        result
    }
}
