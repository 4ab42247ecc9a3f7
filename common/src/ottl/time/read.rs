//! Reads times by a layout.

mod fields;
mod zone;

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::civil;

use self::{fields::Reader, zone::Zone};
use super::{
    Time,
    layout::{Layout, Part},
    location::{Location, at},
};

/// What a text does not say itself.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// Where it is, if the text names no place.
    pub(super) place: &'a Location,
    /// When it is, if the text names no year.
    pub(super) now: &'a dyn Fn() -> Time,
    /// The place that was named last.
    pub(super) named: &'a ArcSwapOption<Location>,
}

impl Around<'_> {
    fn named(&self, name: &str) -> Option<Arc<Location>> {
        let last = self.named.load_full().filter(|last| last.zone().iana_name() == Some(name));
        last.or_else(|| {
            let named = Arc::new(Location::named(name)?);
            self.named.store(Some(Arc::clone(&named)));
            Some(named)
        })
    }
}

/// Where a text does not fit a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) place: FaultPlace,
    /// How many bytes of the text were left there.
    pub(super) left: usize,
    pub(super) why: &'static str,
}

/// What of a layout a text does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultPlace {
    /// What stands before the element of this number, or behind the last.
    Literal(usize),
    /// The element of this number.
    Element(usize),
    /// None of it: each part is fine.
    Nowhere,
}

/// What is said where nothing more is known.
pub(super) const NO_TIME: &str = "the text is not a time in the format that is given";
const EXTRA_TEXT: &str = "the text goes on where the format of the time ends";
const DAY_RANGE: &str = "the day is out of range";
const TOO_FAR: &str = "the time is too far away";
const UNKNOWN_ZONE: &str = "the time zone in the text is unknown";

impl Fault {
    const fn nowhere(why: &'static str) -> Self {
        Self { place: FaultPlace::Nowhere, left: 0, why }
    }
}

/// What a text says, before a place is known.
#[derive(Clone, Debug, Default)]
struct Said<'a> {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
    year_day: Option<i16>,
    hour: i8,
    minute: i8,
    second: i8,
    nanos: i32,
    is_afternoon: Option<bool>,
    is_utc: bool,
    offset: Option<i32>,
    zone_name: Option<&'a str>,
}

impl Layout {
    /// The time that a text says.
    pub(super) fn read(&self, text: &str, around: Around<'_>) -> Result<Time, Fault> {
        let said = self.said(text)?;
        let clock = said.clock()?;
        let too_far = Fault::nowhere(TOO_FAR);
        let found = Zone::of(&said, clock, around.place).ok_or(too_far)?;
        let time = match found.doubtful_name(around.place) {
            None => found.time,
            // The name was perhaps of another place than the one asked.
            Some(name) => {
                let named = around.named(name).ok_or(Fault::nowhere(UNKNOWN_ZONE))?;
                Zone::of(&said, clock, &named).ok_or(too_far)?.time
            }
        };
        with_year(time, around.now).ok_or(too_far)
    }

    fn said<'a>(&self, text: &'a str) -> Result<Said<'a>, Fault> {
        let mut said = Said::default();
        let mut reader = Reader::new(text);
        for (index, part) in self.parts.iter().enumerate() {
            if !reader.literal(&part.literal) {
                let place = FaultPlace::Literal(index);
                return Err(Fault { place, left: reader.left(), why: NO_TIME });
            }
            let has_fraction = self.parts.get(index + 1).is_some_and(Part::is_fraction);
            let before = reader.left();
            let place = FaultPlace::Element(index);
            match reader.element(part.element, has_fraction, &mut said) {
                Ok(None) => {}
                Ok(Some(why)) => return Err(Fault { place, left: reader.left(), why }),
                Err(()) => return Err(Fault { place, left: before, why: NO_TIME }),
            }
        }
        let place = FaultPlace::Literal(self.parts.len());
        if !reader.literal(&self.tail) {
            return Err(Fault { place, left: reader.left(), why: NO_TIME });
        }
        if reader.left() > 0 {
            let place = FaultPlace::Nowhere;
            return Err(Fault { place, left: reader.left(), why: EXTRA_TEXT });
        }
        Ok(said)
    }
}

impl Said<'_> {
    fn clock(&self) -> Result<civil::DateTime, Fault> {
        let wrong = || Fault::nowhere(DAY_RANGE);
        let hour = match self.is_afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let mut date = civil::Date::new(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1))
            .map_err(|_| wrong())?;
        if let Some(day) = self.year_day {
            let of_year = civil::Date::new(self.year, 1, 1)
                .and_then(|first| first.with().day_of_year(day).build());
            let of_year = of_year.map_err(|_| wrong())?;
            let differs = self.month.is_some_and(|month| month != of_year.month())
                || self.day.is_some_and(|day| day != of_year.day());
            if differs {
                return Err(wrong());
            }
            date = of_year;
        }
        let time = civil::Time::new(hour, self.minute, self.second, self.nanos);
        Ok(date.to_datetime(time.map_err(|_| wrong())?))
    }
}

/// A time without a year is this year's, or last year's if that is more than a week ahead.
fn with_year(time: Time, now: &dyn Fn() -> Time) -> Option<Time> {
    let clock = time.local();
    if clock.year() > 0 {
        return Some(time);
    }
    let now = now();
    let year = now.local().year();
    let near = moved_to(&time, clock, year)?;
    let in_a_week = now.local().checked_add(jiff::Span::new().days(7)).ok()?;
    let in_a_week = at(now.zone(), in_a_week)?;
    if near > in_a_week { moved_to(&time, near.local(), year - 1) } else { Some(near) }
}

/// The same day of another year; the 29th of February becomes the 1st of March.
fn moved_to(time: &Time, clock: civil::DateTime, year: i16) -> Option<Time> {
    let date = civil::Date::new(year, clock.month(), clock.day())
        .or_else(|_| civil::Date::new(year, clock.month() + 1, 1))
        .ok()?;
    at(time.zone(), date.to_datetime(clock.time()))
}
