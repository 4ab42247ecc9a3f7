use proptest::prelude::*;

use super::*;

prop_compose! {
    fn header()(
        numbers in [0_u64..1 << 60, 0..1 << 60, 0..1 << 60],
        [items, index, body_bytes, body_checksum] in any::<[u32; 4]>(),
    ) -> RecordHeader {
        let [sequence, items_before, bytes] = numbers;
        let start = Position { sequence, items: items_before, bytes };
        RecordHeader { start, items, index, body_bytes, body_checksum }
    }
}

proptest! {
    #[test]
    fn a_header_is_read_as_it_was_written(header in header()) {
        prop_assert_eq!(RecordHeader::decode(&header.encode()), Some(header));
    }

    #[test]
    fn a_header_with_another_bit_is_none(header in header(), bit in 0..RECORD_HEADER_BYTES * 8) {
        let mut bytes = header.encode();
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(RecordHeader::decode(&bytes), None);
        prop_assert_eq!(RecordHeader::decode(&bytes[..bit / 8]), None);
    }
}
