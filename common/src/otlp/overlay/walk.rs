//! The walk behind [`rewrite`](super::rewrite): one function per level, all writing to one output.

use std::ops::Range;

use crate::{
    otlp::{
        edit::Patch,
        field_numbers::{gauge, request, resource_group, scope_group},
        item::{count_in_entry, count_in_resource, count_in_scope, entry_attributes},
        message::occurrences,
        metric::{encoded_data, encoded_points},
    },
    signal::Signal,
    wire::writer::put_bytes_field,
};

use super::{Place, Verdict, Visitor, children::Children, output::Output};

pub(super) struct Walk<'a, 'v, V> {
    visitor: &'v mut V,
    place: Place<'a>,
    signal: Signal,
    output: Output<'a>,
    patch: Patch,
    points: Children,
    pub(super) removed: usize,
    added: usize,
}

/// What came of a visit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    Changed,
    Dropped,
}

/// Whether a parent loses all that is in it.
#[derive(Default)]
struct Tally {
    has_dropped: bool,
    has_kept: bool,
}

impl Tally {
    fn note(&mut self, fate: Fate) {
        self.has_dropped |= fate == Fate::Dropped;
        self.has_kept |= fate != Fate::Dropped;
    }

    const fn is_emptied(&self) -> bool {
        self.has_dropped && !self.has_kept
    }
}

impl<'a, 'v, V: Visitor> Walk<'a, 'v, V> {
    pub(super) fn new(signal: Signal, visitor: &'v mut V) -> Self {
        Self {
            visitor,
            place: Place::new(signal),
            signal,
            output: Output::default(),
            patch: Patch::default(),
            points: Children::default(),
            removed: 0,
            added: 0,
        }
    }

    pub(super) const fn added(&self) -> usize {
        self.added
    }

    /// Visits one encoded request. Returns the changed request if anything changed.
    pub(super) fn chunk(&mut self, chunk: &'a [u8]) -> Option<Vec<u8>> {
        self.output = Output::new(chunk);
        for (range, wrapper) in occurrences(chunk, request::RESOURCES) {
            self.resource(range, wrapper);
        }
        std::mem::take(&mut self.output).finish()
    }

    fn resource(&mut self, range: Range<usize>, wrapper: &'a [u8]) {
        self.place.resource.load_resource(wrapper);
        let verdict = self.visitor.resource(&mut self.place);
        if verdict == Verdict::Drop {
            self.removed += count_in_resource(self.signal, wrapper);
            return self.output.remove(range);
        }
        self.output.open(request::RESOURCES, range, wrapper.len());
        if verdict == Verdict::Enter {
            let mut tally = Tally::default();
            for (range, scope) in occurrences(wrapper, resource_group::SCOPES) {
                tally.note(self.scope(range, scope));
            }
            if tally.is_emptied() {
                return self.output.discard();
            }
        }
        let parent = &self.place.resource;
        if parent.is_edited() {
            self.output.patch(&mut self.patch, |wrapper, patch| parent.patch(wrapper, patch));
        }
        self.output.close();
    }

    fn scope(&mut self, range: Range<usize>, wrapper: &'a [u8]) -> Fate {
        self.place.scope.load_scope(wrapper);
        self.place.appended.clear();
        self.place.appended_items = 0;
        let verdict = self.visitor.scope(&mut self.place);
        if verdict == Verdict::Drop {
            self.removed += count_in_scope(self.signal, wrapper);
            self.output.remove(range);
            return Fate::Dropped;
        }
        self.output.open(resource_group::SCOPES, range, wrapper.len());
        let mut tally = Tally::default();
        if verdict == Verdict::Enter {
            tally = self.entries(wrapper);
            if self.signal == Signal::Metrics {
                self.appended();
            }
        }
        self.added += self.place.appended_items;
        let appended = &self.place.appended;
        if tally.is_emptied() && appended.is_empty() {
            self.output.discard();
            return Fate::Dropped;
        }
        if !appended.is_empty() {
            let end = wrapper.len();
            self.output.replace(end..end, |out| out.extend_from_slice(appended));
        }
        let parent = &self.place.scope;
        if parent.is_edited() {
            self.output.patch(&mut self.patch, |wrapper, patch| parent.patch(wrapper, patch));
        }
        self.output.close();
        Fate::Kept
    }

    fn entries(&mut self, wrapper: &'a [u8]) -> Tally {
        let mut tally = Tally::default();
        for (range, entry) in occurrences(wrapper, scope_group::ITEMS) {
            tally.note(match self.signal {
                Signal::Metrics => self.metric(range, entry),
                Signal::Traces | Signal::Logs => {
                    self.place.item.load(entry, entry_attributes(self.signal));
                    self.item(range, scope_group::ITEMS)
                }
            });
        }
        tally
    }

    /// Visits the item that is loaded and writes it.
    fn item(&mut self, range: Range<usize>, number: u32) -> Fate {
        let fate = self.visit_item();
        match fate {
            Fate::Kept => {}
            Fate::Dropped => self.output.remove(range),
            Fate::Changed => {
                let item = &self.place.item;
                self.output.replace(range, |out| item.append_field_to(out, number));
            }
        }
        fate
    }

    /// A changed item is left in its draft.
    fn visit_item(&mut self) -> Fate {
        match self.visitor.item(&mut self.place) {
            Verdict::Drop => {
                self.removed += 1;
                Fate::Dropped
            }
            _ if self.place.item.is_edited() => Fate::Changed,
            _ => Fate::Kept,
        }
    }

    fn metric(&mut self, range: Range<usize>, metric: &'a [u8]) -> Fate {
        self.place.metric.load(metric, entry_attributes(self.signal));
        let verdict = self.visit_metric(metric);
        if verdict == Verdict::Enter && !self.place.metric.is_edited() {
            return self.points(range, metric);
        }
        let fate = self.finish_metric(verdict);
        match fate {
            Fate::Kept => {}
            Fate::Dropped => self.output.remove(range),
            Fate::Changed => {
                let metric = &self.place.metric;
                self.output.replace(range, |out| metric.append_field_to(out, scope_group::ITEMS));
            }
        }
        fate
    }

    /// Visits the points of a metric that was not edited.
    fn points(&mut self, range: Range<usize>, metric: &'a [u8]) -> Fate {
        let mut tally = Tally::default();
        let mut ordinals = 0..;
        self.points.clear();
        self.output.open(scope_group::ITEMS, range, metric.len());
        for (range, kind, data) in encoded_data(metric) {
            self.output.open(kind.field(), range, data.len());
            let attributes = self.place.load_point(kind);
            for ((range, point), ordinal) in
                occurrences(data, gauge::DATA_POINTS).zip(ordinals.by_ref())
            {
                self.place.item.load(point, attributes);
                let fate = self.item(range, gauge::DATA_POINTS);
                if fate == Fate::Dropped {
                    self.points.remove(ordinal);
                }
                tally.note(fate);
            }
            self.output.close();
        }
        if tally.is_emptied() {
            self.output.discard();
            return Fate::Dropped;
        }
        if self.place.metric.is_edited() {
            self.put_points_into_edited(metric);
        }
        self.output.close();
        Fate::Kept
    }

    /// Puts the points as they were written into the metric's draft, which was edited from them, and writes
    /// that one.
    fn put_points_into_edited(&mut self, before: &[u8]) {
        if let Some(written) = self.output.take_back() {
            let mut contents = encoded_points(&written).map(|(_, point)| point);
            self.points.put_others(encoded_points(before).count(), || contents.next());
            let Self { place, points, patch, .. } = self;
            place.metric.patch(|metric, all| points.patch_points(metric, patch, all));
        }
        let metric = &self.place.metric;
        self.output.rewrite(|out| metric.append_to(out));
    }

    /// Visits the metrics that were added to the scope, those that this adds included.
    fn appended(&mut self) {
        let mut done = 0;
        loop {
            let appended = self.place.appended.get(done..).unwrap_or_default();
            let Some((range, metric)) = occurrences(appended, scope_group::ITEMS).next() else {
                return;
            };
            let range = done + range.start..done + range.end;
            let metric = metric.to_vec();
            self.place.metric.load_copy(&metric, entry_attributes(self.signal));
            let verdict = self.visit_metric(&metric);
            let mut after = Vec::new();
            match self.finish_metric(verdict) {
                Fate::Kept => put_bytes_field(&mut after, scope_group::ITEMS, &metric),
                Fate::Dropped => {}
                Fate::Changed => {
                    self.place.metric.append_field_to(&mut after, scope_group::ITEMS);
                }
            }
            done = range.start + after.len();
            self.place.appended.splice(range, after);
        }
    }

    /// Visits the metric that is loaded and counts what became of its points.
    fn visit_metric(&mut self, before: &[u8]) -> Verdict {
        let verdict = self.visitor.metric(&mut self.place);
        let before = || count_in_entry(self.signal, before);
        if verdict == Verdict::Drop {
            self.removed += before();
        } else if self.place.metric.is_edited() {
            let (before, after) =
                (before(), count_in_entry(self.signal, self.place.metric.bytes()));
            self.removed += before.saturating_sub(after);
            self.added += after.saturating_sub(before);
        }
        verdict
    }

    /// Visits the points of a metric that was edited or added, and leaves them in its draft.
    fn finish_metric(&mut self, verdict: Verdict) -> Fate {
        if verdict == Verdict::Drop {
            return Fate::Dropped;
        }
        if verdict == Verdict::Enter {
            let tally = self.points_of_copy();
            if tally.is_emptied() {
                return Fate::Dropped;
            }
            let Self { place, points, patch, .. } = self;
            place.metric.patch(|metric, all| points.patch_points(metric, patch, all));
        }
        if self.place.metric.is_edited() { Fate::Changed } else { Fate::Kept }
    }

    fn points_of_copy(&mut self) -> Tally {
        let mut tally = Tally::default();
        self.points.clear();
        let metric = self.place.metric.bytes().to_vec();
        for (ordinal, (kind, point)) in encoded_points(&metric).enumerate() {
            let attributes = self.place.load_point(kind);
            self.place.item.load_copy(point, attributes);
            let fate = self.visit_item();
            match fate {
                Fate::Kept => {}
                Fate::Dropped => self.points.remove(ordinal),
                Fate::Changed => self.points.replace(ordinal, &self.place.item),
            }
            tally.note(fate);
        }
        tally
    }
}
