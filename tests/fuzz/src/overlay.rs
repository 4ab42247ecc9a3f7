//! Any edits of any request: everything in it can be read, and the result is a request with the items
//! that were kept.

use std::hint::black_box;

use bytes::Bytes;
use common::{
    otlp::{
        any_value::{AnyValue, OwnedValue},
        attributes::Attributes,
        edit::{AttributeEdit, Draft},
        envelope,
        metric::exemplars_field,
        overlay::{self, Place, Verdict, Visitor},
    },
    signal::Signal,
};

use super::requests;

/// Takes its decisions from the fuzzer's bytes, one each.
struct Script<'a>(std::slice::Iter<'a, u8>);

impl Script<'_> {
    fn edit(&mut self, draft: &mut Draft<'_>) -> Verdict {
        read_attributes(draft.attributes());
        let Some(step) = self.0.next() else { return Verdict::Enter };
        let key = "k".repeat(usize::from(step >> 6));
        match step % 16 {
            0 => return Verdict::Drop,
            1 => return Verdict::Keep,
            2 => {
                draft.set_attribute(&key, &OwnedValue::Str("value".into()));
                assert!(draft.attributes().get(&key).and_then(AnyValue::as_str) == Some("value"));
            }
            3 => {
                let was_there = draft.attributes().contains(&key);
                assert_eq!(draft.delete_attribute(&key), was_there);
                assert!(!draft.attributes().contains(&key));
            }
            4 => draft.retain_attributes(|key| key.len() % 2 == 0),
            5 => {
                draft.set_string(5, &key);
                assert_eq!(draft.message().string(5), key);
            }
            6 => draft.clear(u32::from(step >> 4)),
            7 => draft.set_fixed64(u32::from(step >> 4).max(1), 1),
            8 => draft.edit_message(15, 1, |inner| inner.set_varint(3, 1)),
            9 => draft.edit_attributes(|key, _| match key.len() % 3 {
                0 => AttributeEdit::Keep,
                _ => AttributeEdit::Remove,
            }),
            10 => {
                draft.insert_attribute(&key, &OwnedValue::Int(1));
            }
            11 => {
                draft.update_attribute(&key, &OwnedValue::Empty);
            }
            _ => {}
        }
        Verdict::Enter
    }
}

impl Visitor for Script<'_> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        self.edit(&mut place.resource.message)
    }

    fn scope(&mut self, place: &mut Place<'_>) -> Verdict {
        if self.0.as_slice().first().is_some_and(|step| step % 5 == 0) {
            place.scope.set_schema_url("url");
        }
        self.edit(&mut place.scope.message)
    }

    fn metric(&mut self, place: &mut Place<'_>) -> Verdict {
        let metric = place.metric_view();
        black_box((metric.name().len(), metric.unit().len(), metric.description().len()));
        let data = metric.data();
        black_box(data.map(|data| (data.aggregation_temporality(), data.is_monotonic())));
        // Other fields of a metric lead to its points.
        match self.0.next() {
            Some(step) if step % 4 == 0 => return Verdict::Drop,
            Some(step) if step % 4 == 1 => place.metric.set_string(1, "name"),
            _ => {}
        }
        Verdict::Enter
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        let children = match place.signal() {
            Signal::Traces => read_span(place),
            Signal::Metrics => read_point(place),
            Signal::Logs => {
                let record = place.log_record();
                read_value(record.body(), 0);
                black_box((record.severity_text().len(), record.event_name().len()));
                None
            }
        };
        if let (Some((number, attributes)), Some(keep)) = (children, self.0.next()) {
            place.each_child(number, attributes, |_, child| {
                child.set_attribute("child", &OwnedValue::Bool(true));
                keep % 2 == 0
            });
        }
        if self.0.as_slice().first().is_some_and(|step| step % 7 == 0) {
            let item = place.item.bytes().to_vec();
            if place.signal() != Signal::Metrics {
                place.append_to_scope(&item);
            }
        }
        self.edit(&mut place.resource.message);
        self.edit(&mut place.item)
    }
}

/// The field of the messages inside, and where they have their attributes.
fn read_span(place: &Place<'_>) -> Option<(u32, u32)> {
    const EVENTS: u32 = 11;
    const EVENT_ATTRIBUTES: u32 = 3;
    let span = place.span();
    span.events().for_each(|event| read_attributes(event.attributes()));
    span.links().for_each(|link| read_attributes(link.attributes()));
    black_box((span.name().len(), span.status_message().len(), span.status_code(), span.kind()));
    Some((EVENTS, EVENT_ATTRIBUTES))
}

fn read_point(place: &Place<'_>) -> Option<(u32, u32)> {
    const EXEMPLAR_ATTRIBUTES: u32 = 7;
    let point = place.data_point();
    let sums = [point.sum(), point.min(), point.max(), point.zero_threshold()];
    black_box((sums, point.value(), point.count(), point.scale(), point.zero_count()));
    black_box((point.bucket_counts().count(), point.explicit_bounds().count()));
    black_box((point.quantiles().count(), point.exemplars().count()));
    for buckets in [point.positive(), point.negative()].into_iter().flatten() {
        black_box((buckets.offset(), buckets.bucket_counts().count()));
    }
    exemplars_field(point.kind()).map(|number| (number, EXEMPLAR_ATTRIBUTES))
}

fn read_attributes(attributes: Attributes<'_>) {
    for (key, value) in attributes.iter() {
        assert!(attributes.contains(key));
        read_value(value, 0);
    }
    let keys = attributes.iter().count();
    assert_eq!(attributes.is_empty(), keys == 0);
}

fn read_value(value: AnyValue<'_>, depth: u32) {
    // What was walked is no deeper than a walk lets pass.
    assert!(depth <= envelope::MAX_NESTING);
    match value {
        AnyValue::Array(array) => array.iter().for_each(|value| read_value(value, depth + 1)),
        AnyValue::KvList(map) => {
            map.entries().iter().for_each(|(_, value)| read_value(value, depth + 1));
        }
        _ => {}
    }
}

/// One input.
pub fn run(input: &[u8]) {
    let Some((&edits, rest)) = input.split_first() else { return };
    let (script, rest) = rest.split_at(rest.len().min(usize::from(edits % 32)));
    let request = requests::request(rest);
    for signal in Signal::ALL {
        let Ok(walked) = envelope::walk(signal, request.clone()) else { continue };
        let rewritten = overlay::rewrite(signal, &[walked.request], &mut Script(script.iter()));
        let items = rewritten.items(walked.items);
        let request = Bytes::from(rewritten.chunks.concat());
        assert_eq!(envelope::count_items(signal, &request), items);
    }
}
