//! One message of a request, read where it lies: what every view stands on.
//!
//! A singular message that occurs more than once in its parent is one message to protobuf, the
//! occurrences one after the other. [`Message`] reads it so without copying.

mod fields;
mod numbers;

pub use fields::MessageFields;
use fields::Repeated;
pub(super) use fields::{contents, occurrences};

use crate::wire::{Fields, Value};

/// A message that is read in place. Fields that are no protobuf end the reading.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a>(Source<'a>);

#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    /// The content of the message.
    Whole(&'a [u8]),
    /// All occurrences of a field in the content of a parent.
    Occurrences { parent: &'a [u8], number: u32 },
}

impl<'a> Message<'a> {
    /// A message without fields.
    pub const EMPTY: Self = Self(Source::Whole(&[]));

    /// The message with this content.
    #[must_use]
    pub const fn new(content: &'a [u8]) -> Self {
        Self(Source::Whole(content))
    }

    /// The singular message that is field `number` of a parent with this content.
    #[must_use]
    pub fn singular(parent: &'a [u8], number: u32) -> Option<Self> {
        let mut occurrences = contents(parent, number);
        let first = occurrences.next()?;
        Some(match occurrences.next() {
            None => Self(Source::Whole(first)),
            Some(_) => Self(Source::Occurrences { parent, number }),
        })
    }

    /// The content, if it lies in one piece.
    #[must_use]
    pub const fn whole(self) -> Option<&'a [u8]> {
        match self.0 {
            Source::Whole(content) => Some(content),
            Source::Occurrences { .. } => None,
        }
    }

    /// The fields in their order. Offsets count from the start of the occurrence a field is in.
    #[must_use]
    pub const fn fields(self) -> MessageFields<'a> {
        match self.0 {
            Source::Whole(content) => MessageFields::new(content),
            Source::Occurrences { parent, number } => MessageFields::of_all(parent, number),
        }
    }

    /// The last value of a field: the one that counts for a singular one.
    #[must_use]
    #[inline]
    pub fn last(self, number: u32) -> Option<Value<'a>> {
        let mut last = None;
        match self.0 {
            Source::Whole(content) => {
                let mut fields = Fields::new(content);
                while let Ok(Some(field)) = fields.read() {
                    if field.number == number {
                        last = Some(field.value);
                    }
                }
            }
            Source::Occurrences { .. } => {
                for field in self.fields().filter(|field| field.number == number) {
                    last = Some(field.value);
                }
            }
        }
        last
    }

    /// A singular message inside.
    ///
    /// Of one that occurs again in a message that itself occurs again, the last is read alone.
    #[must_use]
    pub fn message(self, number: u32) -> Option<Self> {
        match self.0 {
            Source::Whole(content) => Self::singular(content, number),
            Source::Occurrences { .. } => match self.last(number)? {
                Value::Bytes(content) => Some(Self::new(content)),
                _ => None,
            },
        }
    }

    /// The contents of a repeated message, string or bytes field.
    pub fn repeated(self, number: u32) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        match self.0 {
            Source::Whole(content) => Repeated::new(content, number),
            Source::Occurrences { parent, number: own } => Repeated::of_all(parent, own, number),
        }
    }

    /// The value of a singular field.
    #[must_use]
    pub fn field(self, number: u32) -> FieldValue<'a> {
        self.last(number).into()
    }

    /// A bytes field; empty if it is not there.
    #[must_use]
    pub fn bytes(self, number: u32) -> &'a [u8] {
        self.field(number).bytes()
    }

    /// A string field; empty if it is not there.
    #[must_use]
    pub fn string(self, number: u32) -> &'a str {
        self.field(number).string()
    }

    /// A varint field as it is encoded; zero if it is not there.
    #[must_use]
    pub fn varint(self, number: u32) -> u64 {
        self.field(number).varint()
    }

    /// An int32 or enum field; zero if it is not there.
    #[must_use]
    pub fn int32(self, number: u32) -> i32 {
        self.field(number).int32()
    }

    /// A uint32 field; zero if it is not there.
    #[must_use]
    pub fn uint32(self, number: u32) -> u32 {
        self.field(number).uint32()
    }

    /// A fixed32 field; zero if it is not there.
    #[must_use]
    pub fn fixed32(self, number: u32) -> u32 {
        self.field(number).fixed32()
    }

    /// A fixed64 field; zero if it is not there.
    #[must_use]
    pub fn fixed64(self, number: u32) -> u64 {
        self.field(number).fixed64()
    }

    /// A double field, if it is there.
    #[must_use]
    pub fn double(self, number: u32) -> Option<f64> {
        self.field(number).double()
    }
}

/// The value of a singular field, or none; read as another type than it was written with, it is none.
#[derive(Clone, Copy, Debug)]
pub struct FieldValue<'a>(Option<Value<'a>>);

impl<'a> From<Option<Value<'a>>> for FieldValue<'a> {
    fn from(value: Option<Value<'a>>) -> Self {
        Self(value)
    }
}

impl<'a> FieldValue<'a> {
    /// Bytes; empty if there are none.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        match self.0 {
            Some(Value::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    /// A string; empty if there is none.
    #[must_use]
    pub fn string(self) -> &'a str {
        text(self.bytes())
    }

    /// A varint as it is encoded; zero if there is none.
    #[must_use]
    pub const fn varint(self) -> u64 {
        match self.0 {
            Some(Value::Varint(value)) => value,
            _ => 0,
        }
    }

    /// An int32 or enum; zero if there is none.
    #[must_use]
    pub const fn int32(self) -> i32 {
        // Longer varints lose their high bits, as protobuf has it.
        self.varint() as i32
    }

    /// A uint32; zero if there is none.
    #[must_use]
    pub const fn uint32(self) -> u32 {
        self.varint() as u32
    }

    /// A fixed32; zero if there is none.
    #[must_use]
    pub const fn fixed32(self) -> u32 {
        match self.0 {
            Some(Value::Fixed32(value)) => value,
            _ => 0,
        }
    }

    /// A fixed64; zero if there is none.
    #[must_use]
    pub const fn fixed64(self) -> u64 {
        match self.0 {
            Some(Value::Fixed64(value)) => value,
            _ => 0,
        }
    }

    /// A double, if there is one.
    #[must_use]
    pub const fn double(self) -> Option<f64> {
        match self.0 {
            Some(Value::Fixed64(bits)) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }
}

/// Reads validated text; what is no UTF-8 after all reads as empty.
pub(super) fn text(bytes: &[u8]) -> &str {
    simdutf8::basic::from_utf8(bytes).unwrap_or_default()
}
