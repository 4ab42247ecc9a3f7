//! The walk behind [`rewrite`](super::rewrite): one function per level, one patch per open message.

use crate::{
    otlp::{
        edit::Patch,
        field_numbers::{request, resource_group, scope_group},
        item::{count_in_entry, count_in_resource, count_in_scope, entry_attributes},
        message::occurrences,
        metric::encoded_points,
    },
    signal::Signal,
    wire::writer::{header_len, put_bytes_field, put_header},
};

use super::{Place, Verdict, Visitor, children::Children};

pub(super) struct Walk<'a, 'v, V> {
    visitor: &'v mut V,
    place: Place<'a>,
    signal: Signal,
    resource: Patch,
    scope: Patch,
    data: Patch,
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
            resource: Patch::default(),
            scope: Patch::default(),
            data: Patch::default(),
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
        let mut out = Vec::new();
        let mut copied = 0;
        for (range, wrapper) in occurrences(chunk, request::RESOURCES) {
            let fate = self.resource(wrapper);
            if fate == Fate::Kept {
                continue;
            }
            let content_len = self.resource.patched_len(wrapper);
            if copied == 0 {
                // Exact if no other resource changes.
                let grown = header_len(request::RESOURCES, content_len) + content_len;
                out.reserve_exact((chunk.len() + grown).saturating_sub(range.len()));
            }
            out.extend_from_slice(chunk.get(copied..range.start).unwrap_or_default());
            copied = range.end;
            if fate == Fate::Changed {
                put_header(&mut out, request::RESOURCES, content_len);
                self.resource.write(wrapper, &mut out);
            }
        }
        (copied > 0).then(|| {
            out.extend_from_slice(chunk.get(copied..).unwrap_or_default());
            // What is held is what is charged.
            out.shrink_to_fit();
            out
        })
    }

    /// A changed resource is left in its patch.
    fn resource(&mut self, wrapper: &'a [u8]) -> Fate {
        self.resource.clear();
        self.place.resource.load_resource(wrapper);
        match self.visitor.resource(&mut self.place) {
            Verdict::Keep => {}
            Verdict::Drop => {
                self.removed += count_in_resource(self.signal, wrapper);
                return Fate::Dropped;
            }
            Verdict::Enter => {
                let mut tally = Tally::default();
                for (range, scope) in occurrences(wrapper, resource_group::SCOPES) {
                    let fate = self.scope(scope);
                    tally.note(fate);
                    match fate {
                        Fate::Kept => {}
                        Fate::Dropped => self.resource.remove(range),
                        Fate::Changed => {
                            let number = resource_group::SCOPES;
                            self.resource.replace_with_patched(
                                range,
                                number,
                                scope,
                                &mut self.scope,
                            );
                        }
                    }
                }
                if tally.is_emptied() {
                    return Fate::Dropped;
                }
            }
        }
        self.place.resource.patch(&mut self.resource);
        if self.resource.is_empty() { Fate::Kept } else { Fate::Changed }
    }

    /// A changed scope is left in its patch.
    fn scope(&mut self, wrapper: &'a [u8]) -> Fate {
        self.scope.clear();
        self.place.scope.load_scope(wrapper);
        self.place.appended.clear();
        self.place.appended_items = 0;
        match self.visitor.scope(&mut self.place) {
            Verdict::Keep => {}
            Verdict::Drop => {
                self.removed += count_in_scope(self.signal, wrapper);
                return Fate::Dropped;
            }
            Verdict::Enter => {
                let tally = self.entries(wrapper);
                if self.signal == Signal::Metrics {
                    self.appended();
                }
                self.added += std::mem::take(&mut self.place.appended_items);
                if tally.is_emptied() && self.place.appended.is_empty() {
                    return Fate::Dropped;
                }
            }
        }
        self.added += self.place.appended_items;
        if !self.place.appended.is_empty() {
            let appended = &self.place.appended;
            self.scope.replace(wrapper.len()..wrapper.len(), |out| out.extend_from_slice(appended));
        }
        self.place.scope.patch(&mut self.scope);
        if self.scope.is_empty() { Fate::Kept } else { Fate::Changed }
    }

    fn entries(&mut self, wrapper: &'a [u8]) -> Tally {
        let mut tally = Tally::default();
        let is_metric = self.signal == Signal::Metrics;
        for (range, entry) in occurrences(wrapper, scope_group::ITEMS) {
            let fate = if is_metric { self.metric(entry) } else { self.item(entry) };
            tally.note(fate);
            match fate {
                Fate::Kept => {}
                Fate::Dropped => self.scope.remove(range),
                Fate::Changed => {
                    let draft = if is_metric { &self.place.metric } else { &self.place.item };
                    self.scope.replace(range, |out| {
                        draft.append_field_to(out, scope_group::ITEMS);
                    });
                }
            }
        }
        tally
    }

    /// A changed span or log record is left in its draft.
    fn item(&mut self, item: &'a [u8]) -> Fate {
        self.place.item.load(item, entry_attributes(self.signal));
        self.visit_item()
    }

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

    /// A changed metric is left in its draft.
    fn metric(&mut self, metric: &'a [u8]) -> Fate {
        self.place.metric.load(metric, entry_attributes(self.signal));
        let verdict = self.visit_metric(metric);
        let mut tally = Tally::default();
        if verdict == Verdict::Enter && !self.place.metric.is_edited() {
            self.points.clear();
            for (ordinal, (kind, point)) in encoded_points(metric).enumerate() {
                let attributes = self.place.load_point(kind);
                self.place.item.load(point, attributes);
                tally.note(self.point(ordinal));
            }
        } else if verdict == Verdict::Enter {
            self.points_of_copy(&mut tally);
        }
        self.finish_metric(verdict, &tally)
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
            let mut tally = Tally::default();
            if verdict == Verdict::Enter {
                self.points_of_copy(&mut tally);
            }
            let mut after = Vec::new();
            match self.finish_metric(verdict, &tally) {
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

    /// Visits the points of a metric whose draft may be edited again from them.
    fn points_of_copy(&mut self, tally: &mut Tally) {
        self.points.clear();
        let metric = self.place.metric.bytes().to_vec();
        for (ordinal, (kind, point)) in encoded_points(&metric).enumerate() {
            let attributes = self.place.load_point(kind);
            self.place.item.load_copy(point, attributes);
            tally.note(self.point(ordinal));
        }
    }

    fn finish_metric(&mut self, verdict: Verdict, points: &Tally) -> Fate {
        if verdict == Verdict::Drop || verdict == Verdict::Enter && points.is_emptied() {
            return Fate::Dropped;
        }
        if verdict == Verdict::Enter {
            let Self { place, points, data, .. } = self;
            place.metric.patch(|metric, patch| points.patch_points(metric, data, patch));
        }
        if self.place.metric.is_edited() { Fate::Changed } else { Fate::Kept }
    }

    fn point(&mut self, ordinal: usize) -> Fate {
        let fate = self.visit_item();
        match fate {
            Fate::Kept => {}
            Fate::Dropped => self.points.remove(ordinal),
            Fate::Changed => self.points.replace(ordinal, &self.place.item),
        }
        fate
    }
}
