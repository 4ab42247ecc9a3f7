//! What is known of a log in memory: something per segment and per claim, nothing per waiting record.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;

use super::{Claim, Damage, Usage, writer::Written};
use crate::storage::{
    cursor::{MAX_SPANS, Saved},
    position::Position,
    progress::{Progress, Span},
    segment::Found,
};

/// What is known of the log in memory: something per segment and per claim, nothing per waiting record.
#[derive(Debug, Default)]
pub(super) struct State {
    /// By the sequence of the first record.
    segments: BTreeMap<u64, Segment>,
    /// The sum of their files: asked for with every request, and there may be hundreds.
    disk_bytes: u64,
    /// What was acknowledged or lost.
    done: Progress,
    /// What was given out: all before the reader, and copies that lie before it.
    taken: Progress,
    /// Where the next record goes.
    end: Position,
    /// By sequence.
    claims: BTreeMap<u64, Arc<Claim>>,
    /// Counts the changes of what the cursor saves.
    version: u64,
}

/// A segment file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    /// The number in its file name.
    pub name: u64,
    pub base: u64,
    pub first: Position,
    pub end: Position,
    /// What of it is not done.
    pub live: Position,
    pub file_bytes: u64,
    pub is_active: bool,
}

impl Segment {
    /// A segment that was found on disk.
    pub(super) fn found(name: u64, found: &Found) -> Self {
        Self {
            name,
            base: found.base,
            first: found.first,
            end: found.end,
            live: Position::default(),
            file_bytes: found.file_bytes,
            is_active: false,
        }
    }

    pub(super) const fn span(&self) -> Span {
        Span { from: self.first, to: self.end }
    }

    /// Whether less than a quarter of it is left, which is cheap to copy.
    pub(super) const fn is_mostly_done(&self) -> bool {
        self.live.bytes.saturating_mul(4) < self.file_bytes
    }
}

/// A stretch of one segment that the reader may read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region {
    pub name: u64,
    pub base: u64,
    pub span: Span,
}

impl State {
    /// The state after recovery: nothing is taken.
    pub(super) fn recovered(segments: Vec<Segment>, done: Progress, end: Position) -> Self {
        let taken = Progress::new(done.watermark());
        let segments = segments.into_iter().map(|mut segment| {
            segment.live = segment.span().amount().since(done.covered(segment.span()));
            (segment.first.sequence, segment)
        });
        let segments: BTreeMap<u64, Segment> = segments.collect();
        let disk_bytes = segments.values().map(|segment| segment.file_bytes).sum();
        Self { segments, disk_bytes, taken, done, end, ..Self::default() }
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.segments.values()
    }

    /// Notes whether records are appended to a segment.
    pub(super) fn set_active(&mut self, first: u64, is_active: bool) {
        if let Some(segment) = self.segments.get_mut(&first) {
            segment.is_active = is_active;
        }
    }

    /// Notes how long a segment's file is.
    pub(super) fn set_file_bytes(&mut self, first: u64, bytes: u64) {
        if let Some(segment) = self.segments.get_mut(&first) {
            let before = std::mem::replace(&mut segment.file_bytes, bytes);
            self.disk_bytes = self.disk_bytes.saturating_add(bytes).saturating_sub(before);
        }
    }

    pub(super) fn remove_segment(&mut self, first: u64) {
        self.set_file_bytes(first, 0);
        self.segments.remove(&first);
    }

    /// The segment in which a record lies.
    pub(super) fn segment_of(&self, sequence: u64) -> Option<&Segment> {
        let (_, segment) = self.segments.range(..=sequence).next_back()?;
        (sequence < segment.end.sequence).then_some(segment)
    }

    /// All before this was given out.
    pub(super) const fn reader(&self) -> Position {
        self.taken.watermark()
    }

    pub(super) fn usage(&self) -> Usage {
        let live = self.done.missing_before(self.end);
        Usage {
            records: live.sequence,
            items: live.items,
            live_bytes: live.bytes,
            disk_bytes: self.disk_bytes,
        }
    }

    /// What the cursor should say, if that is not the given version.
    pub(super) fn to_save(&self, saved: Option<u64>) -> (u64, Option<Saved>) {
        let is_old = saved != Some(self.version);
        // One more than fits, which tells the cursor that it is not complete.
        let done = || self.done.with_first_spans(MAX_SPANS + 1);
        let snapshot = is_old.then(|| Saved { done: done(), next: self.end });
        (self.version, snapshot)
    }

    /// Makes written records visible and gives claims to those that are next for the reader.
    pub(super) fn publish(
        &mut self,
        written: &Written,
        claim_bytes: u64,
    ) -> Vec<Option<Arc<Claim>>> {
        let mut is_next = self.next_waiting().sequence == self.end.sequence;
        let mut left = claim_bytes;
        self.extend(written);
        let claims = written.records.iter().map(|record| {
            let bytes = u64::from(record.body_bytes);
            is_next = is_next && bytes <= left;
            is_next.then(|| {
                left = left.saturating_sub(bytes);
                self.claim(record.start, record.items, record.body_bytes)
            })
        });
        claims.collect()
    }

    /// Makes copies visible, each in the place of the record it is a copy of.
    pub(super) fn publish_copies(&mut self, written: &Written, claims: &[Arc<Claim>]) {
        self.extend(written);
        for (copy, claim) in written.records.iter().zip(claims) {
            let copied = Span { from: copy.start, to: copy.end() };
            self.taken.insert(copied);
            let old = claim.span();
            let was_live = self.claims.remove(&old.from.sequence).is_some();
            *claim.start.lock() = copy.start;
            if was_live {
                self.claims.insert(copy.start.sequence, claim.clone());
                self.finish(old);
            } else {
                // It was acknowledged while it was copied.
                self.finish(copied);
            }
        }
    }

    fn extend(&mut self, written: &Written) {
        let (Some(first), Some(last)) = (written.records.first(), written.records.last()) else {
            return;
        };
        let (start, end) = (first.start, last.end());
        let segment = self.segments.entry(written.segment.sequence).or_insert(Segment {
            name: written.segment.sequence,
            base: written.segment.bytes,
            first: written.segment,
            end: start,
            live: Position::default(),
            file_bytes: 0,
            is_active: true,
        });
        segment.end = end;
        segment.live = segment.live.plus(end.since(start));
        self.set_file_bytes(written.segment.sequence, written.file_bytes);
        self.end = end;
        self.version = self.version.wrapping_add(1);
    }

    /// Gives a record out.
    pub(super) fn claim(&mut self, start: Position, items: u32, body_bytes: u32) -> Arc<Claim> {
        let claim = Arc::new(Claim { start: Mutex::new(start), items, body_bytes });
        self.taken.insert(claim.span());
        self.claims.insert(start.sequence, claim.clone());
        claim
    }

    pub(super) fn acknowledge(&mut self, claim: &Claim) {
        let span = claim.span();
        if self.claims.remove(&span.from.sequence).is_some() {
            self.finish(span);
        }
    }

    /// Gives up a stretch that was not given out.
    pub(super) fn lose(&mut self, span: Span) -> Damage {
        self.taken.insert(span);
        let lost = self.finish(span);
        Damage { records: lost.sequence, items: lost.items }
    }

    /// The span lies in one segment.
    fn finish(&mut self, span: Span) -> Position {
        let new = self.done.insert(span);
        let segment = self.segments.range_mut(..=span.from.sequence).next_back();
        if let Some((_, segment)) = segment {
            segment.live = segment.live.since(new);
        }
        self.version = self.version.wrapping_add(1);
        new
    }

    /// Returns what the reader reads next, up to the end of the segment or of what waits there.
    pub(super) fn next_region(&mut self) -> Option<Region> {
        let (from, at) = (self.reader(), self.next_waiting());
        self.taken.insert(Span { from, to: at });
        if at.sequence >= self.end.sequence {
            return None;
        }
        let segment = self.segment_of(at.sequence)?;
        let ends = [self.done.next_span(at), self.taken.next_span(at)];
        let to = ends.into_iter().flatten().fold(segment.end, Position::earlier_of);
        Some(Region { name: segment.name, base: segment.base, span: Span { from: at, to } })
    }

    /// The first record that was neither given out nor lost, or the end.
    fn next_waiting(&self) -> Position {
        let mut at = self.reader();
        loop {
            let next = self.taken.first_missing(self.done.first_missing(at));
            if next.sequence == at.sequence {
                return at;
            }
            at = next;
        }
    }

    /// The claims on records of a segment.
    pub(super) fn claims_in(&self, span: Span) -> impl Iterator<Item = &Arc<Claim>> {
        self.claims
            .range(span.from.sequence..span.to.sequence.max(span.from.sequence))
            .map(|(_, claim)| claim)
    }
}
