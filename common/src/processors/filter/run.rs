//! Asking conditions of everything in a request.

use crate::{
    otlp::{
        field_numbers::{span, span_event},
        overlay::{Place, Verdict, Visitor},
    },
    ottl::{Context, View},
    pipeline::RequestContext,
    processors::statements::{Failures, Group},
};

/// Groups of conditions that are asked in one visit of a request.
#[derive(Debug)]
pub(super) struct Pass {
    groups: Vec<Group>,
}

impl Pass {
    pub(super) fn new(group: Group) -> Self {
        Self { groups: vec![group] }
    }

    /// Whether a group can be asked in the same visit, and what is dropped is the same as in a later one.
    pub(super) fn can_take(&self, group: &Group) -> bool {
        self.groups.last().is_none_or(|last| last.context <= group.context)
    }

    pub(super) fn add(&mut self, group: Group) {
        self.groups.push(group);
    }

    fn asks(&self, context: Context) -> bool {
        self.groups.iter().any(|group| group.context == context)
    }

    /// Whether anything further inside is asked for.
    fn goes_beyond(&self, context: Context) -> bool {
        self.groups.last().is_some_and(|last| last.context > context)
    }
}

/// One visit.
pub(super) struct Visit<'r> {
    pub pass: &'r Pass,
    pub request: &'r RequestContext,
    pub failures: &'r mut Failures,
}

impl Visit<'_> {
    fn is_dropped(&mut self, context: Context, view: View<'_>) -> bool {
        let Self { pass, failures, .. } = self;
        pass.groups.iter().filter(|group| group.context == context).any(|group| {
            failures.stopped.is_none()
                && group
                    .conditions
                    .any(view, |text, failure| failures.note(group.error_mode, text, failure))
        })
    }

    fn verdict(&mut self, context: Context, place: &Place<'_>) -> Verdict {
        if self.is_dropped(context, View::new(place, self.request)) {
            Verdict::Drop
        } else if self.failures.stopped.is_none() && self.pass.goes_beyond(context) {
            Verdict::Enter
        } else {
            Verdict::Keep
        }
    }
}

impl Visitor for Visit<'_> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        self.verdict(Context::Resource, place)
    }

    fn scope(&mut self, place: &mut Place<'_>) -> Verdict {
        self.verdict(Context::Scope, place)
    }

    fn metric(&mut self, place: &mut Place<'_>) -> Verdict {
        self.verdict(Context::Metric, place)
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        let context = match place.signal() {
            crate::signal::Signal::Traces => Context::Span,
            crate::signal::Signal::Metrics => Context::DataPoint,
            crate::signal::Signal::Logs => Context::Log,
        };
        let verdict = self.verdict(context, place);
        if verdict == Verdict::Enter && self.pass.asks(Context::SpanEvent) {
            let mut index = 0;
            place.each_child(span::EVENTS, span_event::ATTRIBUTES, |place, event| {
                let view = View::new(place, self.request).at_inner(event, index);
                index += 1;
                !self.is_dropped(Context::SpanEvent, view)
            });
        }
        verdict
    }
}
