use super::*;

#[test]
fn reads_what_go_reads() {
    for (text, nanos) in [
        ("0", 0),
        ("0s", 0),
        ("5ns", 5),
        ("1us", 1_000),
        ("1µs", 1_000),
        ("1μs", 1_000),
        ("1.5ms", 1_500_000),
        (".5s", 500_000_000),
        ("5.s", 5_000_000_000),
        ("0.5s", 500_000_000),
        ("1h30m", 5_400_000_000_000),
        ("-1.5h", -5_400_000_000_000),
        ("+5s", 5_000_000_000),
        ("3600000000000ns", 3_600_000_000_000),
        ("0.100000000000000000000h", 360_000_000_000),
        ("1s1s", 2_000_000_000),
    ] {
        assert_eq!(text.parse(), Ok(Duration::from_nanos(nanos)), "{text}");
    }
}

#[test]
fn refuses_what_go_refuses() {
    for (text, message) in [
        ("", "time: invalid duration \"\""),
        ("-", "time: invalid duration"),
        (".", "time: invalid duration"),
        ("s", "time: invalid duration"),
        (" 1s", "time: invalid duration"),
        ("5", "time: missing unit in duration \"5\""),
        ("1s5", "time: missing unit"),
        ("1d", "time: unknown unit \"d\" in duration \"1d\""),
        ("1S", "time: unknown unit \"S\""),
        ("1s ", "time: unknown unit \"s \""),
        ("9223372037s", "time: invalid duration"),
        ("99999999999999999999h", "time: invalid duration"),
    ] {
        let error = text.parse::<Duration>().expect_err(text).to_string();
        assert!(error.contains(message), "{text}: {error}");
    }
}

#[test]
fn writes_what_go_writes() {
    for (nanos, text) in [
        (0, "0s"),
        (1, "1ns"),
        (1_100, "1.1µs"),
        (2_200_000, "2.2ms"),
        (100_000_000, "100ms"),
        (3_300_000_000, "3.3s"),
        (300_000_000_000, "5m0s"),
        (5_400_000_000_000, "1h30m0s"),
        (-1_500_000_000, "-1.5s"),
        (3_600_000_000_001, "1h0m0.000000001s"),
    ] {
        assert_eq!(Duration::from_nanos(nanos).to_string(), text);
        assert_eq!(text.parse(), Ok(Duration::from_nanos(nanos)));
    }
}

#[test]
fn a_negative_span_is_none_for_timers() {
    assert_eq!(Duration::from_nanos(-5).get(), std::time::Duration::ZERO);
    assert!(Duration::from_nanos(-5).is_negative());
    assert_eq!(Duration::from_secs(u64::MAX).as_nanos(), i64::MAX);
}
