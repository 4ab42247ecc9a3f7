//! Bytes on disk that are not what was written.

use std::fs;

use super::*;

const UNSYNCED: LogSettings = LogSettings { is_synced: false, ..SMALL };

/// A log of segments with two records each, all known to the cursor; the files by name.
fn written(count: u32) -> Vec<(String, Vec<u8>)> {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&directory, SMALL);
    for number in 0..count {
        append(&log, number..number + 1, 0);
    }
    log.save_cursor(true).unwrap();
    drop(log);
    let names = segments(&directory).into_iter().chain(["cursor".to_owned()]);
    names
        .map(|name| {
            let content = fs::read(directory.path().join(&name)).unwrap();
            (name, content)
        })
        .collect()
}

/// What a log with these files gives, and what it says is lost.
fn found(files: &[(String, Vec<u8>)]) -> (Vec<u32>, Damage, Recovered) {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(directory.path().join(name), content).unwrap();
    }
    let (log, recovered) = open(&directory, UNSYNCED);
    let (records, more) = drain(&log);
    let records_lost = recovered.damage.records + more.records;
    let damage = Damage { records: records_lost, items: recovered.damage.items + more.items };
    assert_eq!(log.usage().records, records.len() as u64);
    for (_, claim) in &records {
        log.acknowledge(claim);
    }
    assert_eq!(log.usage().items, 0);
    append(&log, 500..501, 0);
    assert_eq!(numbers(&drain(&log).0), [500]);
    log.tidy().unwrap();
    (numbers(&records), damage, recovered)
}

/// What of so many records is not there.
fn missing(records: &[u32], count: u32) -> Damage {
    let mut damage = Damage::default();
    for number in (0..count).filter(|number| !records.contains(number)) {
        damage.records += 1;
        damage.items += u64::from(number) + 1;
    }
    damage
}

#[test]
fn another_byte_costs_one_record_at_most_and_what_is_lost_is_counted() {
    let files = written(5);
    let (records, damage, _) = found(&files);
    assert_eq!((records, damage), ((0..5).collect(), Damage::default()));
    for file in 0..files.len() - 1 {
        for at in 0..files[file].1.len() {
            let mut files = files.clone();
            files[file].1[at] ^= 0x10;
            let (records, damage, recovered) = found(&files);
            let about = format!("byte {at} of {}: {records:?}, {recovered:?}", files[file].0);
            assert!(records.len() >= 4 && records.is_sorted(), "{about}");
            assert_eq!(damage, missing(&records, 5), "{about}");
        }
    }
}

#[test]
fn a_segment_cut_anywhere_loses_what_was_cut_and_counts_it() {
    let files = written(6);
    for file in 0..3 {
        for len in 0..files[file].1.len() {
            let mut files = files.clone();
            files[file].1.truncate(len);
            let (records, damage, _) = found(&files);
            let about = format!("{} of {len} bytes: {records:?}", files[file].0);
            assert!(records.len() >= 4 && records.is_sorted(), "{about}");
            assert_eq!(damage, missing(&records, 6), "{about}");
        }
    }
}

#[test]
fn a_missing_segment_is_counted() {
    for file in 0..3 {
        let mut files = written(6);
        files.remove(file);
        let (records, damage, recovered) = found(&files);
        assert_eq!(damage, missing(&records, 6));
        assert_eq!((records.len(), recovered.damage), (4, damage));
    }
    let files = written(6);
    let (records, damage, _) = found(&files[3..]);
    assert_eq!((records, damage), (vec![], missing(&[], 6)));
}

#[test]
fn a_damaged_cursor_costs_nothing() {
    let files = written(4);
    let cursor = files.len() - 1;
    for content in [vec![], vec![0; 1 << 17], vec![0xff; 100], vec![7; 1 << 18]] {
        let mut files = files.clone();
        files[cursor].1 = content;
        let (records, damage, _) = found(&files);
        assert_eq!((records, damage), ((0..4).collect(), Damage::default()));
    }
}

#[test]
fn strange_files_do_no_harm_and_are_put_away() {
    let names =
        ["0000000000000001.segment", "0000000000000002.segment", "ffffffffffffffff.segment"];
    let original = written(4);
    for (number, content) in
        [vec![], vec![0; 5000], b"tercet".to_vec(), original[0].1.clone(), original[1].1.clone()]
            .into_iter()
            .enumerate()
    {
        for name in names {
            let mut files = original.clone();
            files.retain(|(other, _)| other != name);
            files.push((name.to_owned(), content.clone()));
            files.push(("notes.txt".to_owned(), b"mine".to_vec()));
            let (records, damage, _) = found(&files);
            assert_eq!(damage, missing(&records, 4), "{number} {name} {records:?}");
        }
    }
}

#[test]
fn damaged_bytes_are_kept_aside() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&directory, SETTINGS);
    append(&log, 0..3, 0);
    let path = directory.path().join(&segments(&directory)[0]);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(10).position(|window| window == b"record 001").unwrap();
    bytes[at] = b'R';
    fs::write(&path, &bytes).unwrap();
    let (records, damage) = drain(&log);
    assert_eq!((numbers(&records), damage), (vec![0, 2], Damage { records: 1, items: 2 }));
    let kept = fs::read_dir(directory.path().join("damaged")).unwrap().next().unwrap().unwrap();
    assert!(fs::read(kept.path()).unwrap().ends_with(b"Record 001"));
    let error = {
        let claim = &records[1].1;
        let at = bytes.windows(10).position(|window| window == b"record 002").unwrap();
        bytes[at] = b'R';
        fs::write(&path, &bytes).unwrap();
        log.read(claim).unwrap_err()
    };
    let text = error.to_string();
    assert!(text.starts_with("record 2 in ") && text.ends_with("its checksum does not fit"));
}

#[test]
fn what_was_acknowledged_is_no_loss() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&directory, SMALL);
    for number in 0..6 {
        append(&log, number..number + 1, 0);
    }
    let (records, _) = drain(&log);
    for number in [0, 2, 3, 5] {
        log.acknowledge(&records[number].1);
    }
    log.save_cursor(true).unwrap();
    drop(log);
    for name in segments(&directory) {
        fs::write(directory.path().join(name), "").unwrap();
    }
    let (_, recovered) = open(&directory, SMALL);
    assert_eq!(recovered.damage, Damage { records: 2, items: 2 + 5 });
    let (log, recovered) = open(&directory, SMALL);
    assert_eq!((recovered.damage, recovered.usage.records), (Damage::default(), 0));
    // No new record gets a number of one that is done.
    append(&log, 6..7, 0);
    assert_eq!(segments(&directory), ["0000000000000006.segment"]);
    assert_eq!(numbers(&drain(&log).0), [6]);
}
