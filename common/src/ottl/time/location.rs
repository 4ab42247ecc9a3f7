//! Places whose clocks a time is read by.

use jiff::{
    Timestamp, civil,
    tz::{Offset, TimeZone},
};

use super::Time;

/// A time zone, with the short names that its clocks had.
#[derive(Clone, Debug)]
pub struct Location {
    zone: TimeZone,
    names: Vec<(String, i32)>,
}

/// Its rules go on for ever; names are looked for until here.
const LAST_NAMES: i64 = 2_145_916_800;

impl Location {
    /// UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self::new(TimeZone::UTC)
    }

    /// Where the process runs.
    #[must_use]
    pub fn local() -> Self {
        Self::new(TimeZone::system())
    }

    /// The place of a name of the tz database, such as `Europe/Berlin`, in its exact spelling.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Self::utc()),
            "Local" => Some(Self::local()),
            _ => {
                let zone = TimeZone::get(name).ok()?;
                (zone.iana_name() == Some(name)).then(|| Self::new(zone))
            }
        }
    }

    fn new(zone: TimeZone) -> Self {
        let mut names: Vec<(String, i32)> = Vec::new();
        let last = Timestamp::from_second(LAST_NAMES).unwrap_or(Timestamp::MAX);
        for change in zone.preceding(last) {
            names.push((change.abbreviation().to_owned(), change.offset().seconds()));
        }
        let first = zone.to_offset_info(Timestamp::MIN);
        names.push((first.abbreviation().to_owned(), first.offset().seconds()));
        // From the oldest on, each once.
        names.reverse();
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Self { zone, names }
    }

    /// The zone.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The offset when clocks show a time, if the short name is one of this place.
    pub(super) fn offset_by_name(&self, name: &str, clock: civil::DateTime) -> Option<i32> {
        let mut known = self.names.iter().filter(|(known, _)| known == name);
        let valid = known.clone().find(|(_, offset)| {
            let instant = instant(clock, *offset);
            instant.is_some_and(|instant| self.zone.to_offset_info(instant).abbreviation() == name)
        });
        valid.or_else(|| known.next()).map(|(_, offset)| *offset)
    }

    pub(super) fn seen(&self, instant: Timestamp) -> Time {
        Time::from(instant).seen_from(self.zone.clone())
    }
}

/// The time at which clocks show this. Of two it is one; of none it is near, as Go has it.
pub(super) fn at(zone: &TimeZone, clock: civil::DateTime) -> Option<Time> {
    let near = zone.to_offset(instant(clock, 0)?).seconds();
    let offset = match near {
        0 => 0,
        _ => zone.to_offset(instant(clock, near)?).seconds(),
    };
    Some(Time::from(instant(clock, offset)?).seen_from(zone.clone()))
}

/// The instant when clocks that are so far ahead of UTC show this.
pub(super) fn instant(clock: civil::DateTime, offset: i32) -> Option<Timestamp> {
    Offset::from_seconds(offset).ok()?.to_timestamp(clock).ok()
}
