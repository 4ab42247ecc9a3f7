use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn varints_are_what_prost_writes(value in any::<u64>(), shift in 0..64_u32) {
        let value = value >> shift;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        put_varint(&mut ours, value);
        prost::encoding::encode_varint(value, &mut theirs);
        prop_assert_eq!(varint_len(value), ours.len());
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn headers_are_as_long_as_told(number in 1..(1_u32 << 29), len in 0..100_000_usize) {
        let mut out = Vec::new();
        put_header(&mut out, number, len);
        prop_assert_eq!(out.len(), header_len(number, len));
    }
}

#[test]
fn the_shortest_and_the_longest_varint_have_their_lengths() {
    assert_eq!([0, 127, 128, u64::MAX].map(varint_len), [1, 1, 2, 10]);
}
