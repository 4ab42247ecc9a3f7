//! Any bytes as fields: they cover the message without gaps, and written again they are the same.

use common::wire::{Fields, Value, reader::take_varint, writer};

/// One input.
pub fn run(bytes: &[u8]) {
    let mut fields = Fields::new(bytes);
    let mut end = 0;
    while let Ok(Some(field)) = fields.read() {
        assert_eq!(field.start, end);
        assert!(field.end > field.start && field.end <= bytes.len());
        end = field.end;
        let mut again = Vec::new();
        match field.value {
            Value::Varint(value) => writer::put_varint_field(&mut again, field.number, value),
            Value::Fixed64(value) => writer::put_fixed64_field(&mut again, field.number, value),
            Value::Fixed32(value) => writer::put_fixed32_field(&mut again, field.number, value),
            Value::Bytes(content) => {
                assert_eq!(&bytes[field.content_start()..field.end], content);
                writer::put_bytes_field(&mut again, field.number, content);
            }
            Value::Group(_) => continue,
        }
        // Varints may come longer than they need to be.
        assert!(again.len() <= field.end - field.start);
        let read = Fields::new(&again).read().expect("our own field").expect("one field");
        assert_eq!((read.number, read.value), (field.number, field.value));
    }
    if let Some((value, rest)) = take_varint(bytes) {
        assert!(writer::varint_len(value) <= bytes.len() - rest.len());
    }
}
