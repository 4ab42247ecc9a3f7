use proptest::{collection::vec, prelude::*};

use super::*;
use crate::wire::writer;

fn read(bytes: &[u8]) -> Vec<Result<(u32, Value<'_>), WireError>> {
    Fields::new(bytes).map(|item| item.map(|field| (field.number, field.value))).collect()
}

#[test]
fn every_wire_type_is_read() {
    let bytes = [
        0x08, 0x96, 0x01, 0x11, 1, 0, 0, 0, 0, 0, 0, 0, 0x1a, 2, b'h', b'i', 0x23, 0x08, 1, 0x24,
        0x2d, 7, 0, 0, 0,
    ];
    assert_eq!(
        read(&bytes),
        [
            Ok((1, Value::Varint(150))),
            Ok((2, Value::Fixed64(1))),
            Ok((3, Value::Bytes(b"hi"))),
            Ok((4, Value::Group(&[0x08, 1]))),
            Ok((5, Value::Fixed32(7))),
        ]
    );
}

#[test]
fn fields_know_where_they_stand() {
    let fields: Vec<_> = Fields::new(&[0x08, 1, 0x1a, 2, b'h', b'i']).map(Result::unwrap).collect();
    let [number, text] = fields.as_slice() else { panic!("{fields:?}") };
    assert_eq!((number.start, number.end, number.content_start()), (0, 2, 2));
    assert_eq!((text.start, text.end, text.content_start()), (2, 6, 4));
}

#[test]
fn broken_fields_are_told_with_their_place() {
    for (bytes, error) in [
        (&[0x08][..], WireError::Truncated { offset: 1 }),
        (&[0x08, 0, 0x1a, 3, 0], WireError::Truncated { offset: 2 }),
        (&[0x0d, 0, 0, 0], WireError::Truncated { offset: 0 }),
        (&[0x00], WireError::FieldNumber { offset: 0, number: 0 }),
        (&[0x08, 0, 0x0e], WireError::WireType { offset: 2, wire_type: 6 }),
        (&[0x0c], WireError::WireType { offset: 0, wire_type: 4 }),
        (&[0x0b, 0x14], WireError::WireType { offset: 1, wire_type: 4 }),
        (&[0x0b], WireError::Truncated { offset: 0 }),
        (
            &[8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2],
            WireError::VarintTooLong { offset: 1 },
        ),
        (&[0x0b; 70], WireError::TooDeep { offset: 64 }),
    ] {
        assert_eq!(read(bytes).last(), Some(&Err(error)), "{bytes:?}");
    }
}

#[test]
fn a_length_is_the_same_in_however_many_bytes() {
    for len in [0_usize, 5, 127, 128, 300, 16_383, 16_384] {
        let content = vec![7; len];
        for spare in 0..3 {
            let mut bytes = vec![0x1a];
            writer::put_varint(&mut bytes, len as u64);
            if let Some(last) = bytes.last_mut().filter(|_| spare > 0) {
                *last |= 0x80;
                bytes.extend(vec![0x80; spare - 1]);
                bytes.push(0);
            }
            bytes.extend_from_slice(&content);
            assert_eq!(read(&bytes), [Ok((3, Value::Bytes(&content)))], "{len}, {spare} spare");
            if len > 0 {
                bytes.pop();
                let error = Err(WireError::Truncated { offset: 0 });
                assert_eq!(read(&bytes), [error], "{len}, {spare} spare, cut off");
            }
        }
    }
}

#[test]
fn reading_stops_after_an_error() {
    let mut fields = Fields::new(&[0x00, 0x08, 0x01]);
    assert!(fields.next().is_some_and(|field| field.is_err()));
    assert!(fields.next().is_none());
}

#[test]
fn shifting_moves_the_offset() {
    let error = WireError::FieldNumber { offset: 2, number: 0 };
    assert_eq!(error.shifted(40), WireError::FieldNumber { offset: 42, number: 0 });
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_an_end(bytes in vec(any::<u8>(), 0..100)) {
        let mut end = 0;
        for field in Fields::new(&bytes).map_while(Result::ok) {
            prop_assert_eq!(field.start, end);
            prop_assert!(field.end > field.start && field.content_start() <= field.end);
            end = field.end;
        }
        prop_assert!(end <= bytes.len());
    }

    #[test]
    fn what_is_written_is_read(number in 1..(1_u32 << 29), value in any::<u64>(), bytes in vec(any::<u8>(), 0..300)) {
        let mut out = Vec::new();
        writer::put_varint_field(&mut out, number, value);
        writer::put_fixed64_field(&mut out, number, value);
        writer::put_fixed32_field(&mut out, number, value as u32);
        writer::put_bytes_field(&mut out, number, &bytes);
        let expected = [
            Ok((number, Value::Varint(value))),
            Ok((number, Value::Fixed64(value))),
            Ok((number, Value::Fixed32(value as u32))),
            Ok((number, Value::Bytes(&bytes))),
        ];
        prop_assert_eq!(read(&out), expected);
    }

    #[test]
    fn varints_are_what_prost_reads(bytes in vec(any::<u8>(), 0..12)) {
        let ours = take_varint(&bytes).map(|(value, rest)| (value, rest.len()));
        let mut rest = &bytes[..];
        let theirs = prost::encoding::decode_varint(&mut rest).ok().map(|value| (value, rest.len()));
        prop_assert_eq!(ours, theirs);
    }
}
