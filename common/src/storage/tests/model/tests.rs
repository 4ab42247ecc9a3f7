use std::{collections::BTreeSet, sync::Arc};

use parking_lot::Mutex;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{
    Call, Claim, Log, LogSettings, NewRecord, Taken, World, opened,
    promises::End,
    records::{body, items, number_of},
    script::{Op, scripts},
};
use crate::storage::DiskFiles;

const SEGMENT_BYTES: u64 = 8_192;

/// How much of something to do: `name` in the environment, or `default`.
pub(super) fn count(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn settings(is_synced: bool) -> LogSettings {
    LogSettings { segment_bytes: SEGMENT_BYTES, is_synced }
}

fn run(settings: LogSettings, script: &[Op]) -> World {
    let mut world = World::new(settings);
    for op in script {
        world.apply(op);
    }
    world
}

fn append(sizes: &[usize]) -> Op {
    Op::Append { sizes: sizes.to_vec(), claim_bytes: 0 }
}

fn append_and_claim(sizes: &[usize]) -> Op {
    Op::Append { sizes: sizes.to_vec(), claim_bytes: u64::MAX }
}

/// Short scripts, each about one thing that must survive an end at any step.
fn short_scripts() -> Vec<Vec<Op>> {
    let next = || Op::Next { max_bytes: 100_000 };
    let save = |sync| Op::SaveCursor { sync };
    let first_done = |count| Op::AcknowledgeOldest { count };
    vec![
        vec![append(&[100]), append(&[2_000, 30]), append(&[5])],
        // Several segments, and one record that is longer than any.
        vec![append(&[3_000; 4]), append(&[20_000]), append(&[3_000; 2])],
        vec![append_and_claim(&[500; 3]), first_done(2), save(true), append(&[10]), save(true)],
        // Written first, synced later without a change between.
        vec![append_and_claim(&[500; 3]), first_done(2), save(false), save(true), append(&[1])],
        // Holes between acknowledgements.
        vec![
            append_and_claim(&[200; 9]),
            Op::Acknowledge { which: 1 },
            Op::Acknowledge { which: 3 },
            save(true),
            Op::Acknowledge { which: 4 },
            save(false),
            append(&[50]),
        ],
        // Whole segments are done with.
        vec![
            append(&[3_000; 8]),
            next(),
            first_done(7),
            save(true),
            Op::Tidy,
            append(&[100]),
            Op::Tidy,
            first_done(1),
            Op::Tidy,
            save(true),
            append(&[100]),
        ],
        // One record keeps a segment from going, and is copied forward.
        vec![
            append(&[100]),
            next(),
            append_and_claim(&[2_000; 16]),
            Op::Acknowledge { which: 1 },
            Op::AcknowledgeOldest { count: 0 },
            append_and_claim(&[2_000; 8]),
            Op::Acknowledge { which: 5 },
            Op::Acknowledge { which: 5 },
            Op::Acknowledge { which: 5 },
            save(true),
            Op::Tidy,
            Op::Tidy,
            save(true),
            Op::Acknowledge { which: 0 },
            save(true),
            Op::Tidy,
        ],
        // A stop in the start itself.
        vec![append(&[3_000; 5]), Op::Reopen, append(&[100]), Op::Reopen, next(), first_done(3)],
        // A full disk and a failing one.
        vec![
            append(&[3_000; 3]),
            Op::FillUp { room: 4_096 },
            append(&[6_000; 2]),
            append(&[10]),
            Op::EndFaults,
            append(&[6_000]),
        ],
        vec![
            append(&[300]),
            Op::Fail { call: Call::Sync, spared: 0, count: 1 },
            append(&[300]),
            Op::EndFaults,
            append(&[300]),
            append(&[300]),
        ],
        // What could not be taken back stands in the way of what comes after it.
        vec![
            append(&[300]),
            Op::Fail { call: Call::Sync, spared: 0, count: 1 },
            Op::Fail { call: Call::SetLen, spared: 0, count: 9 },
            append(&[400, 500]),
            Op::EndFaults,
            append(&[600]),
            Op::Reopen,
            append(&[700]),
        ],
    ]
}

#[test]
fn keeps_its_promises_wherever_a_short_script_ends() {
    let seeds = count("TERCET_MODEL_SEEDS", 2);
    for (index, script) in short_scripts().iter().enumerate() {
        let mut finished = run(settings(true), script);
        let steps = finished.files.steps();
        finished.finish();
        for step in 1..=steps {
            for (end, seed) in
                (0..seeds).flat_map(|seed| [(End::PowerLost, seed), (End::Killed, seed)])
            {
                let about = format!("script {index}, step {step} of {steps}, {end:?}, seed {seed}");
                explained(&about, || {
                    let mut world = World::new(settings(true));
                    world.apply(&Op::StopLater { steps: step, end, seed });
                    for op in script {
                        world.apply(op);
                    }
                    world.finish();
                });
            }
        }
    }
}

#[test]
fn keeps_its_promises_in_long_scripts() {
    random_scripts(true, count("TERCET_MODEL_SCRIPTS", 300));
}

#[test]
fn keeps_its_promises_to_a_killed_process_without_syncs() {
    random_scripts(false, count("TERCET_MODEL_SCRIPTS", 300) / 3);
}

#[test]
fn what_was_not_synced_is_lost_or_whole() {
    for seed in 0..60 {
        let script = short_scripts().remove(usize::try_from(seed % 7).unwrap());
        let world = run(settings(false), &script);
        let files = world.files.after_power_loss(seed);
        let read_all = |log: &Log| {
            let mut found = Vec::new();
            loop {
                let taken = log.next(10_000).unwrap();
                if taken.is_empty() {
                    return found;
                }
                for taken in taken {
                    if let Taken::Record { body, .. } = taken {
                        found.push(number_of(&body).expect("a body as it was written"));
                    }
                }
            }
        };
        let (log, _) = opened(&files, &world.directory, world.settings);
        let mut found = read_all(&log);
        let fresh = body(1 << 40, 700);
        log.append(&[NewRecord { items: 1, body: &[&fresh] }], 0).unwrap();
        drop(log);
        let (log, _) = opened(&files.after_kill(seed), &world.directory, world.settings);
        found.push(1 << 40);
        assert_eq!(read_all(&log), found, "seed {seed}");
    }
}

#[test]
fn a_record_that_stays_pins_neither_the_disk_nor_the_rest() {
    let mut world = World::new(settings(true));
    world.apply(&append_and_claim(&[500]));
    for _ in 0..100 {
        world.apply(&append_and_claim(&[2_000; 3]));
        // The oldest claim is that of the record that stays.
        for _ in 0..3 {
            world.apply(&Op::Acknowledge { which: 1 });
        }
        world.apply(&Op::Tidy);
        let disk_bytes = world.log.usage().disk_bytes;
        assert!(disk_bytes <= 5 * SEGMENT_BYTES, "{disk_bytes} bytes for one record");
    }
    assert_eq!(world.taken[0].0, 0);
    world.finish();
}

#[test]
fn a_full_disk_gets_free_by_delivering() {
    let mut world = World::new(settings(true));
    world.apply(&append(&[1_000]));
    world.apply(&Op::FillUp { room: 50_000 });
    for _ in 0..10 {
        let before = world.unread.len();
        for _ in 0..100 {
            world.apply(&append(&[1_500]));
        }
        assert!(world.unread.len() > before + 10, "only {} fit", world.unread.len() - before);
        // From here on nothing may fail, full as the disk is.
        world.has_faults = false;
        while !world.unread.is_empty() {
            world.apply(&Op::Next { max_bytes: 10_000 });
        }
        world.apply(&Op::AcknowledgeOldest { count: 1_000 });
        world.apply(&Op::SaveCursor { sync: true });
        world.apply(&Op::Tidy);
        world.has_faults = true;
    }
    world.finish();
}

#[test]
fn every_record_comes_once_however_many_threads_are_at_it() {
    const WRITERS: u64 = 3;
    const RECORDS: u64 = 300;
    let directory = tempfile::tempdir().unwrap();
    let open = || Log::open(Arc::new(DiskFiles), directory.path(), settings(false)).unwrap().0;
    let log = open();
    let taken = Mutex::new(BTreeSet::new());
    let take = |claim: &Claim, body: &[u8]| {
        let number = number_of(body).expect("a body as it was written");
        assert!(taken.lock().insert(number), "{number} came twice");
        log.acknowledge(claim);
    };
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (log, take) = (&log, &take);
            scope.spawn(move || {
                for number in (0..RECORDS).map(|index| index * WRITERS + writer) {
                    let body = body(number, (number % 900) as usize);
                    let record = NewRecord { items: items(number), body: &[&body] };
                    let claims = log.append(&[record], (number % 3) * 400).unwrap();
                    if let Some(claim) = &claims[0] {
                        assert_eq!(log.read(claim).unwrap(), body);
                        take(claim, &body);
                    }
                }
            });
        }
        scope.spawn(|| {
            while taken.lock().len() < (WRITERS * RECORDS) as usize {
                for taken in log.next(2_000).unwrap() {
                    match taken {
                        Taken::Record { claim, body } => take(&claim, &body),
                        Taken::Damaged(damage) => panic!("{damage:?}"),
                    }
                }
                log.tidy().unwrap();
                log.save_cursor(false).unwrap();
            }
        });
    });
    assert_eq!(log.usage().records, 0);
    drop(log);
    assert_eq!(open().usage().records, 0);
}

/// Fixed seeds, so that a failure is found again; proptest makes the failing script short.
fn random_scripts(is_synced: bool, count: u64) {
    let config = Config { failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
    let first = super::tests::count("TERCET_MODEL_FIRST_SEED", 0);
    for seed in first..first + count {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(Config { cases: 1, ..config.clone() }, random);
        let outcome = runner.run(&scripts(60), |script| {
            run(settings(is_synced), &script).finish();
            Ok(())
        });
        assert!(outcome.is_ok(), "seed {seed}: {}", outcome.unwrap_err());
    }
}

/// Names the case if what it runs panics.
pub(super) fn explained(about: &str, run: impl FnOnce()) {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    assert!(outcome.is_ok(), "failed: {about}");
}
