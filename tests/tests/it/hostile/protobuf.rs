//! Protobuf that no library writes, through both doors: refused, or read as the specification says.

use common::signal::Signal;
use tests::{
    backend::Backend,
    client::{Grpc, post_json, post_proto},
    collector::Collector,
    otlp,
};

use super::{INVALID_ARGUMENT, Victim};
use crate::configs;

const INTERNAL: u32 = 13;
const RESOURCE_EXHAUSTED: u32 = 8;

/// A length-delimited field whose number is under 16.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2][..], &varint(content.len() as u64), content].concat()
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7F {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
    bytes
}

/// A request of one span with these bytes.
fn request_of(span: &[u8]) -> Vec<u8> {
    field(1, &field(2, &field(2, span)))
}

/// A span with a name and these bytes after it.
fn span_with(bytes: &[u8]) -> Vec<u8> {
    [&field(1, &[7; 16])[..], &field(2, &[7; 8]), &field(5, b"named"), bytes].concat()
}

/// Bytes that are refused wherever they come in.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let endless = [0xFF; 11];
    let huge = |length: u64| [&[5 << 3 | 2][..], &varint(length)].concat();
    vec![
        ("a key without an end", request_of(&endless)),
        ("a length without an end", request_of(&[&[5 << 3 | 2][..], &endless].concat())),
        ("a number without an end", request_of(&span_with(&[&[6 << 3][..], &endless].concat()))),
        ("a cut varint", request_of(&span_with(&[6 << 3, 0x80]))),
        ("a length of 2^64 - 1", request_of(&span_with(&huge(u64::MAX)))),
        ("a length of 2^63", request_of(&span_with(&huge(1 << 63)))),
        ("a length of 2^32", request_of(&span_with(&huge(1 << 32)))),
        ("a length of 2^31 - 1 at the top", [&[0x0A][..], &varint(0x7FFF_FFFF)].concat()),
        ("a field over its message's end", request_of(&span_with(&[5 << 3 | 2, 2, b'a']))),
        ("field number 0", request_of(&span_with(&[2, 0]))),
        ("wire type 6", request_of(&span_with(&[15 << 3 | 6]))),
        ("wire type 7", request_of(&span_with(&[15 << 3 | 7]))),
        ("a group without an end", request_of(&span_with(&[15 << 3 | 3]))),
        ("an end without a group", request_of(&span_with(&[15 << 3 | 4]))),
        ("groups in groups", request_of(&span_with(&[15 << 3 | 3].repeat(100_000)))),
        ("a name of the wrong type", request_of(&span_with(&[5 << 3, 1]))),
        ("a fixed number that is cut", request_of(&span_with(&[7 << 3 | 1, 1, 2, 3]))),
        ("values 5,000 levels deep", request_of(&span_with(&field(9, &deep_attribute(5_000))))),
    ]
}

/// A key with a value of arrays in arrays.
fn deep_attribute(levels: usize) -> Vec<u8> {
    let mut value = field(1, b"here");
    for _ in 0..levels {
        value = field(5, &field(1, &value));
    }
    [field(1, b"deep"), field(2, &value)].concat()
}

#[tokio::test]
async fn malformed_protobuf_of_every_kind_is_refused_at_both_doors() {
    let victim = Victim::start().await;
    let grpc = Grpc::connect(victim.grpc).await.unwrap();
    for (what, request) in malformed() {
        let reply = grpc.export(Signal::Traces, &request).await.unwrap();
        assert_eq!(reply.code, INVALID_ARGUMENT, "{what}: {}", reply.message);
        let reply = post_proto(victim.http, Signal::Traces, request).await.unwrap();
        assert_eq!(reply.status, 400, "{what}: {}", reply.text());
    }
    victim.assert_works().await;
}

#[tokio::test]
async fn fields_in_any_order_and_number_are_read_as_protobuf_says() {
    let backend = Backend::start().await;
    let collector = Collector::start(&configs::pass_through(backend.address)).await;
    let resource = |key: &[u8]| {
        let attribute = [field(1, key), field(2, &field(1, b"value"))].concat();
        field(1, &field(1, &attribute))
    };
    let scope_spans = field(2, &field(2, &span_with(&[])));
    let requests = [
        // The name twice: the last one counts.
        request_of(&span_with(&field(5, b"renamed"))),
        // Schema URL and spans before the resource, and the resource in two parts, which are merged.
        field(
            1,
            &[&field(3, b"url")[..], &scope_spans, &resource(b"one"), &resource(b"two")].concat(),
        ),
        // A scope after its spans.
        field(1, &field(2, &[field(2, &span_with(&[])), field(1, &field(1, b"scope"))].concat())),
        // Numbers and lengths that are longer than they need to be.
        request_of(&span_with(&[
            6 << 3,
            0x82,
            0x80,
            0x00,
            5 << 3 | 2,
            0x83,
            0x80,
            0x00,
            b'a',
            b'b',
            b'c',
        ])),
        // An unknown field, and an unknown group with one in it.
        request_of(&span_with(&[0x82, 0x7D, 2, 1, 2, 0x83, 0x7D, 8, 1, 0x84, 0x7D])),
    ];
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let http = collector.http().await;
    for request in &requests {
        let reply = grpc.export(Signal::Traces, request).await.unwrap();
        assert!(reply.is_ok(), "{request:?}: {}", reply.message);
        let reply = post_proto(http, Signal::Traces, request.clone()).await.unwrap();
        assert_eq!(reply.status, 200, "{request:?}: {}", reply.text());
    }
    backend.items_reach(Signal::Traces, 2 * requests.len()).await;
    let sent: Vec<_> = requests.iter().chain(&requests).collect();
    otlp::assert_same(
        &otlp::items(Signal::Traces, &sent),
        &otlp::items(Signal::Traces, &backend.bodies(Signal::Traces)),
    );
}

#[tokio::test]
async fn frames_that_are_no_unary_call_are_refused() {
    let victim = Victim::start().await;
    let grpc = Grpc::connect(victim.grpc).await.unwrap();
    let frames: [(&str, &[u8], u32); 5] = [
        ("no message", &[], INTERNAL),
        ("half a prefix", &[0, 0], INTERNAL),
        ("a message that is cut", &[0, 0, 0, 0, 9, 1], INTERNAL),
        ("two messages", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0], INTERNAL),
        ("4 GiB", &[0, 0xFF, 0xFF, 0xFF, 0xFF, 1], RESOURCE_EXHAUSTED),
    ];
    let path = Signal::Traces.grpc_path();
    for (what, frame, code) in frames {
        let reply = grpc.call(path, bytes::Bytes::copy_from_slice(frame), &[]).await.unwrap();
        assert_eq!(reply.code, code, "{what}: {}", reply.message);
    }
    let body = tests::client::frame(b"whatever", true);
    for coding in ["zlib", "lz4", "x-snappy-framed", "brotli"] {
        let reply = grpc.call(path, body.clone(), &[("grpc-encoding", coding)]).await.unwrap();
        assert_eq!(reply.code, super::UNIMPLEMENTED, "{coding}: {}", reply.message);
    }
    for headers in [&[][..], &[("grpc-encoding", "")], &[("grpc-encoding", "identity")]] {
        let reply = grpc.call(path, body.clone(), headers).await.unwrap();
        assert_eq!(reply.code, INTERNAL, "{headers:?}: {}", reply.message);
        assert!(reply.message.contains("compressed flag set with identity"), "{}", reply.message);
    }
    victim.assert_works().await;
}

#[tokio::test]
async fn json_with_broken_text_does_no_harm() {
    let victim = Victim::start().await;
    let with_name = |name: &[u8]| {
        let (before, after) = (
            br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":""#.as_slice(),
            br#""}]}]}]}"#.as_slice(),
        );
        [before, name, after].concat()
    };
    for name in [&b"\xFF\xFE"[..], b"\\ud800", b"\\udc00\\ud800", b"\\u00", b"\\x", b"\n", b"\0"] {
        let reply = post_json(victim.http, Signal::Traces, with_name(name)).await.unwrap();
        assert!([200, 400].contains(&reply.status), "{name:?}: {}", reply.text());
    }
    let digits = "9".repeat(100_000);
    let long =
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"kind":{digits}}}]}}]}}]}}"#);
    assert_eq!(post_json(victim.http, Signal::Traces, long).await.unwrap().status, 400);
    victim.assert_works().await;
}
