//! Who was told what about each item, and which items arrived: one byte per item.

use std::ops::Range;

use parking_lot::Mutex;

use super::items::Altered;

const ACKNOWLEDGED: u8 = 0x80;
const REFUSED: u8 = 0x40;
const REJECTED: u8 = 0x20;
const ARRIVALS: u8 = 0x1f;

/// The book of one run. Shared by its clients and its backend.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Book>);

/// What the book says in sum, in items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Numbers given out.
    pub numbered: u64,
    /// Acknowledged to the client, each once.
    pub acknowledged: u64,
    /// Refused to the client for good.
    pub refused: u64,
    /// Arrived at the backend, each once.
    pub arrived: u64,
    /// Arrivals beyond the first of an item.
    pub duplicates: u64,
    /// Acknowledged, but not arrived.
    pub missing: u64,
    /// Of those, the ones that the backend never refused for good.
    pub missing_unrejected: u64,
    /// Refused by the backend for good, each once.
    pub rejected: u64,
    /// Acknowledged with the remark that so many were refused.
    pub told: u64,
    /// Arrived, but not as they were sent.
    pub altered: u64,
    /// Sent by a client that got no answer, each try.
    pub unanswered: u64,
    /// Sent by a client that was asked to try again, each try.
    pub put_off: u64,
}

#[derive(Debug, Default)]
struct Book {
    items: Vec<u8>,
    totals: Totals,
}

impl Ledger {
    /// New numbers.
    pub fn number(&self, count: u64) -> Range<u64> {
        let mut book = self.0.lock();
        let start = book.items.len();
        let end = start + usize::try_from(count).unwrap_or(0);
        book.items.resize(end, 0);
        book.totals.numbered += count;
        start as u64..end as u64
    }

    /// The client was told that these were taken, but for some that nobody named.
    pub fn acknowledge(&self, numbers: Range<u64>, but: u64) {
        let mut book = self.0.lock();
        book.totals.told += but;
        for number in numbers {
            book.mark(number, ACKNOWLEDGED);
        }
    }

    /// The client was told never to send these again.
    pub fn refuse(&self, numbers: Range<u64>) {
        let mut book = self.0.lock();
        for number in numbers {
            book.mark(number, REFUSED);
        }
    }

    /// The client got no answer.
    pub fn leave_unanswered(&self, items: u64) {
        self.0.lock().totals.unanswered += items;
    }

    /// The client was asked to try again.
    pub fn put_off(&self, items: u64) {
        self.0.lock().totals.put_off += items;
    }

    /// The backend took these.
    pub fn arrive(&self, numbers: &[Result<u64, Altered>]) {
        let mut book = self.0.lock();
        for number in numbers {
            match number {
                Ok(number) => book.arrive(*number),
                Err(Altered) => book.totals.altered += 1,
            }
        }
    }

    /// The backend refused these for good.
    pub fn reject(&self, numbers: &[Result<u64, Altered>]) {
        let mut book = self.0.lock();
        for number in numbers.iter().flatten() {
            book.mark(*number, REJECTED);
        }
    }

    /// The sums.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.0.lock().totals
    }

    /// Whether an item arrived.
    #[must_use]
    pub fn has_arrived(&self, number: u64) -> bool {
        self.0.lock().state(number) & ARRIVALS > 0
    }

    /// The first few numbers that were acknowledged, did not arrive, and were not refused by the backend.
    #[must_use]
    pub fn examples_of_missing(&self) -> Vec<usize> {
        let book = self.0.lock();
        let is_missing =
            |state: u8| state & ACKNOWLEDGED > 0 && state & ARRIVALS == 0 && state & REJECTED == 0;
        let missing = book.items.iter().enumerate().filter(|(_, state)| is_missing(**state));
        missing.map(|(number, _)| number).take(10).collect()
    }
}

impl Book {
    fn state(&self, number: u64) -> u8 {
        usize::try_from(number).ok().and_then(|at| self.items.get(at)).copied().unwrap_or(0)
    }

    /// Sets a flag and keeps the sums.
    fn mark(&mut self, number: u64, flag: u8) {
        let Some(state) = usize::try_from(number).ok().and_then(|at| self.items.get_mut(at)) else {
            return;
        };
        if *state & flag > 0 {
            return;
        }
        let before = *state;
        *state |= flag;
        let (before, after) = (count(before), count(*state));
        self.apply(before, after);
    }

    fn arrive(&mut self, number: u64) {
        let Some(state) = usize::try_from(number).ok().and_then(|at| self.items.get_mut(at)) else {
            self.totals.altered += 1;
            return;
        };
        let before = count(*state);
        if *state & ARRIVALS > 0 {
            self.totals.duplicates += 1;
        }
        if *state & ARRIVALS < ARRIVALS {
            *state += 1;
        }
        let after = count(*state);
        self.apply(before, after);
    }

    fn apply(&mut self, before: Counts, after: Counts) {
        let totals = &mut self.totals;
        let sums = [
            &mut totals.acknowledged,
            &mut totals.refused,
            &mut totals.rejected,
            &mut totals.arrived,
            &mut totals.missing,
            &mut totals.missing_unrejected,
        ];
        for ((sum, before), after) in sums.into_iter().zip(before).zip(after) {
            *sum = *sum + u64::from(after) - u64::from(before);
        }
    }
}

type Counts = [bool; 6];

/// Which sums an item in this state counts in.
const fn count(state: u8) -> Counts {
    let (acknowledged, arrived) = (state & ACKNOWLEDGED > 0, state & ARRIVALS > 0);
    let (rejected, missing) = (state & REJECTED > 0, acknowledged && !arrived);
    [acknowledged, state & REFUSED > 0, rejected, arrived, missing, missing && !rejected]
}
