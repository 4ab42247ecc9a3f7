use bytes::Bytes;
use proptest::prelude::*;

use super::{Coding, DecompressError, compress, decompress, expected_size};

const CODED: [Coding; 7] = [
    Coding::Gzip,
    Coding::Zstd,
    Coding::Snappy,
    Coding::SnappyFramed,
    Coding::Deflate,
    Coding::Zlib,
    Coding::Lz4,
];

fn bytes(content: &[u8]) -> Bytes {
    Bytes::copy_from_slice(content)
}

#[test]
fn a_bomb_of_each_coding_is_stopped_at_the_cap() {
    let zeros = vec![Bytes::from(vec![0; 8 << 20])];
    for coding in CODED {
        let bomb = compress(coding, None, &zeros);
        let max_bytes = 1 << 20;
        assert_eq!(
            decompress(coding, &bomb, max_bytes),
            Err(DecompressError::TooLarge { max_bytes }),
            "{coding:?}"
        );
    }
}

#[test]
fn a_message_of_exactly_the_cap_passes_and_one_more_byte_does_not() {
    for coding in Coding::ALL {
        let packed = compress(coding, None, &[bytes(&[7; 5000])]);
        assert_eq!(decompress(coding, &packed, 5000).unwrap().len(), 5000, "{coding:?}");
        assert!(decompress(coding, &packed, 4999).is_err(), "{coding:?}");
    }
}

#[test]
fn a_gzip_stream_of_several_members_is_read_to_its_end() {
    let mut packed = compress(Coding::Gzip, None, &[bytes(b"same")]);
    packed.extend(compress(Coding::Gzip, Some(9), &[bytes(b"same")]));
    assert_eq!(decompress(Coding::Gzip, &packed, 100).unwrap(), b"samesame");
}

#[test]
fn zstd_frames_without_a_size_and_several_frames_are_read() {
    let mut packed = zstd::stream::encode_all(&[1_u8; 3000][..], 3).unwrap();
    packed.extend(compress(Coding::Zstd, None, &[bytes(&[2; 500])]));
    assert_eq!(decompress(Coding::Zstd, &packed, 4000).unwrap().len(), 3500);
    assert!(decompress(Coding::Zstd, &packed, 3499).is_err());
}

#[test]
fn a_zstd_frame_that_ends_before_what_it_declares_is_refused() {
    // 94 bytes declared, and one empty block, which is the last.
    let frame = b"\x28\xb5\x2f\xfd\x20\x5e\x01\x00\x00";
    let malformed = Err(DecompressError::Malformed { coding: "zstd" });
    assert_eq!(decompress(Coding::Zstd, frame, 1000), malformed);
}

#[test]
fn lz4_is_one_whole_frame() {
    let malformed = Err(DecompressError::Malformed { coding: "lz4" });
    // More than one block, so that a cut between blocks is one of the cuts.
    let content: Vec<u8> = (0..200_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    let packed = compress(Coding::Lz4, None, &[bytes(&content)]);
    assert_eq!(decompress(Coding::Lz4, &packed, content.len()).unwrap(), content);
    for len in (1..packed.len()).step_by(97).chain(packed.len() - 9..packed.len()) {
        assert_eq!(decompress(Coding::Lz4, &packed[..len], 1 << 20), malformed, "{len} bytes");
    }
    let twice = [&packed[..], &packed].concat();
    assert_eq!(decompress(Coding::Lz4, &twice, 1 << 20), malformed);
    // The legacy format has blocks of 8 MiB, however little is in them.
    assert_eq!(decompress(Coding::Lz4, b"\x02\x21\x4c\x18\x01\0\0\0\0", 1 << 20), malformed);
}

#[test]
fn a_snappy_block_that_claims_too_much_is_refused_before_allocating() {
    let claim = b"\xff\xff\xff\x7f\x00";
    let error = decompress(Coding::Snappy, claim, 100 << 20).unwrap_err();
    assert!(matches!(error, DecompressError::TooLarge { .. }));
    let error = decompress(Coding::Snappy, claim, usize::MAX).unwrap_err();
    assert_eq!(error, DecompressError::Malformed { coding: "snappy" });
}

#[test]
fn snappy_knows_the_framed_format_by_its_first_chunk() {
    let packed = compress(Coding::SnappyFramed, None, &[bytes(b"hello")]);
    assert_eq!(decompress(Coding::Snappy, &packed, 100).unwrap(), b"hello");
}

#[test]
fn names_are_those_of_the_headers() {
    for coding in Coding::ALL {
        assert_eq!(Coding::from_name(coding.name()), Some(coding));
    }
    assert_eq!(Coding::from_name(""), Some(Coding::Identity));
    assert_eq!(Coding::from_name("GZIP"), Some(Coding::Gzip));
    assert_eq!(Coding::from_name("br"), None);
}

proptest! {
    #[test]
    fn what_is_compressed_comes_back(
        chunks in prop::collection::vec(prop::collection::vec(0_u8..4, 0..2000), 0..4),
        level in prop::option::of(-2..10),
    ) {
        let whole = chunks.concat();
        let chunks: Vec<Bytes> = chunks.into_iter().map(Bytes::from).collect();
        for coding in Coding::ALL {
            let packed = compress(coding, level, &chunks);
            let back = decompress(coding, &packed, whole.len());
            prop_assert_eq!(back.as_deref(), Ok(&whole[..]), "{:?}", coding);
            prop_assert!(expected_size(coding, &packed, 10) <= 10);
        }
    }

    #[test]
    fn any_bytes_never_panic(input in prop::collection::vec(any::<u8>(), 0..400), max in 0_usize..600) {
        for coding in Coding::ALL {
            if let Ok(output) = decompress(coding, &input, max) {
                prop_assert!(output.len() <= max);
            }
        }
    }

    #[test]
    fn damaged_messages_never_panic(
        content in prop::collection::vec(0_u8..8, 1..600),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        for coding in CODED {
            let mut packed = compress(coding, None, &[bytes(&content)]);
            let index = at.index(packed.len());
            packed[index] = byte;
            if let Ok(output) = decompress(coding, &packed, 10_000) {
                prop_assert!(output.len() <= 10_000);
            }
            packed.truncate(index);
            let _ignored = decompress(coding, &packed, 10_000);
        }
    }
}
