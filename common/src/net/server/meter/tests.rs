use super::*;

fn frame(kind: u8, length: u8) -> Vec<u8> {
    let mut frame = vec![0, 0, length, kind, 0, 0, 0, 0, 1];
    frame.resize(HEAD_BYTES + usize::from(length), 0);
    frame
}

/// What is left of the allowance after these bytes, read in pieces of this size.
fn after(bytes: &[u8], piece: usize) -> i64 {
    let mut meter = Meter::new(1);
    for piece in bytes.chunks(piece) {
        meter.count(piece);
    }
    meter.allowance
}

#[test]
fn frames_are_found_however_they_are_cut() {
    let bytes = [PREFACE.to_vec(), frame(4, 0), frame(6, 8), frame(DATA, 3), frame(8, 4)].concat();
    for piece in [1, 2, 5, 9, 24, 1000] {
        assert_eq!(after(&bytes, piece), FIRST_ALLOWANCE - 4, "in pieces of {piece}");
    }
}

#[test]
fn requests_and_their_bodies_cost_nothing() {
    let body = [&[0, 1, 0, DATA, 0, 0, 0, 0, 1][..], &[0; 256]].concat();
    let call = [frame(HEADERS, 30), body].concat();
    let bytes = [PREFACE.to_vec(), call.repeat(1000)].concat();
    assert_eq!(after(&bytes, 100), MAX_ALLOWANCE);
}

#[test]
fn what_is_no_http_2_is_not_counted() {
    assert_eq!(after(&b"PRI HTTP/1.1\r\n\r\n".repeat(1000), 7), FIRST_ALLOWANCE);
}

#[test]
fn a_flood_has_to_wait_for_time_to_pass() {
    let mut meter = Meter::new(1);
    meter.count(PREFACE);
    meter.count(&frame(6, 8).repeat(501));
    assert!(!meter.allows(1));
    assert!(meter.allows(2));
    meter.count(&frame(6, 8).repeat(10_000));
    assert!(!meter.allows(1001), "what was read at once is paid for later");
    assert!(meter.allows(2502));
}
