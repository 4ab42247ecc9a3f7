//! Running groups of statements over a request.

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{
    otlp::{
        edit::Draft,
        field_numbers::{exemplar, span, span_event},
        metric::exemplars_field,
        overlay::{self, Place, Verdict, Visitor},
    },
    ottl::{Cache, Context, Cursor, Inner},
    pipeline::{Growth, Payload, Rejected, RequestContext, Seldom},
    processors::statements::{Failures, Group},
    signal::Signal,
};

/// A request while groups run over it.
pub(super) struct Runner {
    signal: Signal,
    request: RequestContext,
    chunks: SmallVec<[Bytes; 1]>,
    items: usize,
    growth: Growth,
    failures: Failures,
}

impl Runner {
    pub(super) fn new(payload: &Payload) -> Self {
        Self {
            signal: payload.signal(),
            request: payload.context().clone(),
            chunks: payload.chunks().into(),
            items: payload.items(),
            growth: Growth::of(payload),
            failures: Failures::default(),
        }
    }

    /// Runs one group over the whole request.
    pub(super) fn run(&mut self, group: &Group) {
        if self.failures.stopped.is_some() {
            return;
        }
        let mut visit = Visit {
            group,
            request: &self.request,
            growth: &mut self.growth,
            failures: &mut self.failures,
            cache: Cache::new(),
        };
        let after = overlay::rewrite(self.signal, &self.chunks, &mut visit);
        self.items = after.items(self.items);
        self.chunks = after.chunks;
    }

    /// The request with all that was changed.
    pub(super) fn settle(
        self,
        payload: Payload,
        id: &str,
        seldom: &Seldom,
    ) -> Result<Payload, Rejected> {
        self.failures.settle(id, seldom)?;
        self.growth.settle(payload, self.chunks, self.items)
    }
}

/// One group on its way through a request.
struct Visit<'r> {
    group: &'r Group,
    request: &'r RequestContext,
    growth: &'r mut Growth,
    failures: &'r mut Failures,
    cache: Cache,
}

impl Visit<'_> {
    /// Runs the statements at one place. Returns whether the visit goes on.
    fn at(&mut self, place: &mut Place<'_>, inner: Option<Inner<'_, '_>>) -> bool {
        if self.failures.stopped.is_some() || !self.growth.add(0) {
            return false;
        }
        self.cache.clear();
        let Self { group, request, growth, failures, cache } = self;
        let mut cursor = Cursor { place, inner, cache, request };
        if !group.conditions.is_empty() {
            let holds = group
                .conditions
                .any(cursor.view(), |text, failure| failures.note(group.error_mode, text, failure));
            if !holds {
                return failures.stopped.is_none();
            }
        }
        let mut size = cursor.size();
        for statement in &group.statements {
            match statement.run(&mut cursor) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(failure) => {
                    if !failures.note(group.error_mode, statement.text(), failure) {
                        return false;
                    }
                }
            }
            let before = std::mem::replace(&mut size, cursor.size());
            // What is refused need not be edited any further.
            if !growth.add(size.saturating_sub(before)) {
                return false;
            }
        }
        true
    }

    fn at_messages(&mut self, place: &mut Place<'_>, number: u32, attributes: u32) {
        let mut index = 0;
        place.each_child(number, attributes, |place, draft: &mut Draft<'_>| {
            self.at(place, Some(Inner { draft, index }));
            index += 1;
            true
        });
    }

    fn is_for(&self, context: Context) -> bool {
        self.group.context == context
    }
}

impl Visitor for Visit<'_> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        if self.is_for(Context::Resource) {
            self.at(place, None);
            return Verdict::Keep;
        }
        if self.failures.stopped.is_some() { Verdict::Keep } else { Verdict::Enter }
    }

    fn scope(&mut self, place: &mut Place<'_>) -> Verdict {
        if self.is_for(Context::Scope) {
            self.at(place, None);
            return Verdict::Keep;
        }
        Verdict::Enter
    }

    fn metric(&mut self, place: &mut Place<'_>) -> Verdict {
        if self.is_for(Context::Metric) {
            self.at(place, None);
            return Verdict::Keep;
        }
        Verdict::Enter
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        match self.group.context {
            Context::SpanEvent => self.at_messages(place, span::EVENTS, span_event::ATTRIBUTES),
            Context::Exemplar => {
                if let Some(number) = exemplars_field(place.data_point().kind()) {
                    self.at_messages(place, number, exemplar::FILTERED_ATTRIBUTES);
                }
            }
            _ => {
                self.at(place, None);
            }
        }
        Verdict::Keep
    }
}
