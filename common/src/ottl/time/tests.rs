use proptest::prelude::*;
use serde_json::Value as Json;

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
    assert_eq!(Time::from_unix_nanos(-1).unix_units(1_000_000_000), -1);
    assert_eq!(Time::from_unix_nanos(-1_000_000_000).unix_units(1_000_000_000), -1);
    assert_eq!(Time::from_unix_nanos(1_999_999_999).unix_units(1_000_000_000), 1);
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

// What v0.159.0 of the Go collector makes of these.
fn golden(list: &str) -> Vec<Json> {
    let all: Json = serde_json::from_str(include_str!("tests/golden.json")).expect("JSON");
    all[list].as_array().expect(list).clone()
}

fn text(json: &Json) -> &str {
    json.as_str().expect("a text")
}

#[test]
fn texts_are_read_as_upstream_reads_them() {
    let mut differing = Vec::new();
    for case in golden("read") {
        let place = Location::named(text(&case[2])).expect("a place");
        let format = ReadFormat::new(text(&case[1])).expect("a format");
        let now = || at("2026-11-22T00:00:00Z");
        // What fitted once must fit again.
        for _ in 0..2 {
            let found = format.read(text(&case[0]), &place, &now);
            if found.as_ref().map(Time::to_string).ok().as_deref() != case[3].as_str() {
                differing.push(format!("{case}: {found:?}"));
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn times_are_written_as_upstream_writes_them() {
    let mut differing = Vec::new();
    for case in golden("print") {
        let place = Location::named(text(&case[2])).expect("a place");
        let nanos = case[0].as_i64().expect("nanoseconds");
        let time = Time::from_unix_nanos(nanos).seen_from(place.zone().clone());
        let written = PrintFormat::new(text(&case[1])).expect("a format").print(&time);
        if written != text(&case[3]) {
            differing.push(format!("{case}: {written:?}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn formats_are_refused_that_upstream_refuses() {
    for case in golden("formats") {
        assert_eq!(Some(PrintFormat::new(text(&case[0])).is_ok()), case[1].as_bool(), "{case}");
    }
    let error = ReadFormat::new("%Y %Q").expect_err("no such directive").to_string();
    assert!(error.starts_with("%Q is not known, expected one of %Y %y %m"), "{error}");
}

#[test]
fn times_are_rounded_down_from_the_year_1_on() {
    for case in golden("truncate") {
        let [time, duration, after] =
            [0, 1, 2].map(|index| case[index].as_i64().expect("a number"));
        let truncated = Time::from_unix_nanos(time).truncated(duration).expect("in range");
        assert_eq!(truncated.unix_nanos(), after, "{case}");
    }
}

#[test]
fn what_has_no_year_is_this_years_or_last_years() {
    let format = ReadFormat::new("%b %d %T").expect("a format");
    let read = |text: &str, now: &str| {
        let now = || at(now);
        format.read(text, &Location::utc(), &now).expect(text).to_string()
    };
    assert_eq!(read("Jan 22 10:00:00", "2024-01-15T10:00:00Z"), "2024-01-22T10:00:00Z");
    assert_eq!(read("Jan 22 10:00:01", "2024-01-15T10:00:00Z"), "2023-01-22T10:00:01Z");
    assert_eq!(read("Dec 31 10:00:00", "2024-01-15T10:00:00Z"), "2023-12-31T10:00:00Z");
    assert_eq!(read("Feb 29 10:00:00", "2025-05-15T10:00:00Z"), "2025-03-01T10:00:00Z");
}

#[test]
fn spaces_that_go_on_do_not_keep_it_for_ever() {
    let format = ReadFormat::new("%d %m x %Y").expect("a format");
    let now = || at("2024-06-15T00:00:00Z");
    assert!(format.read("5 13 x 2023", &Location::utc(), &now).is_err());
}

#[test]
fn places_are_those_of_the_tz_database_in_their_spelling() {
    for name in ["Europe/Berlin", "UTC", "", "Local", "EST5EDT", "Etc/GMT+3"] {
        assert!(Location::named(name).is_some(), "{name}");
    }
    for name in ["europe/berlin", "utc", "Mars", "../etc/passwd", "+01:00"] {
        assert!(Location::named(name).is_none(), "{name}");
    }
}

proptest! {
    #[test]
    fn any_text_in_any_format_is_a_time_or_none(
        format in "(%[YymoqbBdegaAHlIpPMSzZwijkDFTrRc]|\\.%[Lfs]|[- :/é]){1,12}",
        text in "([0-9]{1,4}|[- :/.,+é\\t]|Jan|Wednesday|PM|Z|CEST|GMT\\+3){0,16}",
    ) {
        if let Ok(format) = ReadFormat::new(&format) {
            let now = || Time::from_unix_nanos(0);
            if let Ok(time) = format.read(&text, &Location::utc(), &now) {
                drop(time.to_string());
            }
        }
    }
}
