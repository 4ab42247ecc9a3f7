//! What was promised of each record, and whether a log found after an end keeps it.

use std::collections::{BTreeMap, BTreeSet};

/// How a log ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was dropped.
    Closed,
    /// Its process died; what it wrote is there.
    Killed,
    /// What was not synced may be lost.
    PowerLost,
}

/// What a record that is not live any more may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Past {
    /// Its acknowledgement is on the disk for good.
    SavedForGood,
    /// Its acknowledgement was written, not synced.
    Saved,
    /// Its acknowledgement was not written.
    Acknowledged,
    /// It was never accepted.
    Refused,
}

#[derive(Debug, Default)]
pub(super) struct Promises {
    past: BTreeMap<u64, Past>,
    /// Records that a tidying may have copied forward.
    copied: BTreeSet<u64>,
    /// Whether one was since the log was opened, so that two copies of one record may be found.
    has_tidied: bool,
}

impl Promises {
    pub(super) fn accept(&mut self, number: u64) {
        self.past.remove(&number);
    }

    pub(super) fn refuse(&mut self, number: u64) {
        self.past.insert(number, Past::Refused);
    }

    pub(super) fn acknowledge(&mut self, number: u64) {
        self.past.insert(number, Past::Acknowledged);
    }

    pub(super) fn save(&mut self, sync: bool) {
        for past in self.past.values_mut().filter(|past| **past != Past::Refused) {
            *past = if sync { Past::SavedForGood } else { (*past).min(Past::Saved) };
        }
    }

    pub(super) fn tidy(&mut self, live: Vec<u64>) {
        self.has_tidied = true;
        self.copied.extend(live);
    }

    /// A log was opened that has these.
    pub(super) fn begin_again(&mut self, live: Vec<u64>) {
        self.has_tidied = false;
        for number in live {
            self.past.remove(&number);
        }
    }

    /// Holds what was found against what was promised.
    pub(super) fn check(&self, live: Vec<u64>, found: &[u64], end: End) {
        let live = counted(live.into_iter());
        let counts = counted(found.iter().copied());
        for number in live.keys() {
            assert!(counts.contains_key(number), "{number} is lost after {end:?}: {found:?}");
        }
        for (number, count) in &counts {
            let past = self.past.get(number);
            let lives = live.get(number).copied().unwrap_or(0);
            let may_return = match past {
                None => false,
                Some(Past::SavedForGood) => false,
                Some(Past::Saved) => end == End::PowerLost,
                Some(Past::Acknowledged | Past::Refused) => true,
            };
            assert!(lives > 0 || may_return, "{number} is back after {end:?}, though {past:?}");
            let most = lives.max(1) + usize::from(lives > 0 && may_return);
            assert!(self.has_tidied || *count <= most, "{number} comes {count} times, not {most}");
        }
        let never_copied: Vec<_> =
            found.iter().filter(|number| !self.copied.contains(number)).collect();
        assert!(never_copied.is_sorted(), "out of order: {never_copied:?} in {found:?}");
    }
}

fn counted(numbers: impl Iterator<Item = u64>) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for number in numbers {
        *counts.entry(number).or_insert(0) += 1;
    }
    counts
}
