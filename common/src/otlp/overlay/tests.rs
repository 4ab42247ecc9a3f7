mod tree;

use bytes::Bytes;
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, InstrumentationScope, any_value::Value},
    metrics::v1::{Gauge, Metric, NumberDataPoint, metric::Data},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, span::Event},
};
use proptest::{collection::vec, prelude::*};
use prost::Message as _;

use super::{Place, Verdict, Visitor, rewrite};
use crate::{
    otlp::{
        any_value::{AnyValue as ValueView, OwnedValue},
        field_numbers::{instrumentation_scope, metric, span, span_event},
        item::count_in_resource,
        resource::{resources, resources_of},
    },
    signal::Signal,
    testing::{generate, mirror},
    wire::writer::{put_bytes_field, put_varint_field},
};
use tree::Tree;

const UNKNOWN: u32 = 2000;

/// Decides by bytes, one per visit, so that the tree of structs can follow.
#[derive(Clone)]
struct Script {
    bytes: Vec<u8>,
    position: usize,
    appended: usize,
}

impl Script {
    /// Whether something is appended, which is visited itself, so not without an end.
    fn appends(&mut self, byte: u8) -> bool {
        let appends = byte & 0x0f == 5 && self.appended < 20;
        self.appended += usize::from(appends);
        appends
    }

    fn next(&mut self) -> u8 {
        self.position += 1;
        self.bytes[self.position % self.bytes.len()]
    }
}

fn parent_verdict(byte: u8) -> Verdict {
    match byte % 8 {
        0 => Verdict::Drop,
        1 => Verdict::Keep,
        _ => Verdict::Enter,
    }
}

fn int(value: i64) -> AnyValue {
    AnyValue { value: Some(Value::IntValue(value)) }
}

/// A metric that the script puts in the place of another.
fn other_metric() -> Metric {
    let data_points = vec![NumberDataPoint::default(); 2];
    Metric { data: Some(Data::Gauge(Gauge { data_points })), ..Metric::default() }
}

impl Visitor for Script {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        let byte = self.next();
        if byte & 0x10 != 0 {
            place.resource.message.set_attribute("r", &OwnedValue::Int(i64::from(byte)));
        }
        if byte & 0x20 != 0 {
            place.resource.set_schema_url("resource");
        }
        parent_verdict(byte)
    }

    fn scope(&mut self, place: &mut Place<'_>) -> Verdict {
        let byte = self.next();
        if byte & 0x10 != 0 {
            place.scope.message.set_string(instrumentation_scope::NAME, "scope");
        }
        if byte & 0x20 != 0 {
            place.scope.set_schema_url("scope");
        }
        parent_verdict(byte)
    }

    fn metric(&mut self, place: &mut Place<'_>) -> Verdict {
        let byte = self.next();
        if byte & 0x30 == 0x30 {
            place.metric.replace(&other_metric().encode_to_vec());
        } else if byte & 0x10 != 0 {
            place.metric.set_string(metric::NAME, "metric");
        }
        parent_verdict(byte)
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        let byte = self.next();
        if byte & 0x10 != 0 {
            place.item.set_attribute("i", &OwnedValue::Int(i64::from(byte)));
        }
        if byte & 0x20 != 0 {
            let count = match place.resource.message.attributes().get("count") {
                Some(ValueView::Int(count)) => count,
                _ => 0,
            };
            place.resource.message.set_attribute("count", &OwnedValue::Int(count + 1));
        }
        if byte & 0x40 != 0 {
            place.scope.message.set_attribute("s", &OwnedValue::Int(i64::from(byte)));
        }
        if byte & 0x80 != 0 && place.signal() == Signal::Metrics {
            place.metric.set_string(metric::DESCRIPTION, &byte.to_string());
        }
        if self.appends(byte) {
            place.append_to_scope(&tree::appended(place.signal()));
        }
        if byte.is_multiple_of(3) { Verdict::Drop } else { Verdict::Keep }
    }
}

fn requests() -> impl Strategy<Value = (Signal, Vec<Bytes>)> {
    generate::signal().prop_flat_map(|signal| {
        let request = generate::request(signal).prop_map(Bytes::from);
        (Just(signal), vec(request, 0..3))
    })
}

proptest! {
    #[test]
    fn a_visit_equals_decode_edit_encode(
        (signal, chunks) in requests(),
        bytes in vec(any::<u8>(), 1..40),
    ) {
        let mut script = Script { bytes, position: 0, appended: 0 };
        let mut expected = Tree::decode(signal, &chunks.concat());
        let before = expected.items();
        expected.visit(&mut script.clone());
        let after = rewrite(signal, &chunks, &mut script);
        let tree = Tree::decode(signal, &after.chunks.concat());
        prop_assert_eq!(after.items(before), tree.items());
        let counted = resources_of(&after.chunks);
        let counted: usize = counted.map(|one| count_in_resource(signal, one.wrapper())).sum();
        prop_assert_eq!(counted, tree.items());
        prop_assert_eq!(tree, expected);
    }

    #[test]
    fn chunks_without_an_edit_are_shared((signal, chunks) in requests()) {
        let mut script = Script { bytes: vec![2], position: 0, appended: 0 };
        let after = rewrite(signal, &chunks, &mut script);
        prop_assert_eq!((after.removed, after.added), (0, 0));
        prop_assert_eq!(after.chunks.len(), chunks.len());
        for (a, b) in after.chunks.iter().zip(&chunks) {
            prop_assert_eq!(a.as_ptr(), b.as_ptr());
        }
    }

    #[test]
    fn any_bytes_can_be_visited(
        (signal, mut request) in generate::signal_and_request(),
        noise in vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        bytes in vec(any::<u8>(), 1..40),
    ) {
        for (index, byte) in noise {
            if !request.is_empty() {
                let index = index.index(request.len());
                request[index] = byte;
            }
        }
        rewrite(signal, &[request.into()], &mut Script { bytes, position: 0, appended: 0 });
    }

    #[test]
    fn children_equal_decode_edit_encode(
        mut expected in generate::span(),
        script in vec(any::<u8>(), 1..6),
    ) {
        let chunk = request_of(&[expected.encode_to_vec()]);
        let decide = |ordinal: usize| script[ordinal % script.len()];
        let mut visitor = Items(|place: &mut Place<'_>| {
            let mut ordinal = 0;
            place.each_child(span::EVENTS, span_event::ATTRIBUTES, |place, event| {
                let byte = decide(ordinal);
                ordinal += 1;
                let seen = OwnedValue::Int(ordinal as i64);
                if byte & 1 != 0 {
                    place.item.set_attribute("seen", &seen);
                }
                if byte & 2 != 0 {
                    event.set_attribute("ordinal", &seen);
                }
                byte & 12 != 0
            });
            Verdict::Keep
        });
        let after = rewrite(Signal::Traces, &[chunk], &mut visitor);
        let mut ordinal = 0;
        let mut ops = Vec::new();
        expected.events.retain_mut(|event| {
            let byte = decide(ordinal);
            ordinal += 1;
            let set = |key: &str| mirror::Op::Set(key.to_owned(), int(ordinal as i64));
            if byte & 1 != 0 {
                ops.push(set("seen"));
            }
            if byte & 2 != 0 {
                mirror::edit_prost(&mut event.attributes, &set("ordinal"));
            }
            byte & 12 != 0
        });
        ops.iter().for_each(|op| mirror::edit_prost(&mut expected.attributes, op));
        let after = after.chunks.concat();
        let scope = resources(&after).next().unwrap().scopes().next().unwrap();
        let (_, span) = scope.entries().next().unwrap();
        prop_assert_eq!(mirror::decode::<Span>(span), expected);
    }
}

struct Items<F>(F);

impl<F: FnMut(&mut Place<'_>) -> Verdict> Visitor for Items<F> {
    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        self.0(place)
    }
}

/// A request of one scope, with an unknown field at each level.
fn request_of(spans: &[Vec<u8>]) -> Bytes {
    let unknown = |message: &mut Vec<u8>| put_varint_field(message, UNKNOWN, 1);
    let mut resource = Resource::default().encode_to_vec();
    unknown(&mut resource);
    let mut scope = InstrumentationScope::default().encode_to_vec();
    unknown(&mut scope);
    let mut scope_group = Vec::new();
    put_bytes_field(&mut scope_group, 1, &scope);
    for span in spans {
        put_bytes_field(&mut scope_group, 2, span);
    }
    unknown(&mut scope_group);
    let mut resource_group = Vec::new();
    put_bytes_field(&mut resource_group, 1, &resource);
    put_bytes_field(&mut resource_group, 2, &scope_group);
    unknown(&mut resource_group);
    let mut request = Vec::new();
    put_bytes_field(&mut request, 1, &resource_group);
    unknown(&mut request);
    request.into()
}

#[test]
fn unknown_fields_survive_at_every_level() {
    let event = Event { name: "e".to_owned(), ..Event::default() };
    let mut span = Span { events: vec![event], ..Span::default() }.encode_to_vec();
    put_varint_field(&mut span, UNKNOWN, 1);
    let chunk = request_of(&[span]);
    let mut visitor = Items(|place: &mut Place<'_>| {
        for draft in [&mut place.resource.message, &mut place.scope.message, &mut place.item] {
            draft.set_attribute("key", &OwnedValue::Bool(true));
        }
        place.resource.set_schema_url("url");
        place.scope.set_schema_url("url");
        Verdict::Keep
    });
    let after = rewrite(Signal::Traces, &[chunk], &mut visitor).chunks.concat();
    let mut tag = Vec::new();
    put_varint_field(&mut tag, UNKNOWN, 1);
    assert_eq!(after.windows(tag.len()).filter(|window| *window == tag).count(), 6);
    let resource = resources(&after).next().unwrap();
    assert!(resource.attributes().contains("key"));
    assert_eq!(resource.schema_url(), "url");
}

#[test]
fn a_resource_given_twice_is_edited_as_one() {
    let resource = |key: &str| Resource {
        attributes: vec![mirror::entry(key, &int(1))],
        ..Resource::default()
    };
    let scope_spans = vec![ScopeSpans { spans: vec![Span::default()], ..ScopeSpans::default() }];
    let mut group =
        ResourceSpans { resource: Some(resource("a")), scope_spans, ..ResourceSpans::default() }
            .encode_to_vec();
    put_bytes_field(&mut group, 1, &resource("b").encode_to_vec());
    let mut request = Vec::new();
    put_bytes_field(&mut request, 1, &group);
    let mut visitor = Items(|place: &mut Place<'_>| {
        assert!(place.resource.message.attributes().contains("b"));
        place.resource.message.set_attribute("b", &OwnedValue::Int(2));
        Verdict::Keep
    });
    let after = rewrite(Signal::Traces, &[request.into()], &mut visitor).chunks.concat();
    let mut expected = resource("a");
    expected.attributes.push(mirror::entry("b", &int(2)));
    assert_eq!(Tree::decode(Signal::Traces, &after).resource(0), Some(&expected));
}

#[test]
fn parents_that_came_empty_stay() {
    let chunk = request_of(&[]);
    let after = rewrite(
        Signal::Traces,
        std::slice::from_ref(&chunk),
        &mut Items(|_: &mut Place<'_>| Verdict::Drop),
    );
    assert_eq!(after.chunks.as_slice(), [chunk]);
}
