//! Times and durations.

use super::{Arguments, Converter, Function, Make};
use crate::{
    ottl::{
        error::Error,
        failure::Failure,
        time::{Location, PrintFormat, ReadFormat, Time},
        value::Value,
    },
    settings::Duration,
};

const NANOS_PER_SEC: i64 = 1_000_000_000;

const fn function(
    name: &'static str,
    parameters: &'static [&'static str],
    make: fn(&Arguments<'_>) -> Result<Converter, Error>,
    about: &'static str,
) -> Function {
    Function { name, parameters, about, contexts: &[], make: Make::Converter(make) }
}

const TIME: &[&str] = &["time"];
const DURATION: &[&str] = &["duration"];

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "Time",
        &["time", "format", "location?", "locale?"],
        time,
        "the time that a text says in a format such as %Y-%m-%dT%H:%M:%S%z",
    ),
    function("FormatTime", &["time", "format"], format_time, "a time as a text in a format"),
    function("Now", &[], |_| Ok(Converter::new(|_| Ok(Value::Time(Time::now())))), "the present"),
    function("Duration", DURATION, duration, "the duration that a text such as 1h30m says"),
    function("TruncateTime", &["time", "duration"], truncate_time, "a time rounded down"),
    function(
        "Unix",
        &["seconds", "nanoseconds?"],
        unix,
        "the time so many seconds and nanoseconds after 1970",
    ),
    function(
        "UnixNano",
        TIME,
        |arguments| of_time(arguments, |time| time.unix_nanos()),
        "nanoseconds since 1970",
    ),
    function(
        "UnixMicro",
        TIME,
        |arguments| of_time(arguments, |time| time.unix_units(1_000)),
        "microseconds since 1970",
    ),
    function(
        "UnixMilli",
        TIME,
        |arguments| of_time(arguments, |time| time.unix_units(1_000_000)),
        "milliseconds since 1970",
    ),
    function(
        "UnixSeconds",
        TIME,
        |arguments| of_time(arguments, |time| time.unix_units(NANOS_PER_SEC)),
        "seconds since 1970",
    ),
    function(
        "Year",
        TIME,
        |arguments| of_time(arguments, |time| time.local().year().into()),
        "the year of a time",
    ),
    function(
        "Month",
        TIME,
        |arguments| of_time(arguments, |time| time.local().month().into()),
        "the month of a time, from 1",
    ),
    function(
        "Day",
        TIME,
        |arguments| of_time(arguments, |time| time.local().day().into()),
        "the day of a time in its month, from 1",
    ),
    function(
        "Weekday",
        TIME,
        |arguments| of_time(arguments, |time| i64::try_from(time.weekday()).unwrap_or(0)),
        "the day of a time in its week, 0 for Sunday",
    ),
    function(
        "Hour",
        TIME,
        |arguments| of_time(arguments, |time| time.local().hour().into()),
        "the hour of a time",
    ),
    function(
        "Minute",
        TIME,
        |arguments| of_time(arguments, |time| time.local().minute().into()),
        "the minute of a time",
    ),
    function(
        "Second",
        TIME,
        |arguments| of_time(arguments, |time| time.local().second().into()),
        "the second of a time",
    ),
    function(
        "Nanosecond",
        TIME,
        |arguments| of_time(arguments, |time| time.local().subsec_nanosecond().into()),
        "the nanoseconds of a time in its second",
    ),
    function(
        "Hours",
        DURATION,
        |arguments| of_duration(arguments, |nanos| in_units(nanos, 3600 * NANOS_PER_SEC)),
        "a duration in hours, with its fraction",
    ),
    function(
        "Minutes",
        DURATION,
        |arguments| of_duration(arguments, |nanos| in_units(nanos, 60 * NANOS_PER_SEC)),
        "a duration in minutes, with its fraction",
    ),
    function(
        "Seconds",
        DURATION,
        |arguments| of_duration(arguments, |nanos| in_units(nanos, NANOS_PER_SEC)),
        "a duration in seconds, with its fraction",
    ),
    function(
        "Milliseconds",
        DURATION,
        |arguments| of_duration(arguments, |nanos| Value::Int(nanos / 1_000_000)),
        "a duration in whole milliseconds",
    ),
    function(
        "Microseconds",
        DURATION,
        |arguments| of_duration(arguments, |nanos| Value::Int(nanos / 1_000)),
        "a duration in whole microseconds",
    ),
    function(
        "Nanoseconds",
        DURATION,
        |arguments| of_duration(arguments, Value::Int),
        "a duration in nanoseconds",
    ),
];

/// Languages whose names of months and days are those that are known.
const LOCALES: [&str; 2] = ["en", "en-US"];

fn time(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let text = arguments.get("time")?.text()?;
    let format = arguments.get("format")?;
    let written = format.literal_text()?;
    let place = match arguments.find("location") {
        Some(location) => {
            let name = location.literal_text()?;
            let place = (!name.is_empty()).then(|| Location::named(&name));
            place.map(|place| {
                place.ok_or_else(|| {
                    location.error(format!(
                        "{name:?} is no time zone, expected a name such as Europe/Berlin"
                    ))
                })
            })
        }
        None => None,
    };
    let place = match place {
        Some(place) => place?,
        None if written.ends_with('Z') => Location::utc(),
        None => Location::local(),
    };
    if let Some(locale) = arguments.find("locale") {
        let name = locale.literal_text()?;
        if !LOCALES.contains(&name.as_str()) {
            let known = LOCALES.join(", ");
            let message = format!(
                "locale {name:?} is not available in this version, expected one of {known}"
            );
            return Err(locale.error(message));
        }
    }
    let format = ReadFormat::new(&written).map_err(|error| format.error(error.to_string()))?;
    Ok(Converter::new(move |view| {
        let text = text.text(view)?;
        format.read(&text, &place, &Time::now).map(Value::Time).map_err(Failure::new)
    }))
}

fn format_time(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let time = arguments.get("time")?.time()?;
    let format = arguments.get("format")?;
    let written = format.literal_text()?;
    let format = PrintFormat::new(&written).map_err(|error| format.error(error.to_string()))?;
    Ok(Converter::new(move |view| Ok(Value::Text(format.print(&time.time(view)?).into()))))
}

fn duration(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let argument = arguments.get("duration")?;
    let text = argument.text()?;
    if let Some(Value::Text(text)) = text.constant() {
        let duration =
            text.parse::<Duration>().map_err(|error| argument.error(error.to_string()))?;
        return Ok(Converter::constant(Value::Duration(duration.as_nanos())));
    }
    Ok(Converter::new(move |view| {
        let duration = text.text(view)?.parse::<Duration>();
        let duration = duration.map_err(|_| Failure::new("the text is not a duration"))?;
        Ok(Value::Duration(duration.as_nanos()))
    }))
}

fn truncate_time(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let time = arguments.get("time")?.time()?;
    let duration = arguments.get("duration")?.duration()?;
    Ok(Converter::new(move |view| {
        let truncated = time.time(view)?.truncated(duration.duration(view)?);
        truncated.map(Value::Time).ok_or(Failure::new(TOO_FAR))
    }))
}

const TOO_FAR: &str = "the time is too far away";

fn unix(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let seconds = arguments.get("seconds")?.int()?;
    let nanos = arguments.find("nanoseconds").map(|nanos| nanos.int()).transpose()?;
    let local = Location::local();
    Ok(Converter::new(move |view| {
        let nanos = nanos.as_ref().map_or(Ok(0), |nanos| nanos.int(view))?;
        let time = Time::from_unix(seconds.int(view)?, nanos).ok_or(Failure::new(TOO_FAR))?;
        Ok(Value::Time(time.seen_from(local.zone().clone())))
    }))
}

fn of_time(arguments: &Arguments<'_>, take: fn(&Time) -> i64) -> Result<Converter, Error> {
    let time = arguments.get("time")?.time()?;
    Ok(Converter::new(move |view| Ok(Value::Int(take(&time.time(view)?)))))
}

fn of_duration(
    arguments: &Arguments<'_>,
    take: fn(i64) -> Value<'static>,
) -> Result<Converter, Error> {
    let duration = arguments.get("duration")?.duration()?;
    Ok(Converter::new(move |view| Ok(take(duration.duration(view)?))))
}

/// Whole units and their fraction apart, so that large numbers come out as in Go.
fn in_units(nanos: i64, unit: i64) -> Value<'static> {
    Value::Double((nanos / unit) as f64 + (nanos % unit) as f64 / unit as f64)
}

#[cfg(test)]
mod tests;
