//! Points in time, as OTTL has them: to the nanosecond, seen from some time zone.
//!
//! Durations are plain nanoseconds in an `i64`.

mod format;
mod layout;
mod location;
mod names;
mod print;
mod read;
#[cfg(test)]
mod tests;
use std::{cmp::Ordering, fmt};

use jiff::{SignedDuration, Timestamp, civil, tz::Offset, tz::TimeZone};

pub use self::{
    format::{FormatError, PrintFormat, ReadFormat},
    location::Location,
};
use crate::settings::Duration;

const NANOS_PER_SEC: i64 = 1_000_000_000;
const YEAR_1_TO_1970: i128 = 62_135_596_800_000_000_000;

/// A point in time. Two are equal if they are the same instant, wherever they are seen from.
#[derive(Clone, Debug)]
pub struct Time {
    instant: Timestamp,
    zone: TimeZone,
}

impl Time {
    /// So many nanoseconds after 1970, or before it, seen from UTC.
    ///
    /// The `u64` of a payload is cast to it, as the Go collector does.
    #[must_use]
    pub fn from_unix_nanos(nanos: i64) -> Self {
        let (seconds, rest) = (nanos.div_euclid(NANOS_PER_SEC), nanos.rem_euclid(NANOS_PER_SEC));
        Self::from_unix(seconds, rest).unwrap_or_else(|| Self::from(Timestamp::UNIX_EPOCH))
    }

    /// So many seconds and nanoseconds after 1970, seen from UTC, if that is before the year 10000
    /// and after the year -10000.
    #[must_use]
    pub fn from_unix(seconds: i64, nanos: i64) -> Option<Self> {
        let seconds = seconds.checked_add(nanos.div_euclid(NANOS_PER_SEC))?;
        let nanos = i32::try_from(nanos.rem_euclid(NANOS_PER_SEC)).ok()?;
        let whole = Timestamp::from_second(seconds).ok()?;
        whole.checked_add(SignedDuration::new(0, nanos)).ok().map(Self::from)
    }

    /// The present, seen from where the process runs.
    #[must_use]
    pub fn now() -> Self {
        Self { instant: Timestamp::now(), zone: TimeZone::system() }
    }

    /// The same instant, seen from somewhere else.
    #[must_use]
    pub fn seen_from(self, zone: TimeZone) -> Self {
        Self { zone, ..self }
    }

    /// Nanoseconds after 1970; wraps around where they do not fit, as in Go.
    #[must_use]
    pub fn unix_nanos(&self) -> i64 {
        self.instant.as_nanosecond() as i64
    }

    /// So many times this many nanoseconds after 1970, rounded down; wraps around like nanoseconds.
    #[must_use]
    pub fn unix_units(&self, nanos: i64) -> i64 {
        self.instant.as_nanosecond().div_euclid(i128::from(nanos.max(1))) as i64
    }

    /// What clocks and calendars say where it is seen from.
    #[must_use]
    pub fn local(&self) -> civil::DateTime {
        self.offset().to_datetime(self.instant)
    }

    /// How far clocks are ahead of UTC where it is seen from.
    #[must_use]
    pub fn offset(&self) -> Offset {
        self.zone.to_offset(self.instant)
    }

    /// What the offset is called where it is seen from, such as `CET`.
    #[must_use]
    pub fn zone_abbreviation(&self) -> String {
        self.zone.to_offset_info(self.instant).abbreviation().to_owned()
    }

    /// Where it is seen from.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The short name of that time zone, at that time.
    #[must_use]
    pub fn zone_name(&self) -> String {
        self.zone.to_offset_info(self.instant).abbreviation().to_owned()
    }

    /// The day of the week where it is seen from, 0 for Sunday.
    #[must_use]
    pub fn weekday(&self) -> usize {
        usize::try_from(self.local().weekday().to_sunday_zero_offset()).unwrap_or(0)
    }

    /// The last multiple of a duration since the year 1; itself for no duration.
    #[must_use]
    pub fn truncated(&self, nanos: i64) -> Option<Self> {
        if nanos <= 0 {
            return Some(self.clone());
        }
        let since_year_1 = self.instant.as_nanosecond() + YEAR_1_TO_1970;
        let beyond = i64::try_from(since_year_1.rem_euclid(i128::from(nanos))).ok()?;
        self.checked_add(-beyond)
    }

    /// So many nanoseconds later, if there is such a time.
    #[must_use]
    pub fn checked_add(&self, nanos: i64) -> Option<Self> {
        let instant = self.instant.checked_add(SignedDuration::from_nanos(nanos)).ok()?;
        Some(Self { instant, zone: self.zone.clone() })
    }

    /// How many nanoseconds later than `other` it is, or the most there can be.
    #[must_use]
    pub fn since(&self, other: &Self) -> i64 {
        let nanos = self.instant.as_nanosecond() - other.instant.as_nanosecond();
        i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
    }
}

impl From<Timestamp> for Time {
    fn from(instant: Timestamp) -> Self {
        Self { instant, zone: TimeZone::UTC }
    }
}

impl PartialEq for Time {
    fn eq(&self, other: &Self) -> bool {
        self.instant == other.instant
    }
}

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> Ordering {
        self.instant.cmp(&other.instant)
    }
}

/// Go's `RFC3339Nano`: `2024-02-29T12:00:00.5+01:00`, `Z` for no offset, no fraction if it is zero.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.local();
        let (date, time) = (local.date(), local.time());
        let year = i32::from(date.year());
        write!(f, "{}{:04}", if year < 0 { "-" } else { "" }, year.abs())?;
        write!(f, "-{:02}-{:02}T", date.month(), date.day())?;
        write!(f, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())?;
        if time.subsec_nanosecond() > 0 {
            let digits = format!("{:09}", time.subsec_nanosecond());
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        let minutes = self.offset().seconds() / 60;
        if self.offset().is_zero() {
            return f.write_str("Z");
        }
        let sign = if minutes < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }
}

/// How Go writes a duration: `1h2m3.5s`, `0s`, `-1.5ms`.
#[must_use]
pub fn duration_text(nanos: i64) -> String {
    Duration::from_nanos(nanos).to_string()
}
