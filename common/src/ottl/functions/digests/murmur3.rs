//! Murmur3 with a seed of zero, for which there is no maintained crate.
//!
//! Source: Austin Appleby's public description of `MurmurHash3_x86_32` and `MurmurHash3_x64_128`.

/// The hash of 32 bits.
pub(super) fn of_32_bits(bytes: &[u8]) -> u32 {
    let scramble =
        |word: u32| word.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let (words, rest) = bytes.as_chunks::<4>();
    let mut hash = 0_u32;
    for word in words {
        hash ^= scramble(u32::from_le_bytes(*word));
        hash = hash.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    hash ^= scramble(rest.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte)));
    hash ^= bytes.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

const FIRST: u64 = 0x87c3_7b91_1142_53d5;
const SECOND: u64 = 0x4cf5_ad43_2745_937f;

/// The hash of 128 bits as it is computed on machines of 64 bits, the lowest byte of each half first.
pub(super) fn of_128_bits(bytes: &[u8]) -> [u8; 16] {
    let (blocks, rest) = bytes.as_chunks::<16>();
    let (mut a, mut b) = (0_u64, 0_u64);
    for block in blocks {
        let (low, high) = halves(u128::from_le_bytes(*block));
        a = (a ^ first(low)).rotate_left(27).wrapping_add(b).wrapping_mul(5);
        a = a.wrapping_add(0x52dc_e729);
        b = (b ^ second(high)).rotate_left(31).wrapping_add(a).wrapping_mul(5);
        b = b.wrapping_add(0x3849_5ab5);
    }
    let rest = rest.iter().rev().fold(0, |block, byte| block << 8 | u128::from(*byte));
    let (low, high) = halves(rest);
    let len = bytes.len() as u64;
    a ^= first(low) ^ len;
    b ^= second(high) ^ len;
    a = a.wrapping_add(b);
    b = b.wrapping_add(a);
    (a, b) = (mixed(a), mixed(b));
    a = a.wrapping_add(b);
    b = b.wrapping_add(a);
    (u128::from(b) << 64 | u128::from(a)).to_le_bytes()
}

const fn halves(block: u128) -> (u64, u64) {
    (block as u64, (block >> 64) as u64)
}

const fn first(word: u64) -> u64 {
    word.wrapping_mul(FIRST).rotate_left(31).wrapping_mul(SECOND)
}

const fn second(word: u64) -> u64 {
    word.wrapping_mul(SECOND).rotate_left(33).wrapping_mul(FIRST)
}

const fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}
