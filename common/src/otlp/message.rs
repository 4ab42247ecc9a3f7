//! One message of a request, read where it lies: what every view stands on.
//!
//! A singular message that occurs more than once in its parent is one message to protobuf, the
//! occurrences one after the other. [`Message`] reads it so without copying.

mod numbers;

use std::ops::Range;

use crate::wire::{Field, Fields, Value};

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
            Source::Whole(content) => MessageFields {
                current: Fields::new(content),
                parent: Fields::new(&[]),
                number: 0,
            },
            Source::Occurrences { parent, number } => MessageFields {
                current: Fields::new(&[]),
                parent: Fields::new(parent),
                number,
            },
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
        let (content, parents) = match self.0 {
            Source::Whole(content) => (content, Occurrences::new(&[], 0)),
            Source::Occurrences { parent, number } => (&[][..], Occurrences::new(parent, number)),
        };
        Repeated { current: Occurrences::new(content, number), parents, number }
    }

    /// A bytes field; empty if it is not there.
    #[must_use]
    pub fn bytes(self, number: u32) -> &'a [u8] {
        match self.last(number) {
            Some(Value::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    /// A string field; empty if it is not there.
    #[must_use]
    pub fn string(self, number: u32) -> &'a str {
        text(self.bytes(number))
    }

    /// A varint field as it is encoded; zero if it is not there.
    #[must_use]
    pub fn varint(self, number: u32) -> u64 {
        match self.last(number) {
            Some(Value::Varint(value)) => value,
            _ => 0,
        }
    }

    /// An int32 or enum field; zero if it is not there.
    #[must_use]
    pub fn int32(self, number: u32) -> i32 {
        // Longer varints lose their high bits, as protobuf has it.
        self.varint(number) as i32
    }

    /// A uint32 field; zero if it is not there.
    #[must_use]
    pub fn uint32(self, number: u32) -> u32 {
        self.varint(number) as u32
    }

    /// A fixed32 field; zero if it is not there.
    #[must_use]
    pub fn fixed32(self, number: u32) -> u32 {
        match self.last(number) {
            Some(Value::Fixed32(value)) => value,
            _ => 0,
        }
    }

    /// A fixed64 field; zero if it is not there.
    #[must_use]
    pub fn fixed64(self, number: u32) -> u64 {
        match self.last(number) {
            Some(Value::Fixed64(value)) => value,
            _ => 0,
        }
    }

    /// A double field, if it is there.
    #[must_use]
    pub fn double(self, number: u32) -> Option<f64> {
        match self.last(number) {
            Some(Value::Fixed64(bits)) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }
}

/// Reads validated text; what is no UTF-8 after all reads as empty.
pub(super) fn text(bytes: &[u8]) -> &str {
    simdutf8::basic::from_utf8(bytes).unwrap_or_default()
}

/// The contents of the occurrences of a length-delimited field.
pub(super) fn contents(message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> + Clone {
    Occurrences::new(message, number).map(|(_, content)| content)
}

/// The occurrences of a length-delimited field: where the whole field lies, and its content.
pub(super) const fn occurrences(message: &[u8], number: u32) -> Occurrences<'_> {
    Occurrences::new(message, number)
}

/// See [`occurrences`].
#[derive(Clone, Debug)]
pub(super) struct Occurrences<'a> {
    fields: Fields<'a>,
    number: u32,
}

impl<'a> Occurrences<'a> {
    const fn new(message: &'a [u8], number: u32) -> Self {
        Self { fields: Fields::new(message), number }
    }
}

impl<'a> Iterator for Occurrences<'a> {
    type Item = (Range<usize>, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while let Ok(Some(field)) = self.fields.read() {
            if field.number == self.number
                && let Value::Bytes(content) = field.value
            {
                return Some((field.start..field.end, content));
            }
        }
        self.fields = Fields::new(&[]);
        None
    }
}

/// The contents of a repeated field in all occurrences of a message.
#[derive(Clone, Debug)]
struct Repeated<'a> {
    current: Occurrences<'a>,
    parents: Occurrences<'a>,
    number: u32,
}

impl<'a> Iterator for Repeated<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            if let Some((_, content)) = self.current.next() {
                return Some(content);
            }
            self.current = Occurrences::new(self.parents.next()?.1, self.number);
        }
    }
}

/// The fields of a [`Message`].
#[derive(Clone, Debug)]
pub struct MessageFields<'a> {
    current: Fields<'a>,
    parent: Fields<'a>,
    number: u32,
}

impl<'a> Iterator for MessageFields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        loop {
            if let Some(Ok(field)) = self.current.next() {
                return Some(field);
            }
            let outer = self.parent.next()?.ok()?;
            if outer.number == self.number
                && let Some(content) = outer.bytes()
            {
                self.current = Fields::new(content);
            }
        }
    }
}
