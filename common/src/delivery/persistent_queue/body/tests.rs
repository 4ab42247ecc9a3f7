use proptest::prelude::*;

use super::*;
use crate::testing::numbered_logs;

fn written(origin: &str, payload: &Payload) -> Bytes {
    let mut body = head(origin, payload);
    for chunk in payload.chunks() {
        body.extend_from_slice(chunk);
    }
    body.into()
}

#[test]
fn what_is_written_is_read() {
    let context = RequestContext::new(Details {
        metadata: vec![("x-tenant".into(), "a".into()), ("x-tenant".into(), "b".into())],
        peer: Some("[::1]:4317".parse().unwrap()),
        identity: Identity::default().with("username", "ann").with("groups", "[1]"),
    });
    let mut payload = numbered_logs(0..3).with_context(context);
    payload.merge(numbered_logs(3..5));
    let body = written("logs/a", &payload);
    let read = read(Signal::Logs, &body, 5, Charge::NONE).unwrap();
    assert_eq!(read.origin.as_deref(), Some("logs/a"));
    assert_eq!(read.payload.context(), payload.context());
    assert_eq!(read.payload.contiguous(), payload.contiguous());
    assert_eq!(read.payload.items(), 5);
}

/// A field of a body, as some version might write it: its number, and bytes that are text, a pair, an
/// address or none of these.
fn field() -> impl Strategy<Value = Vec<u8>> {
    let pair = |key: String, value: Vec<u8>| {
        let mut out = Vec::new();
        put_bytes_field(&mut out, PAIR_KEY, key.as_bytes());
        put_bytes_field(&mut out, PAIR_VALUE, &value);
        out
    };
    let bytes = || proptest::collection::vec(any::<u8>(), 0..20);
    let content = prop_oneof![
        bytes(),
        ".{0,9}".prop_map(String::into_bytes),
        ("[a-z]{0,3}", ".{0,9}").prop_map(move |(key, value)| pair(key, value.into_bytes())),
        ("[a-z]{0,3}", bytes()).prop_map(move |(key, value)| pair(key, value)),
        any::<std::net::SocketAddr>().prop_map(|peer| peer.to_string().into_bytes()),
    ];
    let number = prop_oneof![
        4 => proptest::sample::select(vec![PIPELINE, METADATA, PEER, IDENTITY, REQUEST]),
        1 => 1..40_u32
    ];
    (number, content).prop_map(|(number, content)| {
        let mut out = Vec::new();
        put_bytes_field(&mut out, number, &content);
        out
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(read(Signal::Logs, &bytes.into(), 1, Charge::NONE));
    }

    #[test]
    fn any_fields_with_a_byte_changed_say_the_same_when_written_again(
        fields in proptest::collection::vec(field(), 0..8),
        change in proptest::option::of((0..200_usize, any::<u8>())),
    ) {
        let mut bytes = fields.concat();
        if let Some((at, new)) = change
            && let Some(byte) = bytes.get_mut(at)
        {
            *byte = new;
        }
        let Some(once) = read(Signal::Logs, &bytes.into(), 1, Charge::NONE) else { return Ok(()) };
        let origin = once.origin.as_deref().unwrap_or_default();
        let again = written(origin, &once.payload);
        let again = read(Signal::Logs, &again, 1, Charge::NONE).unwrap();
        prop_assert_eq!(again.origin.as_deref(), Some(origin));
        prop_assert_eq!(again.payload.context(), once.payload.context());
        prop_assert_eq!(again.payload.contiguous(), once.payload.contiguous());
    }
}
