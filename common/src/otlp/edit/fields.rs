//! Edits of fields other than attributes. Setting a singular field removes every occurrence of it.

use super::Draft;
use crate::{
    otlp::{any_value::OwnedValue, message::contents},
    wire::writer::{
        put_bytes_field, put_fixed32_field, put_fixed64_field, put_header, put_varint_field,
    },
};

impl Draft<'_> {
    /// Sets a string field.
    pub fn set_string(&mut self, number: u32, text: &str) {
        self.set_bytes(number, text.as_bytes());
    }

    /// Sets a bytes field, a message field, or repeated numbers in their packed form.
    pub fn set_bytes(&mut self, number: u32, content: &[u8]) {
        self.set(number, |out| put_bytes_field(out, number, content));
    }

    /// Sets a bool, enum, int or uint field. Negative numbers are sign-extended to 64 bits.
    pub fn set_varint(&mut self, number: u32, value: u64) {
        self.set(number, |out| put_varint_field(out, number, value));
    }

    /// Sets a fixed32 field.
    pub fn set_fixed32(&mut self, number: u32, value: u32) {
        self.set(number, |out| put_fixed32_field(out, number, value));
    }

    /// Sets a fixed64 or sfixed64 field.
    pub fn set_fixed64(&mut self, number: u32, value: u64) {
        self.set(number, |out| put_fixed64_field(out, number, value));
    }

    /// Sets a double field.
    pub fn set_double(&mut self, number: u32, value: f64) {
        self.set_fixed64(number, value.to_bits());
    }

    /// Sets an `AnyValue` field.
    pub fn set_value(&mut self, number: u32, value: &OwnedValue) {
        self.set(number, |out| {
            put_header(out, number, value.encoded_len());
            value.encode(out);
        });
    }

    /// Replaces the contents of a repeated message, string or bytes field.
    pub fn set_repeated<'c>(&mut self, number: u32, contents: impl IntoIterator<Item = &'c [u8]>) {
        self.set(number, |out| {
            contents.into_iter().for_each(|content| put_bytes_field(out, number, content));
        });
    }

    /// Removes every occurrence of a field. The other members of a `oneof` are cleared before one is set.
    pub fn clear(&mut self, number: u32) {
        self.edit(|fields| fields.remove_all(number, 0));
    }

    /// Edits a singular message inside, which comes to be if it was not there and is edited.
    ///
    /// Occurrences become one.
    pub fn edit_message<R>(
        &mut self,
        number: u32,
        attributes_field: u32,
        edit: impl FnOnce(&mut Draft<'_>) -> R,
    ) -> R {
        let content: Vec<u8> = contents(self.bytes(), number).flatten().copied().collect();
        let mut inner = Draft::new(&content, attributes_field);
        let result = edit(&mut inner);
        if inner.is_edited() {
            self.set_bytes(number, inner.bytes());
        }
        result
    }

    /// Edits the messages of a repeated field, one after the other.
    pub fn edit_messages(
        &mut self,
        number: u32,
        attributes_field: u32,
        mut edit: impl FnMut(&mut Draft<'_>),
    ) {
        self.edit(|fields| {
            let mut next = 0;
            while let Some(at) = fields.next(number, next) {
                next = at + 1;
                let Some(content) = fields.content(at) else { continue };
                let mut inner = Draft::new(content, attributes_field);
                edit(&mut inner);
                if let Some(edited) = inner.into_edited() {
                    fields.rewrite(at, |_, out| put_bytes_field(out, number, &edited));
                }
            }
        });
    }

    fn set(&mut self, number: u32, append: impl FnOnce(&mut Vec<u8>)) {
        self.edit(|fields| fields.replace_all(number, append));
    }
}
