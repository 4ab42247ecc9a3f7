//! The place that a text says a time is of.

use jiff::{
    Timestamp, civil,
    tz::{Offset, TimeZone},
};

use super::Said;
use crate::ottl::time::{
    Time,
    location::{Location, at, instant},
};

/// A time, and the name of its zone if the text gave one without saying where it is.
pub(super) struct Zone<'a> {
    pub(super) time: Time,
    made_up: Option<&'a str>,
}

impl<'a> Zone<'a> {
    pub(super) fn of(said: &Said<'a>, clock: civil::DateTime, place: &Location) -> Option<Self> {
        if said.is_utc {
            return Some(Self { time: instant(clock, 0)?.into(), made_up: None });
        }
        if let Some(offset) = said.offset {
            return Self::by_offset(said, clock, place, offset);
        }
        let Some(name) = said.zone_name else {
            return Some(Self { time: at(place.zone(), clock)?, made_up: None });
        };
        match place.offset_by_name(name, clock) {
            Some(offset) => Some(Self { time: place.seen(instant(clock, offset)?), made_up: None }),
            None => {
                let hours = name.strip_prefix("GMT").and_then(|hours| hours.parse::<i32>().ok());
                // As Go: the clock is UTC's all the same.
                fixed(instant(clock, 0)?, hours.unwrap_or(0) * 3600, name)
            }
        }
    }

    fn by_offset(
        said: &Said<'a>,
        clock: civil::DateTime,
        place: &Location,
        offset: i32,
    ) -> Option<Self> {
        let instant = instant(clock, offset)?;
        let here = place.zone().to_offset_info(instant);
        let name = said.zone_name.unwrap_or_default();
        if here.offset().seconds() == offset && (name.is_empty() || here.abbreviation() == name) {
            return Some(Self { time: place.seen(instant), made_up: None });
        }
        fixed(instant, offset, name)
    }

    /// A name that may stand for another place: one that the text gave, with no offset known.
    pub(super) fn doubtful_name(&self, place: &Location) -> Option<&'a str> {
        let name = self.made_up.filter(|name| *name != "UTC")?;
        if !self.time.offset().is_zero() {
            return None;
        }
        let here = self.time.clone().seen_from(place.zone().clone()).zone_name();
        (name != here).then_some(name)
    }
}

fn fixed(instant: Timestamp, offset: i32, name: &str) -> Option<Zone<'_>> {
    let zone = TimeZone::fixed(Offset::from_seconds(offset).ok()?);
    let time = Time::from(instant).seen_from(zone);
    Some(Zone { time, made_up: Some(name) })
}
