mod copies;
mod damage;
mod faults;

use std::{os::unix::fs::PermissionsExt as _, time::Duration};

use tempfile::TempDir;

use super::*;
use crate::storage::{DirectoryLock, DiskFiles};

const SETTINGS: LogSettings = LogSettings { segment_bytes: 1 << 20, is_synced: true };
/// Room for two records of ten bytes.
const SMALL: LogSettings = LogSettings { segment_bytes: 160, is_synced: true };

fn open(directory: &TempDir, settings: LogSettings) -> (Log, Recovered) {
    Log::open(Arc::new(DiskFiles), directory.path(), settings).unwrap()
}

/// The body of a record with a number; as many items as the number says, plus one.
fn body(number: u32) -> String {
    format!("record {number:03}")
}

fn append(log: &Log, numbers: std::ops::Range<u32>, claim_bytes: u64) -> Vec<Option<Arc<Claim>>> {
    try_append(log, numbers, claim_bytes).unwrap()
}

fn try_append(
    log: &Log,
    numbers: std::ops::Range<u32>,
    claim_bytes: u64,
) -> Result<Vec<Option<Arc<Claim>>>, StorageError> {
    let bodies: Vec<(u32, String)> = numbers.map(|number| (number + 1, body(number))).collect();
    let parts: Vec<(u32, [&[u8]; 2])> = bodies
        .iter()
        .map(|(items, body)| (*items, [&body.as_bytes()[..4], &body.as_bytes()[4..]]))
        .collect();
    let records: Vec<NewRecord<'_>> =
        parts.iter().map(|(items, body)| NewRecord { items: *items, body }).collect();
    log.append(&records, claim_bytes)
}

/// All that the log still gives, as numbers of records, and what it lost.
fn drain(log: &Log) -> (Vec<(u32, Arc<Claim>)>, Damage) {
    let (mut records, mut damage) = (Vec::new(), Damage::default());
    loop {
        let taken = log.next(100).unwrap();
        if taken.is_empty() {
            return (records, damage);
        }
        for one in taken {
            match one {
                Taken::Record { claim, body } => {
                    assert_eq!(log.read(&claim).unwrap(), body);
                    let text = std::str::from_utf8(&body).unwrap();
                    let number: u32 = text.strip_prefix("record ").unwrap().parse().unwrap();
                    assert_eq!(claim.items(), number + 1);
                    records.push((number, claim));
                }
                Taken::Damaged(more) => {
                    damage.records += more.records;
                    damage.items += more.items;
                }
            }
        }
    }
}

fn numbers(records: &[(u32, Arc<Claim>)]) -> Vec<u32> {
    records.iter().map(|(number, _)| *number).collect()
}

#[test]
fn what_is_appended_comes_in_order_and_again_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (log, recovered) = open(&directory, SETTINGS);
    assert_eq!(recovered.usage, Usage::default());
    append(&log, 0..10, 0);
    let (records, damage) = drain(&log);
    assert_eq!((numbers(&records), damage), ((0..10).collect(), Damage::default()));
    for (_, claim) in &records[..4] {
        log.acknowledge(claim);
    }
    log.acknowledge(&records[7].1);
    let usage = log.usage();
    assert_eq!((usage.records, usage.items), (5, 5 + 6 + 7 + 9 + 10));
    log.save_cursor(true).unwrap();
    drop(log);
    let (log, recovered) = open(&directory, SETTINGS);
    assert_eq!((recovered.usage, recovered.damage), (usage, Damage::default()));
    let (records, _) = drain(&log);
    assert_eq!(numbers(&records), [4, 5, 6, 8, 9]);
    append(&log, 10..11, 0);
    assert_eq!(numbers(&drain(&log).0), [10]);
}

#[test]
fn segments_are_deleted_when_all_of_them_is_done() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&directory, SMALL);
    for number in 0..20 {
        append(&log, number..number + 1, 0);
    }
    assert_eq!(segments(&directory).len(), 10);
    let (records, _) = drain(&log);
    for (_, claim) in &records {
        log.acknowledge(claim);
    }
    log.tidy().unwrap();
    assert_eq!(segments(&directory), Vec::<String>::new());
    assert_eq!(log.usage(), Usage::default());
    drop(log);
    let (log, recovered) = open(&directory, SMALL);
    assert_eq!((recovered.usage, recovered.damage), (Usage::default(), Damage::default()));
    let claims = append(&log, 20..22, u64::MAX);
    assert!(claims.iter().all(Option::is_some));
    assert_eq!(segments(&directory), ["0000000000000014.segment"]);
}

fn segments(directory: &TempDir) -> Vec<String> {
    let mut names = DiskFiles.list(directory.path()).unwrap();
    names.retain(|name| name.ends_with(".segment"));
    names.sort();
    names
}

#[test]
fn a_caught_up_reader_gets_claims_at_once_as_long_as_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&directory, SETTINGS);
    let claims = append(&log, 0..4, 25);
    assert_eq!(claims.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false, false]);
    assert!(append(&log, 4..5, u64::MAX)[0].is_none());
    assert_eq!(numbers(&drain(&log).0), [2, 3, 4]);
    let claim = append(&log, 5..6, u64::MAX)[0].clone().unwrap();
    assert_eq!(log.read(&claim).unwrap(), body(5));
    assert!(drain(&log).0.is_empty());
}

#[test]
fn what_is_on_the_disk_is_the_owners_alone() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("made/here");
    let _lock = DirectoryLock::take(&directory, Duration::ZERO).unwrap();
    let (log, _) = Log::open(Arc::new(DiskFiles), &directory, SETTINGS).unwrap();
    log.append(&[NewRecord { items: 1, body: &[b"secret"] }], 0).unwrap();
    log.save_cursor(true).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(directory.parent().unwrap()), 0o700);
    let entries: Vec<_> =
        directory.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(entries.len() >= 2, "{entries:?}");
    for path in entries {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}
