use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::storage::{DiskFiles, Files as _};

/// A segment of records with bodies of these lengths, each a batch of its own.
fn segment(lengths: &[u32]) -> (Vec<u8>, Vec<RecordHeader>) {
    let mut start = Position { sequence: 7, items: 70, bytes: 700 };
    let mut bytes = header(start).to_vec();
    let mut headers = Vec::new();
    for length in lengths {
        let body = vec![*length as u8; *length as usize];
        let body_checksum = record::checksum(&[&body]);
        let header =
            RecordHeader { start, items: *length, index: 0, body_bytes: *length, body_checksum };
        bytes.extend_from_slice(&header.encode());
        bytes.extend_from_slice(&body);
        start = header.end();
        headers.push(header);
    }
    (bytes, headers)
}

fn written(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(file_name(7));
    DiskFiles.create(&path).unwrap().write_all_at(&[bytes], 0).unwrap();
    (directory, path)
}

fn found(bytes: &[u8]) -> Option<Found> {
    let (_directory, path) = written(bytes);
    inspect(&*DiskFiles.open(&path).unwrap()).unwrap()
}

#[test]
fn names_are_read_as_they_are_written_and_no_others() {
    assert_eq!(file_name(255), "00000000000000ff.segment");
    assert_eq!(parse_name("00000000000000ff.segment"), Some(255));
    for name in
        ["ff.segment", "00000000000000FF.segment", "00000000000000ff", "+0000000000000ff.segment"]
    {
        assert_eq!(parse_name(name), None, "{name}");
    }
}

#[test]
fn a_sealed_segment_says_where_it_ends() {
    let (mut bytes, headers) = segment(&[10, 20, 30]);
    let end = headers[2].end();
    let open = found(&bytes).unwrap();
    assert_eq!((open.first, open.end, open.is_sealed), (headers[0].start, end, false));
    bytes.extend_from_slice(&footer(end));
    // The records of a sealed segment are not looked at.
    bytes[HEADER_BYTES as usize] ^= 1;
    let sealed = found(&bytes).unwrap();
    assert_eq!((sealed.first, sealed.end, sealed.is_sealed), (headers[0].start, end, true));
}

#[test]
fn a_segment_cut_anywhere_ends_with_its_last_whole_record() {
    let (bytes, headers) = segment(&[10, 0, 30]);
    for len in 0..bytes.len() {
        let cut = found(&bytes[..len]);
        let whole = |header: &&RecordHeader| offset_of(header.end().bytes, 700) <= len as u64;
        let last = headers.iter().rfind(whole).map_or(headers[0].start, RecordHeader::end);
        assert_eq!(cut.map(|found| found.end), (len >= MARK_BYTES).then_some(last), "{len}");
    }
}

#[test]
fn records_behind_a_damaged_start_are_found() {
    let (mut bytes, headers) = segment(&[10, 20, 30]);
    bytes[3] ^= 1;
    let with_all = found(&bytes).unwrap();
    assert_eq!((with_all.first, with_all.base), (headers[0].start, 700));
    bytes[HEADER_BYTES as usize + 9] ^= 1;
    let with_two = found(&bytes).unwrap();
    assert_eq!((with_two.first, with_two.base), (headers[1].start, 700));
    assert_eq!(with_two.end, headers[2].end());
}

#[test]
fn a_record_is_found_where_two_pieces_of_a_search_meet() {
    let (bytes, headers) = segment(&[5]);
    for before in SEARCH_BYTES - RECORD_HEADER_BYTES - 2..SEARCH_BYTES + 2 {
        let mut file = vec![0; before];
        file.extend_from_slice(&bytes[MARK_BYTES..]);
        let (_directory, path) = written(&file);
        let file = DiskFiles.open(&path).unwrap();
        let found = find_record(&*file, 1, u64::MAX, |_, _| true).unwrap();
        assert_eq!(found, Some((before as u64, headers[0])), "{before}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_segment_or_none(
        start in 0..3_usize,
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let (mut file, _) = segment(&[20, 20, 20]);
        file.truncate([0, MARK_BYTES, file.len()][start]);
        file.extend_from_slice(&bytes);
        if let Some(found) = found(&file) {
            prop_assert!(found.end.sequence >= found.first.sequence);
            prop_assert!(found.end_offset() <= found.file_bytes);
        }
    }

    #[test]
    fn a_segment_with_another_byte_loses_no_other_record(at in 0..200_usize, bit in 0..8_u32) {
        let (mut file, headers) = segment(&[20, 20, 20]);
        let last = offset_of(headers[2].start.bytes, 700) as usize;
        file[at.min(last - 1)] ^= 1 << bit;
        prop_assert_eq!(found(&file).unwrap().end, headers[2].end());
    }
}
