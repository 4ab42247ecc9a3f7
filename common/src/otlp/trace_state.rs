//! The W3C trace state of a span, and what OpenTelemetry's own member of it says of sampling.
//!
//! Sources: W3C "Trace Context" level 2, section 3.3, and OpenTelemetry's "TraceState: Probability
//! Sampling". The limits are those of the Go collector, which takes one member less than the W3C allows.

mod probability;
#[cfg(test)]
mod tests;

use std::fmt;

pub use probability::{Randomness, Threshold};
use smallvec::SmallVec;

/// The most bytes of a trace state.
pub const MAX_BYTES: usize = 1024;
/// The most members of a trace state, empty ones included.
pub const MAX_MEMBERS: usize = 31;

const MAX_KEY_BYTES: usize = 256;
const MAX_TENANT_BYTES: usize = 241;
const MAX_SYSTEM_BYTES: usize = 14;
const MAX_VALUE_BYTES: usize = 256;

/// The key of OpenTelemetry's member.
const OPEN_TELEMETRY: &str = "ot";
const RANDOMNESS: &str = "rv";
const THRESHOLD: &str = "th";

/// A text that is no trace state, or one beyond the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceStateError {
    /// It is too long.
    #[error("the trace state is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// It has too many members.
    #[error("the trace state has more than {MAX_MEMBERS} members")]
    TooManyMembers,
    /// A member is not `key=value`.
    #[error("a member of the trace state is not key=value as the W3C has it")]
    Member,
    /// What stands behind `ot=` is not a list of `key:value`.
    #[error("the member ot of the trace state is not a list of key:value")]
    OpenTelemetry,
    /// `rv` is not 14 hexadecimal digits.
    #[error("rv in the trace state is not 14 hexadecimal digits")]
    Randomness,
    /// `th` is not 1 to 14 hexadecimal digits.
    #[error("th in the trace state is not 1 to 14 hexadecimal digits")]
    Threshold,
}

type Pair<'a> = (&'a str, &'a str);

/// A trace state, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceState<'a> {
    /// The explicit randomness, `rv`.
    pub randomness: Option<Randomness>,
    /// The sampling threshold, `th`.
    pub threshold: Option<Threshold>,
    /// What else OpenTelemetry's member holds.
    extras: SmallVec<[Pair<'a>; 2]>,
    /// The members of others.
    others: SmallVec<[Pair<'a>; 4]>,
}

impl<'a> TraceState<'a> {
    /// Takes a trace state apart.
    ///
    /// # Errors
    /// [`TraceStateError`] if any part of it is not as it should be.
    pub fn parse(text: &'a str) -> Result<Self, TraceStateError> {
        let mut state = Self::default();
        for member in members(text)? {
            match member? {
                (OPEN_TELEMETRY, value) => state.read_open_telemetry(value)?,
                other => state.others.push(other),
            }
        }
        Ok(state)
    }

    /// Of several members the last counts.
    fn read_open_telemetry(&mut self, list: &'a str) -> Result<(), TraceStateError> {
        (self.randomness, self.threshold) = (None, None);
        self.extras.clear();
        for member in list.split(';') {
            let (key, value) = member.split_once(':').ok_or(TraceStateError::OpenTelemetry)?;
            if !is_open_telemetry_key(key) || !value.bytes().all(is_open_telemetry_value) {
                return Err(TraceStateError::OpenTelemetry);
            }
            match key {
                RANDOMNESS => {
                    let randomness = Randomness::parse(value);
                    self.randomness = Some(randomness.ok_or(TraceStateError::Randomness)?);
                }
                THRESHOLD => {
                    let threshold = Threshold::parse(value);
                    self.threshold = Some(threshold.ok_or(TraceStateError::Threshold)?);
                }
                _ => self.extras.push((key, value)),
            }
        }
        Ok(())
    }
}

/// The trace state as it is sent: OpenTelemetry's member first, the others in their order.
impl fmt::Display for TraceState<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separators = std::iter::once("ot=").chain(std::iter::repeat(";"));
        let mut separate = |f: &mut fmt::Formatter<'_>| {
            separators.next().map_or(Ok(()), |separator| f.write_str(separator))
        };
        if let Some(randomness) = self.randomness {
            separate(f)?;
            write!(f, "{RANDOMNESS}:{randomness}")?;
        }
        // A threshold that nothing passes has no text.
        if let Some(threshold) = self.threshold.filter(|one| *one != Threshold::NEVER) {
            separate(f)?;
            write!(f, "{THRESHOLD}:{threshold}")?;
        }
        for (key, value) in &self.extras {
            separate(f)?;
            write!(f, "{key}:{value}")?;
        }
        let mut is_first = separators.next() == Some("ot=");
        for (key, value) in &self.others {
            let comma = if is_first { "" } else { "," };
            write!(f, "{comma}{key}={value}")?;
            is_first = false;
        }
        Ok(())
    }
}

/// The members of a trace state in their order, each a key and a value; empty ones are passed over.
///
/// # Errors
/// [`TraceStateError`] if there is too much of it; members that are none are errors among the rest.
pub fn members(
    text: &str,
) -> Result<impl Iterator<Item = Result<Pair<'_>, TraceStateError>>, TraceStateError> {
    if text.len() > MAX_BYTES {
        return Err(TraceStateError::TooLong);
    }
    // A comma at the end begins no member.
    let list = text.strip_suffix(',').unwrap_or(text).split(',');
    if list.clone().count() > MAX_MEMBERS {
        return Err(TraceStateError::TooManyMembers);
    }
    Ok(list.map(|member| member.trim_matches([' ', '\t'])).filter(|member| !member.is_empty()).map(
        |member| {
            let pair = member.split_once('=').ok_or(TraceStateError::Member)?;
            let is_sound = is_key(pair.0) && is_value(pair.1);
            if is_sound { Ok(pair) } else { Err(TraceStateError::Member) }
        },
    ))
}

/// Whether this is `key` or `tenant@system`.
fn is_key(key: &str) -> bool {
    let has_sound_rest = |word: &str| {
        let is_sound =
            |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/');
        word.bytes().all(is_sound)
    };
    let begins_with_letter =
        |word: &str| word.starts_with(|first: char| first.is_ascii_lowercase());
    if key.len() > MAX_KEY_BYTES {
        return false;
    }
    match key.split_once('@') {
        None => begins_with_letter(key) && has_sound_rest(key),
        Some((tenant, system)) => {
            let begins_with_digit = tenant.starts_with(|first: char| first.is_ascii_digit());
            (begins_with_digit || begins_with_letter(tenant))
                && begins_with_letter(system)
                && has_sound_rest(tenant)
                && has_sound_rest(system)
                && tenant.len() <= MAX_TENANT_BYTES
                && system.len() <= MAX_SYSTEM_BYTES
        }
    }
}

/// Whether this is printable ASCII without `,` and `=` that does not end in a space.
fn is_value(value: &str) -> bool {
    let is_sound = |byte: u8| matches!(byte, b' '..=b'~') && byte != b',' && byte != b'=';
    (1..=MAX_VALUE_BYTES).contains(&value.len())
        && !value.ends_with(' ')
        && value.bytes().all(is_sound)
}

fn is_open_telemetry_key(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

const fn is_open_telemetry_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}
