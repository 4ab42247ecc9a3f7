use proptest::prelude::*;

use super::*;
use crate::storage::DiskFiles;

fn at(sequence: u64) -> Position {
    Position { sequence, items: sequence * 3, bytes: sequence * 100 }
}

fn saved(watermark: u64, spans: u64) -> Saved {
    let mut done = Progress::new(at(watermark));
    for number in 1..=spans {
        let from = watermark + number * 2;
        done.insert(Span { from: at(from), to: at(from + 1) });
    }
    Saved { done, next: at(watermark + spans * 2 + 10) }
}

fn watermark(path: &Path) -> Option<u64> {
    let (_, saved) = Cursor::open(&DiskFiles, path).unwrap();
    saved.map(|saved| saved.done.watermark().sequence)
}

#[test]
fn a_damaged_slot_leaves_the_other_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cursor");
    assert_eq!(watermark(&path), None);
    for number in 1..=2 {
        let (mut cursor, _) = Cursor::open(&DiskFiles, &path).unwrap();
        cursor.save(&saved(number * 5, 3)).unwrap();
    }
    assert_eq!(watermark(&path), Some(10));
    let file = DiskFiles.open(&path).unwrap();
    // The second generation is even, so it is in the first slot.
    file.write_all_at(&[&[0xff]], 20).unwrap();
    assert_eq!(watermark(&path), Some(5));
    file.write_all_at(&[&[0xff]], SLOT_BYTES + 20).unwrap();
    assert_eq!(watermark(&path), None);
    file.set_len(7).unwrap();
    assert_eq!(watermark(&path), None);
}

#[test]
fn spans_that_do_not_fit_are_left_out_and_it_says_where() {
    let many = MAX_SPANS as u64 + 10;
    let (slot, complete_to) = encode(1, &saved(0, many));
    assert_eq!(slot.len() as u64, SLOT_BYTES - (SLOT_BYTES - FIXED_BYTES as u64 - 4) % 48);
    assert_eq!(complete_to, (MAX_SPANS as u64 + 1) * 2);
    let (_, read) = decode(&slot).unwrap();
    assert_eq!(read.done.spans().count(), MAX_SPANS);
    assert_eq!(encode(1, &saved(0, 5)).1, u64::MAX);
}

#[test]
fn nothing_that_is_done_lies_behind_the_next_record() {
    let (slot, _) = encode(1, &Saved { next: at(1), ..saved(0, 5) });
    assert_eq!(decode(&slot).unwrap().1.next, at(11));
}

proptest! {
    #[test]
    fn any_bytes_are_a_slot_or_none(mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        decode(&bytes);
        let start = MAGIC.len().min(bytes.len());
        bytes[..start].copy_from_slice(&MAGIC[..start]);
        prop_assert!(decode(&bytes).is_none());
    }
}
