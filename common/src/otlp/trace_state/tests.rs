use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(before: &str, after: &str) {
    let state = TraceState::parse(before).unwrap();
    assert_eq!(state.to_string(), after);
    assert_eq!(TraceState::parse(after).unwrap(), state);
}

#[test]
fn open_telemetrys_member_comes_first_and_randomness_first_in_it() {
    check("", "");
    check(",, \t", "");
    check("a=1", "a=1");
    check("a=1, ot=th:c ,b=x y", "ot=th:c,a=1,b=x y");
    check("ot=x:1;th:8;rv:00000000000001;y:", "ot=rv:00000000000001;th:8;x:1;y:");
    check("ot=th:800;rv:ABCDEF01234567", "ot=rv:abcdef01234567;th:8");
    check("ot=th:0", "ot=th:0");
    check("t1@sys=1,a-b_c*d/e=2", "t1@sys=1,a-b_c*d/e=2");
    check("ot=th:8;x:1,ot=rv:00000000000001", "ot=rv:00000000000001");
}

#[track_caller]
fn check_error(text: &str, error: TraceStateError) {
    assert_eq!(TraceState::parse(text), Err(error), "{text}");
}

#[test]
fn what_is_no_trace_state_is_an_error() {
    use TraceStateError::{Member, OpenTelemetry, Randomness, Threshold, TooLong, TooManyMembers};
    for text in ["a", "=1", "a=", "A=1", "1=1", "a=1=2", "a=\u{e9}", "a@=1", "a@1=1", "@b=1"] {
        check_error(text, Member);
    }
    check_error(&format!("{}=1", "a".repeat(257)), Member);
    check_error(&format!("a={}", "x".repeat(257)), Member);
    check_error(&format!("a@{}=1", "s".repeat(15)), Member);
    check_error(&format!("{}@s=1", "t".repeat(242)), Member);
    for text in ["ot=th", "ot=th:8;", "ot=;th:8", "ot=:8", "ot=T:8", "ot=th:8;;x:1", "ot=x:a b"] {
        check_error(text, OpenTelemetry);
    }
    for text in ["ot=th:", "ot=th:g", "ot=th:123456789012345"] {
        check_error(text, Threshold);
    }
    for text in ["ot=rv:", "ot=rv:1234567890123", "ot=rv:123456789012345", "ot=rv:1234567890123g"] {
        check_error(text, Randomness);
    }
    let member = format!("a={},", "x".repeat(253));
    assert!(TraceState::parse(&member.repeat(4)).is_ok());
    check_error(&format!("{}b=1", member.repeat(4)), TooLong);
    assert!(TraceState::parse(&"a=1,".repeat(31)).is_ok());
    check_error(&"a=1,".repeat(32), TooManyMembers);
    check_error(&",".repeat(32), TooManyMembers);
}

#[test]
fn thresholds_are_those_of_upstream() {
    let text = |percent: f32, digits| {
        Threshold::of_probability(f64::from(percent) / 100.0, digits).unwrap().to_string()
    };
    let at_four = [(0.1, "ffbe77"), (1.0, "fd70a"), (10.0, "e666"), (25.0, "c"), (99.0, "028f6")];
    for (percent, expected) in at_four {
        assert_eq!(text(percent, 4), expected, "{percent}");
    }
    assert_eq!(text(100.0, 4), "0");
    assert_eq!(text(50.0, 14), "8");
    assert_eq!(text(100.0 / 3.0, 1), "b");
    assert_eq!(Threshold::of_buckets(163).to_string(), "fd74");
    assert_eq!(Threshold::of_buckets(16220).to_string(), "029");
    assert_eq!(Threshold::of_probability(1.1, 4), None);
    assert_eq!(Threshold::of_probability(0.0, 4), None);
    assert_eq!(Threshold::of_probability(f64::NAN, 4), None);
    let least = Threshold::of_probability(Threshold::MIN_PROBABILITY, 4).unwrap();
    assert_eq!(least.to_string(), "ffffffffffffff");
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same(text in "(ot=)?[a-z0-9=:;,. -]{0,40}") {
        let written = TraceState::parse(&text).map(|state| state.to_string());
        if let Ok(written) = written {
            let read = TraceState::parse(&written).map(|state| state.to_string());
            prop_assert_eq!(read, Ok(written));
        }
    }

    #[test]
    fn a_threshold_is_its_text(bits in 0..1_u64 << 56, probability in 1e-16..1.0_f64, digits in 1..15_u32) {
        let text = format!("{bits:014x}");
        let threshold = Threshold::parse(&text).unwrap();
        prop_assert_eq!(Threshold::parse(&threshold.to_string()), Some(threshold));
        prop_assert!(threshold.keeps(Randomness::parse(&text).unwrap()));
        let threshold = Threshold::of_probability(probability, digits).unwrap();
        let error = (threshold.probability() - probability).abs() / probability;
        prop_assert!(error <= 0.5, "{} {}", threshold, error);
    }
}
