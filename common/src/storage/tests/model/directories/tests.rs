use std::collections::BTreeSet;

use super::{
    super::{
        Damage, opened, record,
        records::{body, items},
        tests::{count, explained},
    },
    Damaged, Sound, places, sound,
};
use crate::storage::{Log, NewRecord, Recovered, Taken};

/// In how many ways each directory is damaged.
const PER_DIRECTORY: u64 = 4;
/// Goes into a log that was damaged.
const FRESH: u64 = 1 << 40;

#[test]
fn opens_whatever_happened_to_a_directory() {
    let first = count("TERCET_MODEL_FIRST_SEED", 0);
    for seed in first..first + count("TERCET_RECOVERIES", 300).div_ceil(PER_DIRECTORY) {
        let mut random = fastrand::Rng::with_seed(seed);
        let sound = sound(&mut random);
        for _ in 0..PER_DIRECTORY {
            let mut damaged = Damaged::new(&sound.files);
            for _ in 0..random.usize(1..4) {
                damaged.damage(&mut random);
            }
            explained(&format!("seed {seed}: {:?}", damaged.story), || check(&sound, &damaged));
        }
    }
}

#[test]
fn the_older_cursor_calls_nothing_lost() {
    let first = count("TERCET_MODEL_FIRST_SEED", 0);
    for seed in first..first + count("TERCET_RECOVERIES", 300).div_ceil(PER_DIRECTORY) {
        let mut random = fastrand::Rng::with_seed(seed);
        let sound = sound(&mut random);
        for slot in 0..2 {
            let mut damaged = Damaged::new(&sound.files);
            damaged.damage_slot(slot, &mut random);
            explained(&format!("seed {seed}: {:?}", damaged.story), || {
                let outcome = read_all(&sound, &damaged);
                assert_eq!(outcome.lost, Damage::default());
                let is_there = |number: &u64| outcome.found.contains(number);
                assert!(sound.waiting.iter().all(is_there), "{:?}", outcome.found);
            });
        }
    }
}

/// What a log on damaged files delivers, and what it says is lost.
struct Outcome {
    found: Vec<u64>,
    lost: Damage,
    is_torn: bool,
}

fn read_all(sound: &Sound, damaged: &Damaged) -> Outcome {
    let world = &sound.world;
    let files = world.files.after_kill(0);
    for name in sound.files.keys().chain(damaged.files.keys()) {
        let content = damaged.files.get(name).cloned();
        files.replace(&world.directory.join(name), content);
    }
    let (log, recovered) = opened(&files, &world.directory, world.settings);
    let outcome = drain(&log, &recovered);
    assert_eq!(log.usage().records, outcome.found.len() as u64, "nothing else counts as waiting");
    // It goes on as if nothing had been.
    let fresh = body(FRESH, 700);
    log.append(&[NewRecord { items: items(FRESH), body: &[&fresh] }], 0).expect("a log goes on");
    drop(log);
    let (log, recovered) = opened(&files, &world.directory, world.settings);
    let after = drain(&log, &recovered).found;
    assert_eq!(after.last(), Some(&FRESH), "the new record is there, and last");
    outcome
}

fn drain(log: &Log, recovered: &Recovered) -> Outcome {
    let mut outcome =
        Outcome { found: Vec::new(), lost: recovered.damage, is_torn: recovered.torn_bytes > 0 };
    loop {
        let taken = log.next(3_000).expect("a damaged disk can be read");
        if taken.is_empty() {
            return outcome;
        }
        for taken in taken {
            if let Taken::Damaged(damage) = taken {
                outcome.lost.records += damage.records;
                outcome.lost.items += damage.items;
            } else {
                outcome.found.push(record(taken).0);
            }
        }
    }
}

/// The rule: a record is missing only if bytes of it were hit, or if it was written last, together with one
/// of which a sector is blank, as after a power loss. With a sound cursor nothing that was
/// acknowledged comes back, and what is missing is counted to the record, but for the end of the last
/// segment: whether a record there was promised cannot be told from a write that was under way.
fn check(sound: &Sound, damaged: &Damaged) {
    let outcome = read_all(sound, damaged);
    let found: BTreeSet<u64> = outcome.found.iter().copied().collect();
    let missing: Vec<u64> =
        sound.waiting.iter().copied().filter(|number| !found.contains(number)).collect();
    let size_of = |number: &u64| sound.world.sizes[number];
    let last = sound.files.keys().rfind(|name| name.ends_with(".segment"));
    for number in &missing {
        let places = places(&sound.files, &body(*number, size_of(number)));
        assert!(
            places.iter().all(|place| damaged.is_hit(place)
                || (Some(&place.name) == last && damaged.is_behind_blank(place))),
            "{number} is whole, and missing in {found:?}"
        );
    }
    if damaged.is_touched("cursor") {
        return;
    }
    let waiting: BTreeSet<u64> = sound.waiting.iter().copied().collect();
    assert!(found.is_subset(&waiting), "came back: {:?}", found.difference(&waiting));
    let (lost, missing) = (outcome.lost.records, missing.len() as u64);
    if last.is_some_and(|last| damaged.is_touched(last)) {
        assert!(lost <= missing, "{lost} counted, {missing} missing");
    } else {
        assert_eq!(lost, missing, "torn: {}", outcome.is_torn);
    }
}
