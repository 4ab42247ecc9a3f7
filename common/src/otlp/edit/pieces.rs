//! A message cut into its fields, so that an edit moves fields and not bytes, and is read without a walk.

use std::ops::Range;

use crate::{
    otlp::attributes::{key_range, take_plain},
    wire::{Field, Fields, Value, take_short},
};

/// Set in the tags of attributes. No field has a number as large as this and the next two.
const ATTRIBUTE: u32 = 1 << 31;
/// The tag of bytes at the end that are no field.
const TAIL: u32 = 1 << 30;
/// The tag of what was removed: it stays in the list, for to close the gap would move all behind it.
const REMOVED: u32 = TAIL + 1;
/// What was written may be so much longer than the message before it is worth to put it together anew.
const MAX_WASTE: usize = 1 << 16;

/// The fields of a message in their order: some as they came, some written since.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    list: Vec<Piece>,
    written: Vec<u8>,
    scratch: Vec<u8>,
    len: usize,
    attributes_field: u32,
    is_cut: bool,
    is_changed: bool,
}

/// One field.
#[derive(Clone, Debug)]
struct Piece {
    /// The number of the field, or what most other keys do not have if it is an attribute. Looking for one
    /// passes over all others by this alone.
    tag: u32,
    /// Where it lies in the message that was cut; beyond its end, in what was written.
    range: Range<usize>,
    /// The key, if it is an attribute.
    key: Range<usize>,
}

/// The tag of attributes with a key.
#[inline]
fn key_tag(key: &[u8]) -> u32 {
    let last = key.last().copied().unwrap_or_default();
    ATTRIBUTE | (key.len() as u32 & 0xffff) << 8 | u32::from(last)
}

impl Piece {
    #[inline]
    fn of(field: &Field<'_>, offset: usize, attributes_field: u32) -> Self {
        let range = offset + field.start..offset + field.end;
        match field.value {
            Value::Bytes(entry) if field.number == attributes_field => {
                let key = key_range(entry);
                let tag = key_tag(entry.get(key.clone()).unwrap_or_default());
                let start = range.end - entry.len();
                Self { tag, range, key: start + key.start..start + key.end }
            }
            _ => Self { tag: field.number, range, key: 0..0 },
        }
    }

    #[inline]
    const fn is_attribute(&self) -> bool {
        self.tag & ATTRIBUTE != 0
    }

    /// Leaves nothing. Returns how long it was.
    fn take_away(&mut self) -> usize {
        let removed = Self { tag: REMOVED, range: 0..0, key: 0..0 };
        std::mem::replace(self, removed).range.len()
    }
}

impl Pieces {
    /// Forgets the message that was cut.
    pub(super) const fn forget(&mut self) {
        self.is_cut = false;
        self.is_changed = false;
    }

    pub(super) const fn are_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether they differ from the message that was cut.
    pub(super) const fn are_changed(&self) -> bool {
        self.is_changed
    }

    /// How long they are together.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    #[cfg(test)]
    pub(super) const fn written_len(&self) -> usize {
        self.written.len()
    }

    /// Whether they take far more memory than the message: most of what was written was written over.
    pub(super) const fn are_wasteful(&self) -> bool {
        self.written.len() > 2 * self.len + MAX_WASTE
    }

    /// Cuts a message whose attributes stand in the field given.
    fn cut(&mut self, message: &[u8], attributes_field: u32) {
        self.written.clear();
        // One of its own is kept in registers.
        let mut list = std::mem::take(&mut self.list);
        list.clear();
        let mut start = 0;
        while let Some(rest) = message.get(start..).filter(|rest| !rest.is_empty()) {
            let piece = match take_plain(rest, attributes_field) {
                Some((key, behind)) => {
                    let key_start = start + 4;
                    let range = start..message.len() - behind.len();
                    Piece { tag: key_tag(key), range, key: key_start..key_start + key.len() }
                }
                None => first_piece(rest, start, attributes_field),
            };
            start = piece.range.end;
            list.push(piece);
        }
        self.list = list;
        self.len = message.len();
        self.attributes_field = attributes_field;
        self.is_cut = true;
    }

    /// The last field of a number.
    pub(super) fn last<'m>(&'m self, message: &'m [u8], number: u32) -> Option<Field<'m>> {
        let at = self.list.iter().rposition(|piece| self.has_number(piece, number))?;
        self.field(message, at)
    }

    /// The first field of a number, and whether it is the only one.
    pub(super) fn first<'m>(&'m self, message: &'m [u8], number: u32) -> Option<(Field<'m>, bool)> {
        let mut places = self.list.iter().enumerate();
        let (at, _) = places.find(|(_, piece)| self.has_number(piece, number))?;
        let is_only = places.all(|(_, piece)| !self.has_number(piece, number));
        Some((self.field(message, at)?, is_only))
    }

    /// The first attribute with a key.
    pub(super) fn attribute<'m>(&'m self, message: &'m [u8], key: &[u8]) -> Option<&'m [u8]> {
        self.content(message, self.position(message, key, 0)?)
    }

    fn position(&self, message: &[u8], key: &[u8], from: usize) -> Option<usize> {
        let tag = key_tag(key);
        let has_key =
            |piece: &Piece| piece.tag == tag && resolve(message, &self.written, &piece.key) == key;
        Some(from + self.list.get(from..)?.iter().position(has_key)?)
    }

    #[inline]
    fn has_number(&self, piece: &Piece, number: u32) -> bool {
        piece.tag == number || number == self.attributes_field && piece.is_attribute()
    }

    fn field<'m>(&'m self, message: &'m [u8], at: usize) -> Option<Field<'m>> {
        Fields::new(self.bytes(message, at)?).read().ok().flatten()
    }

    fn bytes<'m>(&'m self, message: &'m [u8], at: usize) -> Option<&'m [u8]> {
        Some(resolve(message, &self.written, &self.list.get(at)?.range))
    }

    /// The content of a length-delimited field.
    #[inline]
    fn content<'m>(&'m self, message: &'m [u8], at: usize) -> Option<&'m [u8]> {
        content_of(self.bytes(message, at)?)
    }

    /// Appends all of them.
    pub(super) fn write(&self, message: &[u8], out: &mut Vec<u8>) {
        out.reserve(self.len);
        // Neighbours that lie side by side are copied together.
        let mut run = 0..0;
        for Piece { range, .. } in &self.list {
            if range.start == run.end {
                run.end = range.end;
            } else if !range.is_empty() {
                out.extend_from_slice(resolve(message, &self.written, &run));
                run = range.clone();
            }
        }
        out.extend_from_slice(resolve(message, &self.written, &run));
    }
}

/// The field at the front of bytes, or all of them if there is none.
#[inline]
fn first_piece(bytes: &[u8], offset: usize, attributes_field: u32) -> Piece {
    match Fields::new(bytes).read() {
        Ok(Some(field)) => Piece::of(&field, offset, attributes_field),
        _ => Piece { tag: TAIL, range: offset..offset + bytes.len(), key: 0..0 },
    }
}

/// The content of a length-delimited field.
#[inline]
fn content_of(field: &[u8]) -> Option<&[u8]> {
    match take_short(field) {
        Some((_, content, _)) => Some(content),
        None => Fields::new(field).read().ok()??.bytes(),
    }
}

/// Bytes of the message, or of what was written.
#[inline]
fn resolve<'m>(message: &'m [u8], written: &'m [u8], range: &Range<usize>) -> &'m [u8] {
    let bytes = match range.start.checked_sub(offset(message)) {
        None => message.get(range.clone()),
        Some(start) => written.get(start..start + range.len()),
    };
    bytes.unwrap_or_default()
}

/// Where what was written starts: not right behind the message, for they do not lie side by side.
#[inline]
const fn offset(message: &[u8]) -> usize {
    message.len() + 1
}

/// A message while its fields are edited. Places are those of fields, counted from its start.
#[derive(Debug)]
pub(super) struct Editing<'m> {
    message: &'m [u8],
    pieces: &'m mut Pieces,
    is_edited: bool,
}

impl<'m> Editing<'m> {
    #[inline]
    pub(super) fn new(message: &'m [u8], pieces: &'m mut Pieces, attributes_field: u32) -> Self {
        if !pieces.is_cut {
            pieces.cut(message, attributes_field);
        }
        Self { message, pieces, is_edited: false }
    }

    /// Whether an edit changed anything.
    pub(super) const fn is_edited(&self) -> bool {
        self.is_edited
    }

    /// The field that attributes have.
    pub(super) const fn attributes_field(&self) -> u32 {
        self.pieces.attributes_field
    }

    /// The place behind the last field.
    pub(super) const fn end(&self) -> usize {
        self.pieces.list.len()
    }

    /// The place behind the last attribute, or the end if there is none.
    pub(super) fn attributes_end(&self) -> usize {
        let last = self.pieces.list.iter().rposition(Piece::is_attribute);
        last.map_or(self.end(), |last| last + 1)
    }

    /// The next field of a number.
    pub(super) fn next(&self, number: u32, from: usize) -> Option<usize> {
        let mut rest = self.pieces.list.get(from..)?.iter();
        Some(from + rest.position(|piece| self.pieces.has_number(piece, number))?)
    }

    /// The next attribute, and its key.
    pub(super) fn next_attribute(&self, from: usize) -> Option<(usize, &[u8])> {
        let rest = self.pieces.list.get(from..)?.iter();
        let (at, piece) = rest.enumerate().find(|(_, piece)| piece.is_attribute())?;
        Some((from + at, resolve(self.message, &self.pieces.written, &piece.key)))
    }

    /// The next attribute with a key.
    pub(super) fn attribute(&self, key: &[u8], from: usize) -> Option<usize> {
        self.pieces.position(self.message, key, from)
    }

    /// The content of a length-delimited field.
    pub(super) fn content(&self, at: usize) -> Option<&[u8]> {
        self.pieces.content(self.message, at)
    }

    fn bytes(&self, at: usize) -> Option<&[u8]> {
        self.pieces.bytes(self.message, at)
    }

    /// Removes the attributes for whose keys a condition does not hold.
    pub(super) fn retain_attributes(&mut self, mut keep: impl FnMut(&[u8]) -> bool) {
        let mut next = 0;
        while let Some((at, key)) = self.next_attribute(next) {
            if !keep(key) {
                self.remove(at);
            }
            next = at + 1;
        }
    }

    /// Removes the attributes with a key from a place on. Tells whether there were any.
    pub(super) fn remove_attribute(&mut self, key: &[u8], from: usize) -> bool {
        let mut next = from;
        while let Some(at) = self.attribute(key, next) {
            self.remove(at);
            next = at + 1;
        }
        next > from
    }

    /// Removes the fields with a number from a place on.
    pub(super) fn remove_all(&mut self, number: u32, from: usize) {
        let mut next = from;
        while let Some(at) = self.next(number, next) {
            self.remove(at);
            next = at + 1;
        }
    }

    /// Removes one field. What is behind it stays at its place.
    pub(super) fn remove(&mut self, at: usize) {
        if let Some(piece) = self.pieces.list.get_mut(at) {
            self.pieces.len -= piece.take_away();
            self.note_edit();
        }
    }

    /// Puts the fields that a function appends, given the content of a field, in the place of that field.
    /// Returns the place behind them.
    pub(super) fn rewrite(&mut self, at: usize, append: impl FnOnce(&[u8], &mut Vec<u8>)) -> usize {
        let Pieces { list, written, scratch, .. } = &mut *self.pieces;
        let Some(Piece { range, .. }) = list.get(at) else { return at };
        let start = written.len();
        match self.message.get(range.clone()) {
            Some(field) => append(content_of(field).unwrap_or_default(), written),
            // What was written moves while more is written.
            None => {
                scratch.clear();
                scratch.extend_from_slice(resolve(self.message, written, range));
                append(content_of(scratch).unwrap_or_default(), written);
            }
        }
        if written.get(start..) == Some(resolve(self.message, written, range)) {
            written.truncate(start);
            return at + 1;
        }
        self.splice(at..at + 1, start)
    }

    /// Puts the fields that a function appends before the field that stands at a place.
    pub(super) fn insert(&mut self, at: usize, append: impl FnOnce(&mut Vec<u8>)) {
        let start = self.pieces.written.len();
        append(&mut self.pieces.written);
        self.splice(at..at, start);
    }

    /// Puts the fields that a function appends in the place of all fields of a number: where the first of
    /// them stands, or at the end.
    pub(super) fn replace_all(&mut self, number: u32, append: impl FnOnce(&mut Vec<u8>)) {
        let start = self.pieces.written.len();
        append(&mut self.pieces.written);
        let end = self.end();
        let first = self.next(number, 0).unwrap_or(end);
        if self.are(number, first, self.pieces.written.get(start..).unwrap_or_default()) {
            self.pieces.written.truncate(start);
            return;
        }
        let next = self.splice(first..end.min(first + 1), start);
        self.remove_all(number, next);
    }

    /// Whether the fields of a number, of which the first is told, are these.
    fn are(&self, number: u32, first: usize, expected: &[u8]) -> bool {
        let mut left = expected;
        let mut next = first;
        while let Some(at) = self.next(number, next) {
            let bytes = self.bytes(at).unwrap_or_default();
            match left.strip_prefix(bytes) {
                Some(rest) => left = rest,
                None => return false,
            }
            next = at + 1;
        }
        left.is_empty()
    }

    /// Puts what was written from `start` on in the place of fields. Returns the place behind it.
    fn splice(&mut self, places: Range<usize>, start: usize) -> usize {
        let Pieces { list, written, len, attributes_field, .. } = &mut *self.pieces;
        let fresh = written.get(start..).unwrap_or_default();
        if places.is_empty() && fresh.is_empty() {
            return places.start;
        }
        let offset = offset(self.message) + start;
        let removed = list.get(places.clone()).unwrap_or_default();
        *len -= removed.iter().map(|piece| piece.range.len()).sum::<usize>();
        *len += fresh.len();
        let end = match Fields::new(fresh).read() {
            // One field, as nearly always.
            Ok(Some(field)) if field.end == fresh.len() && places.len() <= 1 => {
                let piece = Piece::of(&field, offset, *attributes_field);
                match list.get_mut(places.start) {
                    Some(before) if !places.is_empty() => *before = piece,
                    _ => list.insert(places.start, piece),
                }
                places.start + 1
            }
            _ => {
                let kept = list.len() - places.len();
                let fields = Fields::new(fresh).map_while(Result::ok);
                list.splice(
                    places.clone(),
                    fields.map(|field| Piece::of(&field, offset, *attributes_field)),
                );
                places.start + list.len() - kept
            }
        };
        self.note_edit();
        end
    }

    const fn note_edit(&mut self) {
        self.is_edited = true;
        self.pieces.is_changed = true;
    }
}
