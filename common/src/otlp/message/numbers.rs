//! Repeated numbers, which may be packed into one field, stand one by one, or both.

use super::{Message, MessageFields};
use crate::wire::Value;

impl<'a> Message<'a> {
    /// The values of a repeated fixed64 field.
    pub fn fixed64s(self, number: u32) -> impl Iterator<Item = u64> + Clone + use<'a> {
        Fixed64s { fields: self.fields(), number, packed: &[] }
    }

    /// The values of a repeated double field.
    pub fn doubles(self, number: u32) -> impl Iterator<Item = f64> + Clone + use<'a> {
        self.fixed64s(number).map(f64::from_bits)
    }

    /// The values of a repeated uint64 field.
    pub fn varints(self, number: u32) -> impl Iterator<Item = u64> + Clone + use<'a> {
        Varints { fields: self.fields(), number, packed: Packed(&[]) }
    }
}

#[derive(Clone)]
struct Fixed64s<'a> {
    fields: MessageFields<'a>,
    number: u32,
    packed: &'a [u8],
}

impl Iterator for Fixed64s<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        loop {
            if let Some((first, rest)) = self.packed.split_first_chunk() {
                self.packed = rest;
                return Some(u64::from_le_bytes(*first));
            }
            let number = self.number;
            match self.fields.find(|field| field.number == number)?.value {
                Value::Fixed64(value) => return Some(value),
                Value::Bytes(packed) => self.packed = packed,
                _ => {}
            }
        }
    }
}

#[derive(Clone)]
struct Varints<'a> {
    fields: MessageFields<'a>,
    number: u32,
    packed: Packed<'a>,
}

impl Iterator for Varints<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        loop {
            if let Some(value) = self.packed.next() {
                return Some(value);
            }
            let number = self.number;
            match self.fields.find(|field| field.number == number)?.value {
                Value::Varint(value) => return Some(value),
                Value::Bytes(packed) => self.packed = Packed(packed),
                _ => {}
            }
        }
    }
}

/// Varints one after the other.
#[derive(Clone)]
struct Packed<'a>(&'a [u8]);

impl Iterator for Packed<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let length = self.0.iter().position(|byte| *byte < 0x80)? + 1;
        let (varint, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        let bits = varint.iter().take(10).enumerate();
        Some(bits.fold(0, |value, (index, byte)| value | u64::from(byte & 0x7f) << (7 * index)))
    }
}
