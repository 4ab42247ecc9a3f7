//! Iteration over the fields of a message and over the occurrences of one field.

use std::ops::Range;

use crate::wire::{Field, Fields, Value};

/// The contents of the occurrences of a length-delimited field.
pub(in crate::otlp) fn contents(
    message: &[u8],
    number: u32,
) -> impl Iterator<Item = &[u8]> + Clone {
    Occurrences::new(message, number).map(|(_, content)| content)
}

/// The occurrences of a length-delimited field: where the whole field lies, and its content.
pub(in crate::otlp) const fn occurrences(message: &[u8], number: u32) -> Occurrences<'_> {
    Occurrences::new(message, number)
}

/// See [`occurrences`].
#[derive(Clone, Debug)]
pub(in crate::otlp) struct Occurrences<'a> {
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
pub(super) struct Repeated<'a> {
    current: Occurrences<'a>,
    parents: Occurrences<'a>,
    number: u32,
}

impl<'a> Repeated<'a> {
    pub(super) const fn new(message: &'a [u8], number: u32) -> Self {
        let (current, parents) = (Occurrences::new(message, number), Occurrences::new(&[], 0));
        Self { current, parents, number }
    }

    pub(super) const fn of_all(parent: &'a [u8], own: u32, number: u32) -> Self {
        let (current, parents) = (Occurrences::new(&[], number), Occurrences::new(parent, own));
        Self { current, parents, number }
    }
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

impl<'a> MessageFields<'a> {
    pub(super) const fn new(message: &'a [u8]) -> Self {
        Self { current: Fields::new(message), parent: Fields::new(&[]), number: 0 }
    }

    pub(super) const fn of_all(parent: &'a [u8], number: u32) -> Self {
        Self { current: Fields::new(&[]), parent: Fields::new(parent), number }
    }
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
