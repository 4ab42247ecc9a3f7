//! One visit of a payload that counts what is in it.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{
    definitions::{Definitions, Surroundings},
    series::Series,
};
use crate::{
    otlp::{
        attributes::Attributes,
        field_numbers::{instrumentation_scope, request, resource, resource_group, scope_group},
        overlay::{self, Place, Verdict, Visitor},
    },
    pipeline::{Growth, Payload, Rejected},
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
    if counting.points == 0 {
        return Ok(None);
    }
    counting.out.shrink_to_fit();
    let charge = payload.charge_copy(counting.out.len());
    let counts = Payload::new(Signal::Metrics, counting.out.into(), counting.points, charge);
    Ok(Some(counts.with_context(payload.context().clone())))
}

struct Counting<'d> {
    /// Spans, metrics or log records.
    entries: Series<'d>,
    /// Span events or data points.
    inner: Series<'d>,
    growth: Growth,
    now: u64,
    /// The encoded resource message of the counts to come.
    resource: Vec<u8>,
    out: Vec<u8>,
    points: usize,
}

impl<'d> Counting<'d> {
    fn new(definitions: &'d Definitions, payload: &Payload) -> Self {
        let (entries, inner) = match payload.signal() {
            Signal::Traces => (&*definitions.spans, &*definitions.span_events),
            Signal::Metrics => (&*definitions.metrics, &*definitions.data_points),
            Signal::Logs => (&*definitions.logs, &[][..]),
        };
        Self {
            entries: Series::new(entries),
            inner: Series::new(inner),
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

    fn span(&mut self, place: &Place<'_>) -> bool {
        let span = place.span();
        self.entries.note_time(span.start_time());
        self.entries.note_time(span.end_time());
        self.entries.add(around(place, Some(span.attributes())), &mut self.growth)
            && span.events().all(|event| {
                self.inner.note_time(event.time());
                self.inner.add(around(place, Some(event.attributes())), &mut self.growth)
            })
    }

    fn data_point(&mut self, place: &Place<'_>) -> bool {
        let point = place.data_point();
        self.inner.note_time(point.time());
        self.inner.add(around(place, Some(point.attributes())), &mut self.growth)
    }

    fn log_record(&mut self, place: &Place<'_>) -> bool {
        let record = place.log_record();
        self.entries.note_time(record.time());
        self.entries.add(around(place, Some(record.attributes())), &mut self.growth)
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

/// What is refused for want of room need not be counted any further.
const fn enter_if(has_room: bool) -> Verdict {
    if has_room { Verdict::Enter } else { Verdict::Keep }
}

impl Visitor for Counting<'_> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        self.end_resource();
        self.resource.clear();
        for entry in place.resource.message.message().repeated(resource::ATTRIBUTES) {
            put_bytes_field(&mut self.resource, resource::ATTRIBUTES, entry);
        }
        enter_if(self.growth.add(0))
    }

    fn scope(&mut self, _: &mut Place<'_>) -> Verdict {
        enter_if(self.growth.add(0))
    }

    fn metric(&mut self, place: &mut Place<'_>) -> Verdict {
        // A metric has no attributes of its own.
        enter_if(self.entries.add(around(place, None), &mut self.growth))
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        enter_if(match place.signal() {
            Signal::Traces => self.span(place),
            Signal::Metrics => self.data_point(place),
            Signal::Logs => self.log_record(place),
        })
    }
}
