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

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(read(Signal::Logs, &bytes.into(), 1, Charge::NONE));
    }
}
