//! Numbers in text, as Go's `strconv` reads them.

/// Reads an integer in decimal digits, which may have a sign.
#[must_use]
pub fn parse_int(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Reads a floating point number: decimal or hexadecimal, underscores between its digits allowed.
///
/// Nothing if it is no number, or one beyond the range.
#[must_use]
pub fn parse_double(text: &str) -> Option<f64> {
    let plain;
    let number = if text.contains('_') {
        plain = without_underscores(text)?;
        &plain
    } else {
        text
    };
    let (is_negative, unsigned) = match number.strip_prefix(['+', '-']) {
        Some(unsigned) => (number.starts_with('-'), unsigned),
        None => (false, number),
    };
    let is_signed = unsigned.len() < number.len();
    let size = match unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
        Some(digits) => parse_hex(digits)?,
        // Rust would take a second sign.
        None if unsigned.starts_with(['+', '-']) => return None,
        None => unsigned.parse::<f64>().ok()?,
    };
    let is_word = unsigned.starts_with(|first: char| first.is_ascii_alphabetic());
    if size.is_nan() && is_signed || size.is_infinite() && !is_word {
        return None;
    }
    Some(if is_negative { -size } else { size })
}

/// Underscores may stand between digits, and between `0x` and a digit.
fn without_underscores(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_hex = unsigned.starts_with("0x") || unsigned.starts_with("0X");
    let is_digit = |byte: Option<&u8>| {
        byte.is_some_and(|byte| {
            byte.is_ascii_digit() || is_hex && (byte.is_ascii_hexdigit() || b"xX".contains(byte))
        })
    };
    let bytes = unsigned.as_bytes();
    let is_allowed = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_').all(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        is_digit(before) && is_digit(bytes.get(at + 1))
    });
    is_allowed.then(|| text.replace('_', ""))
}

/// Reads what stands behind `0x`; the exponent must be there.
fn parse_hex(text: &str) -> Option<f64> {
    /// Beyond this the result is zero or out of range, however many digits there are.
    const MAX_EXPONENT: i64 = 1 << 40;
    let (digits, exponent) = text.split_once(['p', 'P'])?;
    let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if power.is_empty() || !power.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let power = power.parse().unwrap_or(MAX_EXPONENT).min(MAX_EXPONENT);
    let mut exponent = if exponent.starts_with('-') { -power } else { power };

    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + fraction.len() == 0 {
        return None;
    }
    let mut mantissa = 0_u64;
    let mut is_cut = false;
    for (index, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = digit.to_digit(16)?;
        let is_fraction = index >= whole.len();
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | u64::from(digit);
            exponent -= if is_fraction { 4 } else { 0 };
        } else {
            is_cut |= digit != 0;
            exponent += if is_fraction { 0 } else { 4 };
        }
    }
    Some(rounded(mantissa, is_cut, exponent))
}

/// `mantissa * 2^exponent` to the nearest double, ties to even; `is_cut` if it was a little more.
fn rounded(mantissa: u64, is_cut: bool, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    // The first bit, the one that counts as 2^top, moves to the left end.
    let top = i64::from(63 - mantissa.leading_zeros()) + exponent;
    if top > 1023 {
        return f64::INFINITY;
    }
    let bits = u128::from(mantissa << mantissa.leading_zeros()) << 64 | u128::from(is_cut);
    let lost_to_subnormal = (-1022 - top).max(0);
    let Ok(precision) = u32::try_from(53 - lost_to_subnormal) else {
        return 0.0;
    };
    let dropped = 128 - precision;
    let kept = bits.checked_shr(dropped).unwrap_or_default();
    let rest = bits.checked_shl(precision).unwrap_or_default();
    let half = 1_u128 << 127;
    let is_up = rest > half || rest == half && kept & 1 == 1;
    let kept = kept as u64 + u64::from(is_up);
    // The implicit bit of a normal number adds one to the exponent; a carry does the same.
    let biased = if lost_to_subnormal > 0 { 0 } else { (top + 1022) as u64 };
    f64::from_bits((biased << 52) + kept)
}

#[cfg(test)]
mod tests;
