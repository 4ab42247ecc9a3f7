use super::*;

fn at(text: &str) -> Time {
    Time::from(text.parse::<Timestamp>().expect(text))
}

#[test]
fn the_whole_range_of_nanoseconds_comes_back() {
    for nanos in [0, 1, -1, 1_700_000_000_123_456_789, -1_000_000_001, i64::MIN, i64::MAX] {
        assert_eq!(Time::from_unix_nanos(nanos).unix_nanos(), nanos);
    }
}

#[test]
fn nanoseconds_beyond_the_range_wrap_as_in_go() {
    assert_eq!(at("2500-01-01T00:00:00Z").unix_nanos(), -1_721_518_473_709_551_616);
    assert_eq!(at("0001-01-01T00:00:00Z").unix_nanos(), -6_795_364_578_871_345_152);
}

#[test]
fn seconds_are_rounded_down() {
    assert_eq!(Time::from_unix_nanos(-1).unix_seconds(), -1);
    assert_eq!(Time::from_unix_nanos(-1_000_000_000).unix_seconds(), -1);
    assert_eq!(Time::from_unix_nanos(1_999_999_999).unix_seconds(), 1);
}

#[test]
fn seconds_and_nanoseconds_carry_over() {
    let time = |seconds, nanos| Time::from_unix(seconds, nanos).map(|time| time.unix_nanos());
    assert_eq!(time(1, 2_500_000_000), Some(3_500_000_000));
    assert_eq!(time(1, -1), Some(999_999_999));
    assert_eq!(time(-1, 0), Some(-1_000_000_000));
    assert_eq!(time(i64::MAX, 0), None);
    assert_eq!(time(i64::MAX, i64::MAX), None);
    assert_eq!(time(i64::MIN, i64::MIN), None);
}

#[test]
fn text_is_gos_rfc3339_with_nanoseconds() {
    let zone = |name| TimeZone::get(name).expect(name);
    for (time, text) in [
        (at("2024-02-29T12:00:00Z"), "2024-02-29T12:00:00Z"),
        (at("2024-02-29T12:00:00.5Z"), "2024-02-29T12:00:00.5Z"),
        (at("2024-02-29T12:00:00.000000001Z"), "2024-02-29T12:00:00.000000001Z"),
        (at("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z"),
        (at("2024-06-30T12:00:00Z").seen_from(zone("Europe/Berlin")), "2024-06-30T14:00:00+02:00"),
        (
            at("2024-01-31T02:00:00Z").seen_from(zone("America/New_York")),
            "2024-01-30T21:00:00-05:00",
        ),
        (at("2024-01-31T02:00:00Z").seen_from(zone("Asia/Kolkata")), "2024-01-31T07:30:00+05:30"),
        (
            at("1800-01-01T00:00:00Z").seen_from(zone("America/New_York")),
            "1799-12-31T19:03:58-04:56",
        ),
    ] {
        assert_eq!(time.to_string(), text);
    }
}

#[test]
fn equality_and_order_are_those_of_the_instants() {
    let (utc, there) = (at("2024-06-30T12:00:00Z"), at("2024-06-30T12:00:00Z"));
    let there = there.seen_from(TimeZone::get("Asia/Tokyo").expect("a zone"));
    assert_eq!(utc, there);
    assert!(there < utc.checked_add(1).expect("in range"));
}

#[test]
fn sums_end_where_times_end_and_keep_the_zone() {
    let time = at("2024-06-30T12:00:00Z").seen_from(TimeZone::fixed(Offset::constant(2)));
    let later = time.checked_add(-1_500_000_000).expect("in range");
    assert_eq!(later.to_string(), "2024-06-30T13:59:58.5+02:00");
    assert_eq!(at("9999-12-30T00:00:00Z").checked_add(i64::MAX), None);
}

#[test]
fn differences_stop_at_the_ends_of_a_duration() {
    let (first, last) = (at("0001-01-01T00:00:00Z"), at("9999-01-01T00:00:00Z"));
    assert_eq!(last.since(&first), i64::MAX);
    assert_eq!(first.since(&last), i64::MIN);
    assert_eq!(Time::from_unix_nanos(5).since(&Time::from_unix_nanos(7)), -2);
}

#[test]
fn durations_are_written_as_go_writes_them() {
    for (nanos, text) in [
        (0, "0s"),
        (3_723_500_000_000, "1h2m3.5s"),
        (-1_500_000, "-1.5ms"),
        (1_500, "1.5µs"),
        (i64::MIN, "-2562047h47m16.854775808s"),
    ] {
        assert_eq!(duration_text(nanos), text);
    }
}
