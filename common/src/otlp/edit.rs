//! One message being edited: bytes as they came until something changes, then its fields, some of them
//! written anew.
//!
//! Every edit is visible to the next read. An edit that changes nothing leaves the draft as it was, so
//! callers can go on sharing the original bytes. Buffers are kept from one message to the next.
//!
//! The first edit cuts the message into its fields; the next edits and reads look through those. They are
//! put together again when somebody wants the message as a whole.

mod attributes;
mod fields;
mod patch;
mod pieces;
mod prepared;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;

pub use attributes::AttributeEdit;
pub use patch::Patch;
pub use prepared::PreparedAttributes;

use super::{
    any_value::AnyValue,
    attributes::{Attributes, value_of},
    message::{FieldValue, Message},
};
use crate::wire::writer::put_header;
use pieces::{Editing, Pieces};

/// A message being edited.
#[derive(Debug, Default)]
pub struct Draft<'a> {
    /// The bytes as they came; none if they are held.
    original: Option<&'a [u8]>,
    held: Vec<u8>,
    /// Its fields, if it was edited.
    pieces: Pieces,
    /// The message with all edits, once somebody wants it as a whole.
    whole: OnceCell<Vec<u8>>,
    patch: Patch,
    /// How long the message is with all edits so far.
    len: usize,
    attributes_field: u32,
    is_edited: bool,
}

impl<'a> Draft<'a> {
    /// A draft of a message whose attributes stand in the field given.
    #[must_use]
    pub fn new(message: &'a [u8], attributes_field: u32) -> Self {
        let len = message.len();
        Self { original: Some(message), len, attributes_field, ..Self::default() }
    }

    /// Starts anew with another message.
    pub fn load(&mut self, message: &'a [u8], attributes_field: u32) {
        self.original = Some(message);
        self.len = message.len();
        self.attributes_field = attributes_field;
        self.is_edited = false;
        self.forget_edits();
    }

    /// Starts anew with a copy of another message.
    pub fn load_copy(&mut self, message: &[u8], attributes_field: u32) {
        self.hold(message);
        self.attributes_field = attributes_field;
        self.is_edited = false;
    }

    /// The message with all edits so far.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let loaded = self.loaded();
        if !self.pieces.are_changed() {
            return loaded;
        }
        self.whole.get_or_init(|| {
            let mut whole = Vec::new();
            self.pieces.write(loaded, &mut whole);
            whole
        })
    }

    /// How long the message is with all edits so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends the message with all edits so far.
    pub fn append_to(&self, out: &mut Vec<u8>) {
        match self.pieces.are_changed() {
            true => self.pieces.write(self.loaded(), out),
            false => out.extend_from_slice(self.loaded()),
        }
    }

    /// Appends it as a field of another message.
    pub fn append_field_to(&self, out: &mut Vec<u8>, number: u32) {
        put_header(out, number, self.len);
        self.append_to(out);
    }

    /// The message as a whole, for reading.
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        Message::new(self.bytes())
    }

    /// The attributes with all edits so far.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::new(self.message(), self.attributes_field)
    }

    /// The value of one attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<AnyValue<'_>> {
        match self.pieces.are_cut() {
            true => self.pieces.attribute(self.loaded(), key.as_bytes()).map(value_of),
            false => self.attributes().get(key),
        }
    }

    /// The value of a singular field.
    #[must_use]
    pub fn field(&self, number: u32) -> FieldValue<'_> {
        match self.pieces.are_cut() {
            true => self.pieces.last(self.loaded(), number).map(|field| field.value).into(),
            false => self.message().field(number),
        }
    }

    /// A singular message inside.
    #[must_use]
    pub fn inner_message(&self, number: u32) -> Option<Message<'_>> {
        if self.pieces.are_cut() {
            let (field, is_only) = self.pieces.first(self.loaded(), number)?;
            if is_only {
                return field.bytes().map(Message::new);
            }
        }
        self.message().message(number)
    }

    /// Whether the message differs from the one loaded.
    #[must_use]
    pub const fn is_edited(&self) -> bool {
        self.is_edited
    }

    /// The edited message, or nothing if no edit changed anything.
    #[must_use]
    pub fn into_edited(self) -> Option<Vec<u8>> {
        if !self.is_edited {
            return None;
        }
        Some(match self.pieces.are_changed() {
            true => self.bytes().to_vec(),
            false => self.held,
        })
    }

    /// Replaces the whole message.
    pub fn replace(&mut self, message: &[u8]) {
        if self.bytes() != message {
            self.hold(message);
            self.is_edited = true;
        }
    }

    /// Lets a function collect replacements in the message and makes them. The ranges may not overlap.
    pub(super) fn patch(&mut self, collect: impl FnOnce(&[u8], &mut Patch)) {
        let mut patch = std::mem::take(&mut self.patch);
        let message = self.bytes();
        collect(message, &mut patch);
        if !patch.is_empty() {
            let mut after = Vec::new();
            patch.write(message, &mut after);
            patch.clear();
            self.replace(&after);
        }
        self.patch = patch;
    }

    /// Lets a function edit the fields.
    fn edit<R>(&mut self, edit: impl FnOnce(&mut Editing<'_>) -> R) -> R {
        let Self { original, held, pieces, attributes_field, .. } = self;
        let mut editing = Editing::new(original.unwrap_or(held), pieces, *attributes_field);
        let result = edit(&mut editing);
        if editing.is_edited() {
            self.whole.take();
            self.is_edited = true;
            self.len = self.pieces.len();
        }
        if self.pieces.are_wasteful() {
            let whole = self.bytes().to_vec();
            self.hold(&whole);
        }
        result
    }

    /// The message as it was loaded or held last.
    fn loaded(&self) -> &[u8] {
        self.original.unwrap_or(&self.held)
    }

    fn hold(&mut self, message: &[u8]) {
        self.original = None;
        self.held.clear();
        self.held.extend_from_slice(message);
        self.len = message.len();
        self.forget_edits();
    }

    fn forget_edits(&mut self) {
        self.pieces.forget();
        self.whole.take();
    }
}
