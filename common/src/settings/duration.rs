//! Spans of time as the Go collector writes them: `300ms`, `1h30m`, `0.5s`.
//!
//! A bare number is accepted and means nanoseconds, as it does there.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

const NANOS_PER_MILLI: i64 = 1_000_000;
const NANOS_PER_SEC: i64 = 1_000_000_000;

/// A span of time. Zero by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    nanos: i64,
}

impl Duration {
    /// No time.
    pub const ZERO: Self = Self { nanos: 0 };

    /// So many nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { nanos }
    }

    /// So many milliseconds, or the longest span there is.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self { nanos: scaled(millis, NANOS_PER_MILLI) }
    }

    /// So many seconds, or the longest span there is.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self { nanos: scaled(secs, NANOS_PER_SEC) }
    }

    /// The span for timers; a negative one is none.
    #[must_use]
    pub const fn get(self) -> std::time::Duration {
        if self.nanos <= 0 {
            std::time::Duration::ZERO
        } else {
            std::time::Duration::from_nanos(self.nanos.unsigned_abs())
        }
    }

    /// The span in nanoseconds, with its sign.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.nanos
    }

    /// Whether it is no time at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// Whether it is less than no time, which few settings accept.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.nanos < 0
    }
}

const fn scaled(count: u64, unit: i64) -> i64 {
    if count > i64::MAX as u64 { i64::MAX } else { (count as i64).saturating_mul(unit) }
}

/// A text that is no duration. Texts follow upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDuration {
    /// No number where one should be, or too large a one.
    #[error(
        "time: invalid duration {0:?}, expected a number with a unit such as \"10s\" or \"1h30m\""
    )]
    Syntax(String),
    /// A number without a unit.
    #[error("time: missing unit in duration {0:?}, expected one of ns, us, ms, s, m, h")]
    NoUnit(String),
    /// A unit that is none.
    #[error("time: unknown unit {0:?} in duration {1:?}, expected one of ns, us, ms, s, m, h")]
    Unit(String, String),
}

impl FromStr for Duration {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let syntax = || InvalidDuration::Syntax(text.to_owned());
        let (is_negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Ok(Self::ZERO);
        }
        if rest.is_empty() {
            return Err(syntax());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (part, after) = leading_part(rest, text)?;
            total = total.checked_add(part).ok_or_else(syntax)?;
            rest = after;
        }
        let signed = i128::from(total) * if is_negative { -1 } else { 1 };
        i64::try_from(signed).map(Self::from_nanos).map_err(|_| syntax())
    }
}

/// Reads one number and its unit; `whole` is for messages.
fn leading_part<'a>(text: &'a str, whole: &str) -> Result<(u64, &'a str), InvalidDuration> {
    let syntax = || InvalidDuration::Syntax(whole.to_owned());
    let digits = |text: &'a str| {
        text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
    };
    let (integer, rest) = digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest),
        None => ("", rest),
    };
    if integer.is_empty() && fraction.is_empty() {
        return Err(syntax());
    }
    let is_number = |c: char| c == '.' || c.is_ascii_digit();
    let (unit, rest) = rest.split_at(rest.find(is_number).unwrap_or(rest.len()));
    let scale: u64 = match unit {
        "" => return Err(InvalidDuration::NoUnit(whole.to_owned())),
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err(InvalidDuration::Unit(unit.to_owned(), whole.to_owned())),
    };
    let integer: u64 =
        if integer.is_empty() { 0 } else { integer.parse().map_err(|_| syntax())? };
    let integer = integer.checked_mul(scale).ok_or_else(syntax)?;
    integer.checked_add(fraction_of(fraction, scale)).map(|nanos| (nanos, rest)).ok_or_else(syntax)
}

/// The decimal places of a number, in nanoseconds; those beyond the first 18 are below one.
fn fraction_of(digits: &str, scale: u64) -> u64 {
    let digits = digits.get(..18).unwrap_or(digits);
    let power = 10_u128.pow(u32::try_from(digits.len()).unwrap_or(0));
    let nanos = digits.parse::<u128>().unwrap_or(0) * u128::from(scale) / power;
    u64::try_from(nanos).unwrap_or(0)
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.nanos.unsigned_abs();
        if self.nanos < 0 {
            f.write_str("-")?;
        }
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{nanos}ns"),
            1_000..1_000_000 => write_decimal(f, nanos, 1_000, "µs"),
            1_000_000..1_000_000_000 => write_decimal(f, nanos, 1_000_000, "ms"),
            _ => {
                let (hours, minutes) = (nanos / 3_600_000_000_000, nanos / 60_000_000_000 % 60);
                if hours > 0 {
                    write!(f, "{hours}h")?;
                }
                if hours > 0 || minutes > 0 {
                    write!(f, "{minutes}m")?;
                }
                write_decimal(f, nanos % 60_000_000_000, 1_000_000_000, "s")
            }
        }
    }
}

fn write_decimal(f: &mut fmt::Formatter<'_>, nanos: u64, unit: u64, name: &str) -> fmt::Result {
    write!(f, "{}", nanos / unit)?;
    let rest = nanos % unit;
    if rest > 0 {
        let places = unit.ilog10() as usize;
        let digits = format!("{rest:0places$}");
        write!(f, ".{}", digits.trim_end_matches('0'))?;
    }
    f.write_str(name)
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(super::decode::ANY_BUT_NULL, DurationVisitor)
    }
}

struct DurationVisitor;

impl<'de> Visitor<'de> for DurationVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"10s\" or \"1h30m\"")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Duration, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Duration, E> {
        Ok(Duration::ZERO)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, nanos: i64) -> Result<Duration, E> {
        Ok(Duration::from_nanos(nanos))
    }

    fn visit_u64<E: de::Error>(self, nanos: u64) -> Result<Duration, E> {
        i64::try_from(nanos)
            .map(Duration::from_nanos)
            .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(nanos), &self))
    }
}

#[cfg(test)]
mod tests;
