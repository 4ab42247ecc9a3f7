//! Writes times by a layout.

use std::fmt::{self, Write as _};

use jiff::tz::TimeZone;

use super::{
    Time,
    layout::{Element, Layout, OffsetForm, Part},
    names::{DAYS, MONTHS, short},
};

impl Layout {
    pub(super) fn print(&self, time: &Time) -> String {
        let mut out = String::new();
        for part in &self.parts {
            out.push_str(&part.literal);
            // Writing into a text does not fail.
            put(&mut out, part, time).unwrap_or_default();
        }
        out.push_str(&self.tail);
        out
    }
}

fn put(out: &mut String, part: &Part, time: &Time) -> fmt::Result {
    let local = time.local();
    let (year, hour) = (i32::from(local.year()), i32::from(local.hour()));
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let month = usize::try_from(local.month() - 1).ok().and_then(|month| MONTHS.get(month));
    let month = month.copied().unwrap_or_default();
    let day = DAYS.get(time.weekday()).copied().unwrap_or_default();
    match part.element {
        Element::Year => {
            write!(out, "{}{:04}", if year < 0 { "-" } else { "" }, year.unsigned_abs())
        }
        Element::ShortYear => write!(out, "{:02}", year.max(0) % 100),
        Element::MonthName => out.write_str(month),
        Element::ShortMonthName => out.write_str(short(month)),
        Element::Month(width) => write!(out, "{:0width$}", local.month()),
        Element::DayName => out.write_str(day),
        Element::ShortDayName => out.write_str(short(day)),
        Element::Day(width) => write!(out, "{:0width$}", local.day()),
        Element::PaddedDay => write!(out, "{:2}", local.day()),
        Element::YearDay => write!(out, "{:03}", local.date().day_of_year()),
        Element::PaddedYearDay => write!(out, "{:3}", local.date().day_of_year()),
        Element::Hour => write!(out, "{hour:02}"),
        Element::Hour12(width) => write!(out, "{hour12:0width$}"),
        Element::Minute(width) => write!(out, "{:0width$}", local.minute()),
        Element::Second(width) => write!(out, "{:0width$}", local.second()),
        Element::Fraction(digits) => put_fraction(out, part, local.subsec_nanosecond(), digits),
        Element::HalfOfDay { is_upper } => out.write_str(match (hour >= 12, is_upper) {
            (true, true) => "PM",
            (true, false) => "pm",
            (false, true) => "AM",
            (false, false) => "am",
        }),
        Element::ZoneName => put_zone_name(out, time),
        Element::Offset(form) => put_offset(out, form, time.offset().seconds()),
    }
}

/// Zeros at the end are left out, and all of it if there is nothing else.
fn put_fraction(out: &mut String, part: &Part, nanos: i32, digits: usize) -> fmt::Result {
    let all = format!("{nanos:09}");
    let shown = all.get(..digits.min(9)).unwrap_or(&all).trim_end_matches('0');
    if shown.is_empty() {
        return Ok(());
    }
    write!(out, "{}{shown}", part.text.get(..1).unwrap_or("."))
}

fn put_zone_name(out: &mut String, time: &Time) -> fmt::Result {
    let zone = time.zone();
    if *zone == TimeZone::UTC {
        return out.write_str("UTC");
    }
    // What is only an offset has no name.
    if zone.to_fixed_offset().is_ok() {
        let form = OffsetForm { has_zulu: false, has_colons: false, numbers: 2 };
        return put_offset(out, form, time.offset().seconds());
    }
    out.write_str(&time.zone_name())
}

fn put_offset(out: &mut String, form: OffsetForm, seconds: i32) -> fmt::Result {
    if form.has_zulu && seconds == 0 {
        return out.write_str("Z");
    }
    let minutes = seconds / 60;
    out.push(if minutes < 0 { '-' } else { '+' });
    let numbers = [minutes.abs() / 60, minutes.abs() % 60, seconds.abs() % 60];
    for (index, number) in numbers.iter().take(form.numbers).enumerate() {
        if index > 0 && form.has_colons {
            out.push(':');
        }
        write!(out, "{number:02}")?;
    }
    Ok(())
}
