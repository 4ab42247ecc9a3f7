use crate::ottl::{
    functions::tests::{mistake, value},
    time::Time,
    value::Value,
};

const RECORD: &str = "log text a=2023-04-12T10:11:12.5+02:00 d=1h30m n=17 bad=x";

#[track_caller]
fn shown(expression: &str) -> String {
    match value(expression, RECORD) {
        Ok(Value::Time(time)) => time.to_string(),
        Ok(Value::Text(text)) => text.into_owned(),
        Ok(Value::Int(int)) => int.to_string(),
        Ok(Value::Double(double)) => format!("{double:?}"),
        Ok(Value::Duration(nanos)) => crate::ottl::time::duration_text(nanos),
        other => format!("{other:?}"),
    }
}

const TIME: &str = r#"Time(attributes["a"], "%FT%T.%f%z")"#;

#[test]
fn a_text_becomes_a_time_and_a_text_again() {
    assert_eq!(shown(TIME), "2023-04-12T10:11:12.5+02:00");
    assert_eq!(shown(&format!(r#"FormatTime({TIME}, "%d.%m.%y %I %p")"#)), "12.04.23 10 AM");
    let berlin = r#"Time("2023-01-01 12:00", "%F %R", "Europe/Berlin")"#;
    assert_eq!(shown(berlin), "2023-01-01T12:00:00+01:00");
    assert_eq!(
        shown(r#"Time("Jan 1 2023 Z", "%b %d %YZ")"#),
        "Err(\"the text is not a time in the format that is given\")"
    );
    assert_eq!(shown(r#"Time("Jan 1 2023Z", "%b %d %YZ", locale="en")"#), "2023-01-01T00:00:00Z");
}

#[test]
fn parts_of_a_time_are_those_of_its_zone() {
    for (function, expected) in [
        ("Year", "2023"),
        ("Month", "4"),
        ("Day", "12"),
        ("Weekday", "3"),
        ("Hour", "10"),
        ("Minute", "11"),
        ("Second", "12"),
        ("Nanosecond", "500000000"),
        ("UnixSeconds", "1681287072"),
        ("UnixMilli", "1681287072500"),
        ("UnixMicro", "1681287072500000"),
        ("UnixNano", "1681287072500000000"),
    ] {
        assert_eq!(shown(&format!("{function}({TIME})")), expected, "{function}");
    }
    assert_eq!(shown("UnixSeconds(Unix(-1, 1))"), "-1");
    assert_eq!(shown("UnixNano(Unix(1, 2000000001))"), "3000000001");
}

#[test]
fn durations_are_counted_in_any_unit() {
    for (function, expected) in [
        ("Hours", "1.5"),
        ("Minutes", "90.0"),
        ("Seconds", "5400.0"),
        ("Milliseconds", "5400000"),
        ("Microseconds", "5400000000"),
        ("Nanoseconds", "5400000000000"),
    ] {
        assert_eq!(shown(&format!(r#"{function}(Duration(attributes["d"]))"#)), expected);
        assert_eq!(shown(&format!(r#"{function}(Duration("1h30m"))"#)), expected);
    }
    assert_eq!(shown(r#"Milliseconds(Duration("-1.9999ms"))"#), "-1");
    assert_eq!(shown(r#"Seconds(Duration("0.1s"))"#), "0.1");
}

#[test]
fn times_are_rounded_down() {
    let truncated = format!(r#"TruncateTime({TIME}, Duration("1h"))"#);
    assert_eq!(shown(&truncated), "2023-04-12T10:00:00+02:00");
}

#[test]
fn now_is_now() {
    let before = Time::now();
    let Ok(Value::Time(now)) = value("Now()", RECORD) else {
        unreachable!("a time");
    };
    assert!(before <= now && now <= Time::now());
}

#[test]
fn what_is_no_time_is_a_failure() {
    for (expression, why) in [
        (r#"Time(attributes["bad"], "%F")"#, "the text is not a time"),
        (r#"Time(attributes["n"], "%F")"#, "expected a string"),
        (r#"Time("2023-02-30", "%F")"#, "the day is out of range"),
        (r#"Time("2023-02-03 4", "%F")"#, "the text goes on"),
        (r#"Time("2023 PST", "%Y %Z", "UTC")"#, "the time zone in the text is unknown"),
        (r#"Duration(attributes["bad"])"#, "the text is not a duration"),
        ("Unix(9223372036854775807)", "too far away"),
        (r#"Year(attributes["a"])"#, "expected a time"),
    ] {
        let failure = value(expression, RECORD).unwrap_err();
        assert!(failure.contains(why), "{expression}: {failure}");
    }
}

#[test]
fn mistakes_are_told_when_a_statement_is_compiled() {
    for (expression, why) in [
        (r#"Time("a", "%Q")"#, "%Q is not known, expected one of %Y"),
        (r#"Time("a", "")"#, "must not be empty"),
        (r#"Time("a", "2006-01-02")"#, "must not contain digits, found '2'"),
        (r#"FormatTime(Now(), "%S%f")"#, "%f must have a point or a comma before it"),
        (r#"Time("a", "%Y", "Berlin")"#, "\"Berlin\" is no time zone"),
        (r#"Time("a", "%Y", "UTC", "de")"#, "locale \"de\" is not available"),
        (r#"Duration("1 day")"#, "time: unknown unit"),
    ] {
        let mistake = mistake(expression);
        assert!(mistake.contains(why), "{expression}: {mistake}");
    }
}
