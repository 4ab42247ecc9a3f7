//! One visit of a payload that counts what is in it.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{
    definitions::{Definition, Definitions, Surroundings},
    series::{Series, Stop},
};
use crate::{
    otlp::{
        attributes::Attributes,
        field_numbers::{
            instrumentation_scope, request, resource, resource_group, scope_group, span, span_event,
        },
        overlay::{self, Place, Verdict, Visitor},
        span::EventView,
    },
    ottl::View,
    pipeline::{Growth, Payload, Reason, Rejected, RequestContext},
    signal::Signal,
    wire::writer::put_bytes_field,
};

pub(super) const SCOPE_NAME: &str =
    "github.com/open-telemetry/opentelemetry-collector-contrib/connector/countconnector";

/// The counts of a payload as metrics, if anything was counted.
pub(super) fn count(
    definitions: &Definitions,
    payload: &Payload,
) -> Result<Option<Payload>, Rejected> {
    let mut counting = Counting::new(definitions, payload);
    overlay::rewrite(payload.signal(), payload.chunks(), &mut counting);
    counting.end_resource();
    counting.growth.check()?;
    if let Some(failure) = counting.failure {
        return Err(Rejected::new(Reason::Unavailable, failure));
    }
    if counting.points == 0 {
        return Ok(None);
    }
    counting.out.shrink_to_fit();
    let charge = payload.charge_copy(counting.out.len());
    let counts = Payload::new(Signal::Metrics, counting.out.into(), counting.points, charge);
    Ok(Some(counts.with_context(payload.context().clone())))
}

struct Counting<'d> {
    request: &'d RequestContext,
    /// Spans, metrics or log records.
    entries: Series<'d>,
    /// Span events or data points.
    inner: Series<'d>,
    /// Whether conditions are asked of span events.
    visits_events: bool,
    failure: Option<String>,
    growth: Growth,
    now: u64,
    /// The encoded resource message of the counts to come.
    resource: Vec<u8>,
    out: Vec<u8>,
    points: usize,
}

impl<'d> Counting<'d> {
    fn new(definitions: &'d Definitions, payload: &'d Payload) -> Self {
        let (entries, inner) = match payload.signal() {
            Signal::Traces => (&*definitions.spans, &*definitions.span_events),
            Signal::Metrics => (&*definitions.metrics, &*definitions.data_points),
            Signal::Logs => (&*definitions.logs, &[][..]),
        };
        Self {
            request: payload.context(),
            entries: Series::new(entries),
            inner: Series::new(inner),
            visits_events: definitions.span_events.iter().any(Definition::has_conditions),
            failure: None,
            growth: Growth::of(payload),
            now: now(),
            resource: Vec::new(),
            out: Vec::new(),
            points: 0,
        }
    }

    /// Writes what was counted of a resource.
    fn end_resource(&mut self) {
        let mut scope = Vec::new();
        put_bytes_field(&mut scope, instrumentation_scope::NAME, SCOPE_NAME.as_bytes());
        let mut scope_metrics = Vec::new();
        put_bytes_field(&mut scope_metrics, scope_group::SCOPE, &scope);
        let points = self.entries.take(self.now, &mut scope_metrics)
            + self.inner.take(self.now, &mut scope_metrics);
        if points > 0 && self.growth.add(self.resource.len()) {
            let mut group = Vec::with_capacity(self.resource.len() + scope_metrics.len() + 16);
            put_bytes_field(&mut group, resource_group::RESOURCE, &self.resource);
            put_bytes_field(&mut group, resource_group::SCOPES, &scope_metrics);
            put_bytes_field(&mut self.out, request::RESOURCES, &group);
            self.points += points;
        }
    }

    fn span(&mut self, place: &mut Place<'_>) -> Result<(), Stop> {
        let span = place.span();
        self.entries.note_time(span.start_time());
        self.entries.note_time(span.end_time());
        self.entry(place, Some(span.attributes()))?;
        if self.visits_events {
            return self.events(place);
        }
        for event in span.events() {
            self.inner.note_time(event.time());
            self.inner(place, event.attributes(), View::new(place, self.request))?;
        }
        Ok(())
    }

    /// The events of a span, where conditions are asked of them.
    fn events(&mut self, place: &mut Place<'_>) -> Result<(), Stop> {
        let (mut index, mut counted) = (0, Ok(()));
        place.each_child(span::EVENTS, span_event::ATTRIBUTES, |place, event| {
            if counted.is_ok() {
                self.inner.note_time(EventView::new(event.bytes()).time());
                let view = View::new(place, self.request).at_inner(event, index);
                counted = self.inner(place, event.attributes(), view);
            }
            index += 1;
            true
        });
        counted
    }

    fn data_point(&mut self, place: &Place<'_>) -> Result<(), Stop> {
        let point = place.data_point();
        self.inner.note_time(point.time());
        self.inner(place, point.attributes(), View::new(place, self.request))
    }

    fn log_record(&mut self, place: &Place<'_>) -> Result<(), Stop> {
        let record = place.log_record();
        self.entries.note_time(record.time());
        self.entry(place, Some(record.attributes()))
    }

    fn entry(&mut self, place: &Place<'_>, own: Option<Attributes<'_>>) -> Result<(), Stop> {
        let view = View::new(place, self.request);
        self.entries.add(around(place, own), view, &mut self.growth)
    }

    fn inner(
        &mut self,
        place: &Place<'_>,
        own: Attributes<'_>,
        view: View<'_>,
    ) -> Result<(), Stop> {
        self.inner.add(around(place, Some(own)), view, &mut self.growth)
    }

    /// Whether counting goes on. What is refused need not be counted any further.
    fn enter_if(&mut self, counted: Result<(), Stop>) -> Verdict {
        if let Err(Stop::Failed(failure)) = counted {
            self.failure.get_or_insert(failure);
        }
        if self.failure.is_none() && self.growth.add(0) { Verdict::Enter } else { Verdict::Keep }
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// What attributes are looked up in, from the inside out.
fn around<'a>(place: &'a Place<'_>, own: Option<Attributes<'a>>) -> Surroundings<'a> {
    let scope = place.scope.message.attributes();
    let resource = place.resource.message.attributes();
    Surroundings([own, Some(scope), Some(resource)])
}

impl Visitor for Counting<'_> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        self.end_resource();
        self.resource.clear();
        for entry in place.resource.message.message().repeated(resource::ATTRIBUTES) {
            put_bytes_field(&mut self.resource, resource::ATTRIBUTES, entry);
        }
        self.enter_if(Ok(()))
    }

    fn scope(&mut self, _: &mut Place<'_>) -> Verdict {
        self.enter_if(Ok(()))
    }

    fn metric(&mut self, place: &mut Place<'_>) -> Verdict {
        // A metric has no attributes of its own.
        let counted = self.entry(place, None);
        self.enter_if(counted)
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        if self.failure.is_some() {
            return Verdict::Keep;
        }
        let counted = match place.signal() {
            Signal::Traces => self.span(place),
            Signal::Metrics => self.data_point(place),
            Signal::Logs => self.log_record(place),
        };
        self.enter_if(counted)
    }
}
