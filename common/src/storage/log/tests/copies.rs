//! Records that are copied forward so that their segment can go.

use super::*;

/// Room for ten records.
pub(super) const SETTINGS: LogSettings = LogSettings { segment_bytes: 620, is_synced: true };

/// Leaves record 3 alone in the first segment, and two more in the second.
pub(super) fn with_one_left(log: &Log) -> Arc<Claim> {
    append(log, 0..10, 0);
    append(log, 10..12, 0);
    let (records, _) = drain(log);
    for (number, claim) in &records[..10] {
        if *number != 3 {
            log.acknowledge(claim);
        }
    }
    records[3].1.clone()
}

#[test]
fn the_last_record_of_a_segment_is_copied_and_its_claim_follows() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&directory, SETTINGS);
    let claim = with_one_left(&log);
    let before = log.usage();
    log.tidy().unwrap();
    assert_eq!(segments(&directory), ["000000000000000a.segment"]);
    let after = log.usage();
    assert_eq!((after.records, after.items), (before.records, before.items));
    assert_eq!(log.read(&claim).unwrap(), body(3));
    // The copy is not given out again.
    assert!(drain(&log).0.is_empty());
    append(&log, 12..13, 0);
    assert_eq!(numbers(&drain(&log).0), [12]);
    log.save_cursor(true).unwrap();
    drop(log);
    let (log, recovered) = open(&directory, SETTINGS);
    assert_eq!((recovered.damage, recovered.usage.records), (Damage::default(), 4));
    assert_eq!(numbers(&drain(&log).0), [10, 11, 3, 12]);
}

#[test]
fn a_copy_is_skipped_by_a_reader_that_is_behind() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&directory, SETTINGS);
    let claim = with_one_left(&log);
    append(&log, 12..14, 0);
    log.tidy().unwrap();
    append(&log, 14..15, 0);
    assert_eq!(numbers(&drain(&log).0), [12, 13, 14]);
    log.acknowledge(&claim);
    log.acknowledge(&claim);
    assert_eq!(log.usage().records, 5);
}

#[test]
fn an_acknowledgement_during_a_copy_ends_both() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&directory, SETTINGS);
    let claim = with_one_left(&log);
    let body = log.read(&claim).unwrap();
    let mut writer = log.writer.lock();
    let record = NewRecord { items: claim.items(), body: &[&body] };
    let written = log.write(&mut writer, &[record]).unwrap();
    log.acknowledge(&claim);
    log.state.lock().publish_copies(&written, std::slice::from_ref(&claim));
    drop(writer);
    assert_eq!(log.usage().records, 2);
    assert!(drain(&log).0.is_empty());
    log.tidy().unwrap();
    assert_eq!(segments(&directory), ["000000000000000a.segment"]);
}

#[test]
fn acknowledgements_from_many_threads_race_with_copies_and_nothing_is_left() {
    let directory = tempfile::tempdir().unwrap();
    let settings = LogSettings { is_synced: false, ..SETTINGS };
    let (log, _) = open(&directory, settings);
    std::thread::scope(|scope| {
        let (mut claims, mut left) = (Vec::new(), Vec::new());
        for number in 0..300 {
            let claim = append(&log, number..number + 1, u64::MAX)[0].clone().unwrap();
            if number % 7 == 0 { left.push(claim) } else { claims.push(claim) }
        }
        for part in [claims, left] {
            for half in part.chunks(part.len().div_ceil(2)).map(<[_]>::to_vec) {
                let log = &log;
                scope.spawn(move || {
                    for claim in half {
                        log.read(&claim).unwrap();
                        log.acknowledge(&claim);
                    }
                });
            }
            for _ in 0..20 {
                log.tidy().unwrap();
            }
        }
    });
    log.tidy().unwrap();
    let usage = log.usage();
    assert_eq!((usage.records, usage.items, usage.live_bytes), (0, 0, 0));
    assert!(segments(&directory).len() <= 1);
}
