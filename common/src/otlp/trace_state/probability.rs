//! Sampling probabilities as 56-bit numbers: a threshold, and the randomness that is held against it.

use std::fmt::{self, Write as _};

/// Hexadecimal digits of 56 bits.
const DIGITS: u32 = 14;
const BITS_PER_DIGIT: u32 = 4;
/// What is above all randomness.
const LIMIT: u64 = 1 << 56;

/// How much randomness an item needs to be kept; the rest of the range is the probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Threshold(u64);

impl Threshold {
    /// Keeps everything.
    pub const ALWAYS: Self = Self(0);
    /// Keeps nothing.
    pub const NEVER: Self = Self(LIMIT);
    /// The smallest probability that is more than none.
    pub const MIN_PROBABILITY: f64 = 1.0 / LIMIT as f64;

    /// Reads the text of a threshold: up to 14 hexadecimal digits, zeros at the end left out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let zeros = DIGITS.checked_sub(u32::try_from(text.len()).ok()?)?;
        Some(Self(parse_digits(text)? << (BITS_PER_DIGIT * zeros)))
    }

    /// The threshold of `share` in 2^14 of all items.
    #[must_use]
    pub const fn of_buckets(share: u32) -> Self {
        Self((1_u64 << 14).saturating_sub(share as u64) << 42)
    }

    /// The threshold of a probability, rounded to so many digits and a few more near 0 and 1.
    ///
    /// Nothing if it is not above zero or more than 1.
    #[must_use]
    pub fn of_probability(probability: f64, digits: u32) -> Option<Self> {
        if !(Self::MIN_PROBABILITY..=1.0).contains(&probability) {
            return None;
        }
        if probability == 1.0 {
            return Some(Self::ALWAYS);
        }
        // A digit more for each that is all zeros or all ones.
        let plain = |part: f64| u32::try_from(exponent(part) / -4).unwrap_or_default();
        let digits = digits + plain(probability).max(plain(1.0 - probability));
        let threshold = LIMIT - (probability * LIMIT as f64).round() as u64;
        let shift = BITS_PER_DIGIT * DIGITS.saturating_sub(digits);
        let half = (1_u64 << shift) >> 1;
        Some(Self((threshold + half) >> shift << shift))
    }

    /// The share of items that is kept.
    #[must_use]
    pub fn probability(self) -> f64 {
        (LIMIT - self.0) as f64 / LIMIT as f64
    }

    /// Whether an item of this randomness is kept.
    #[must_use]
    pub const fn keeps(self, randomness: Randomness) -> bool {
        self.0 <= randomness.0
    }
}

/// Without the zeros at its end; the threshold that keeps nothing has no text.
impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALWAYS {
            return f.write_char('0');
        }
        if *self == Self::NEVER {
            return Ok(());
        }
        let mut digits = DIGITS;
        let mut rest = self.0;
        while rest.trailing_zeros() >= BITS_PER_DIGIT {
            rest >>= BITS_PER_DIGIT;
            digits -= 1;
        }
        write!(f, "{rest:0width$x}", width = digits as usize)
    }
}

/// The random number of an item, which all that sample it share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Randomness(u64);

impl Randomness {
    /// Is kept by every threshold but [`Threshold::NEVER`].
    pub const MAX: Self = Self(LIMIT - 1);

    /// The lower 56 bits of a number.
    #[must_use]
    pub const fn of_bits(bits: u64) -> Self {
        Self(bits & Self::MAX.0)
    }

    /// Reads the text of a randomness: 14 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == DIGITS as usize).then(|| parse_digits(text))?.map(Self)
    }

    /// The end of a trace id, which is random by its definition.
    #[must_use]
    pub fn of_trace_id(id: &[u8]) -> Self {
        Self::of_bits(id.last_chunk().map_or(0, |end| u64::from_be_bytes(*end)))
    }
}

impl fmt::Display for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$x}", self.0, width = DIGITS as usize)
    }
}

fn parse_digits(text: &str) -> Option<u64> {
    // Rust would take a sign.
    let is_hex = text.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u64::from_str_radix(text, 16).ok())?
}

/// The exponent of a number whose mantissa is at least a half and less than 1; never a subnormal one.
const fn exponent(number: f64) -> i32 {
    ((number.to_bits() >> 52) & 0x7ff) as i32 - 1022
}
