//! Reads fields out of an encoded message without copying.

/// Groups inside groups deeper than this are refused (only unknown fields can be groups here).
const MAX_GROUP_DEPTH: usize = 64;
/// A varint has at most ten bytes.
const MAX_VARINT_BYTES: usize = 10;
/// The highest field number that protobuf allows.
const MAX_FIELD_NUMBER: u64 = (1 << 29) - 1;

/// Bytes that are not a protobuf message. Offsets count from the start of the message being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The message ends inside a field.
    #[error("message ends inside a field at byte {offset}")]
    Truncated {
        /// Where the field starts.
        offset: usize,
    },
    /// A varint of more than ten bytes, or with bits beyond the 64th.
    #[error("varint at byte {offset} is longer than 64 bits")]
    VarintTooLong {
        /// Where the varint starts.
        offset: usize,
    },
    /// A field number that is zero or above 2^29 - 1.
    #[error("invalid field number {number} at byte {offset}")]
    FieldNumber {
        /// Where the tag starts.
        offset: usize,
        /// The number read.
        number: u64,
    },
    /// Wire type 6 or 7, or the end of a group that did not start.
    #[error("invalid wire type {wire_type} at byte {offset}")]
    WireType {
        /// Where the tag starts.
        offset: usize,
        /// The type read.
        wire_type: u8,
    },
    /// Groups nested too deep.
    #[error("groups nested deeper than 64 at byte {offset}")]
    TooDeep {
        /// Where the tag starts.
        offset: usize,
    },
}

impl WireError {
    /// The same error with its offset counted from `base` bytes before the message.
    #[must_use]
    pub const fn shifted(mut self, base: usize) -> Self {
        match &mut self {
            Self::Truncated { offset }
            | Self::VarintTooLong { offset }
            | Self::FieldNumber { offset, .. }
            | Self::WireType { offset, .. }
            | Self::TooDeep { offset } => *offset += base,
        }
        self
    }
}

/// The value of a field, as its wire type tells it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2: a string, bytes, a message or packed numbers.
    Bytes(&'a [u8]),
    /// Wire types 3 and 4, without the end tag.
    Group(&'a [u8]),
    /// Wire type 5.
    Fixed32(u32),
}

/// One field of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field<'a> {
    /// The field number.
    pub number: u32,
    /// Its value.
    pub value: Value<'a>,
    /// Where the tag starts, from the start of the message.
    pub start: usize,
    /// Where the next field starts.
    pub end: usize,
}

impl Value<'_> {
    /// The wire type that the value was written with.
    #[must_use]
    pub const fn wire_type(&self) -> u8 {
        match self {
            Self::Varint(_) => 0,
            Self::Fixed64(_) => 1,
            Self::Bytes(_) => 2,
            Self::Group(_) => 3,
            Self::Fixed32(_) => 5,
        }
    }
}

impl<'a> Field<'a> {
    /// The content of a length-delimited field, or nothing for other wire types.
    #[must_use]
    pub const fn bytes(&self) -> Option<&'a [u8]> {
        match self.value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Where the content of a length-delimited field starts, from the start of the message.
    #[must_use]
    pub const fn content_start(&self) -> usize {
        match self.value {
            Value::Bytes(bytes) => self.end - bytes.len(),
            _ => self.end,
        }
    }
}

/// The fields of one message, in the order they stand; stops after the first error.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    message: &'a [u8],
    position: usize,
}

impl<'a> Fields<'a> {
    /// Reads the fields of an encoded message.
    #[must_use]
    pub const fn new(message: &'a [u8]) -> Self {
        Self { message, position: 0 }
    }

    /// Reads one field.
    ///
    /// # Errors
    /// [`WireError`] if the bytes are no field.
    #[inline]
    pub fn read(&mut self) -> Result<Option<Field<'a>>, WireError> {
        match self.read_short() {
            Some(field) => Ok(Some(field)),
            None => self.read_any(),
        }
    }

    /// A length-delimited field whose tag and length are one byte each, or a fixed64 whose tag is: nearly all
    /// of telemetry is such.
    #[inline]
    fn read_short(&mut self) -> Option<Field<'a>> {
        let start = self.position;
        let rest = self.message.get(start..)?;
        let (number, value, len) = if let Some((number, content, _)) = take_short(rest) {
            (number, Value::Bytes(content), 2 + content.len())
        } else {
            let (tag, rest) = rest.split_first()?;
            let number =
                *rest.first_chunk().filter(|_| (0x08..0x80).contains(tag) && tag & 7 == 1)?;
            (u32::from(tag >> 3), Value::Fixed64(u64::from_le_bytes(number)), 9)
        };
        self.position = start + len;
        Some(Field { number, value, start, end: self.position })
    }

    /// A varint of one byte, or a length-delimited field whose length takes two: most of the others.
    #[inline]
    fn read_medium(&mut self) -> Option<Field<'a>> {
        let start = self.position;
        let [tag @ 0x08..0x80, rest @ ..] = self.message.get(start..)? else { return None };
        let (value, len) = match (tag & 7, rest) {
            (0, [number @ 0..0x80, ..]) => (Value::Varint(u64::from(*number)), 2),
            (2, [low @ 0x80..=0xff, high @ 0..0x80, rest @ ..]) => {
                let len = usize::from(low & 0x7f) | usize::from(*high) << 7;
                (Value::Bytes(rest.get(..len)?), 3 + len)
            }
            _ => return None,
        };
        self.position = start + len;
        Some(Field { number: u32::from(tag >> 3), value, start, end: self.position })
    }

    fn read_any(&mut self) -> Result<Option<Field<'a>>, WireError> {
        if self.position >= self.message.len() {
            return Ok(None);
        }
        if let Some(field) = self.read_medium() {
            return Ok(Some(field));
        }
        let start = self.position;
        let (number, wire_type) = self.read_tag()?;
        let value = match wire_type {
            0 => Value::Varint(self.read_varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.read_array(start)?)),
            2 => {
                let length = self.read_varint()?;
                Value::Bytes(self.read_bytes(start, length)?)
            }
            3 => Value::Group(self.read_group(start, number)?),
            5 => Value::Fixed32(u32::from_le_bytes(self.read_array(start)?)),
            _ => {
                return Err(WireError::WireType { offset: start, wire_type });
            }
        };
        Ok(Some(Field { number, value, start, end: self.position }))
    }

    #[inline]
    fn read_tag(&mut self) -> Result<(u32, u8), WireError> {
        let offset = self.position;
        let tag = self.read_varint()?;
        let number = tag >> 3;
        match u32::try_from(number) {
            Ok(small) if small != 0 && number <= MAX_FIELD_NUMBER => Ok((small, (tag & 7) as u8)),
            _ => Err(WireError::FieldNumber { offset, number }),
        }
    }

    #[inline]
    fn read_varint(&mut self) -> Result<u64, WireError> {
        match self.message.get(self.position) {
            Some(&byte) if byte < 0x80 => {
                self.position += 1;
                Ok(u64::from(byte))
            }
            _ => self.read_long_varint(),
        }
    }

    fn read_long_varint(&mut self) -> Result<u64, WireError> {
        let offset = self.position;
        let mut value = 0_u64;
        for index in 0..MAX_VARINT_BYTES {
            let Some(&byte) = self.message.get(offset + index) else {
                return Err(WireError::Truncated { offset });
            };
            let bits = u64::from(byte & 0x7f);
            if index == MAX_VARINT_BYTES - 1 && byte > 1 {
                break;
            }
            value |= bits << (7 * index);
            if byte < 0x80 {
                self.position = offset + index + 1;
                return Ok(value);
            }
        }
        Err(WireError::VarintTooLong { offset })
    }

    #[inline]
    fn read_array<const N: usize>(&mut self, start: usize) -> Result<[u8; N], WireError> {
        let rest = self.message.get(self.position..).unwrap_or_default();
        let array = rest.first_chunk::<N>().ok_or(WireError::Truncated { offset: start })?;
        self.position += N;
        Ok(*array)
    }

    #[inline]
    fn read_bytes(&mut self, start: usize, length: u64) -> Result<&'a [u8], WireError> {
        let content = usize::try_from(length)
            .ok()
            .and_then(|length| self.position.checked_add(length))
            .and_then(|end| self.message.get(self.position..end))
            .ok_or(WireError::Truncated { offset: start })?;
        self.position += content.len();
        Ok(content)
    }

    /// Reads up to the end tag of the group that was just opened.
    fn read_group(&mut self, start: usize, number: u32) -> Result<&'a [u8], WireError> {
        let content_start = self.position;
        let mut open = vec![number];
        loop {
            let offset = self.position;
            if offset >= self.message.len() {
                return Err(WireError::Truncated { offset: start });
            }
            let (number, wire_type) = self.read_tag()?;
            match wire_type {
                0 => drop(self.read_varint()?),
                1 => drop(self.read_array::<8>(offset)?),
                2 => {
                    let length = self.read_varint()?;
                    self.read_bytes(offset, length)?;
                }
                3 if open.len() >= MAX_GROUP_DEPTH => return Err(WireError::TooDeep { offset }),
                3 => open.push(number),
                4 if open.pop() != Some(number) => {
                    return Err(WireError::WireType { offset, wire_type });
                }
                4 if open.is_empty() => {
                    return Ok(self.message.get(content_start..offset).unwrap_or_default());
                }
                4 => {}
                5 => drop(self.read_array::<4>(offset)?),
                _ => return Err(WireError::WireType { offset, wire_type }),
            }
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let item = self.read().transpose();
        if let Some(Err(_)) = item {
            self.position = self.message.len();
        }
        item
    }
}

/// Takes a length-delimited field whose tag and length are one byte each off the front of bytes: its number,
/// its content, and the bytes behind it.
#[must_use]
#[inline]
pub fn take_short(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let [tag @ 0x08..0x80, length @ 0..0x80, rest @ ..] = bytes else {
        return None;
    };
    if tag & 7 != 2 {
        return None;
    }
    let (content, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((u32::from(tag >> 3), content, rest))
}

/// Takes a varint off the front of bytes, as packed fields hold them.
#[must_use]
pub fn take_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut fields = Fields::new(bytes);
    let value = fields.read_varint().ok()?;
    Some((value, bytes.get(fields.position..).unwrap_or_default()))
}

#[cfg(test)]
mod tests;
