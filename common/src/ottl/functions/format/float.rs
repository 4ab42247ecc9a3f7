//! Doubles as Go's `strconv` writes them.

use std::iter;

/// A double has no more digits than that; what is asked for beyond is zero.
const MOST_DIGITS: usize = 1100;

/// A double with its sign, which may be `+`, in a format of `strconv`: one of `befgxEGX`. With no
/// precision as few digits as tell it from others.
pub(super) fn float_text(double: f64, format: char, precision: Option<usize>) -> String {
    let sign = if double.is_sign_negative() && !double.is_nan() { '-' } else { '+' };
    let size = double.abs();
    let unsigned = if double.is_nan() {
        "NaN".to_owned()
    } else if double.is_infinite() {
        "Inf".to_owned()
    } else {
        match format {
            'b' => binary(size),
            'f' => fixed(size, precision),
            'e' | 'E' => scientific(&Digits::of(size, precision.map(|some| some + 1)), precision),
            'g' | 'G' => general(size, precision),
            _ => hexadecimal(size, precision),
        }
    };
    match format {
        'E' | 'G' | 'X' if double.is_finite() => format!("{sign}{}", unsigned.to_uppercase()),
        _ => format!("{sign}{unsigned}"),
    }
}

/// Significant digits, the first one before the point, without zeros at the end.
struct Digits {
    digits: String,
    exponent: i32,
}

impl Digits {
    fn of(size: f64, count: Option<usize>) -> Self {
        let text = match count {
            None => format!("{size:e}"),
            Some(count) => format!("{size:.*e}", count.min(MOST_DIGITS).saturating_sub(1)),
        };
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = digits.replace('.', "");
        let kept = digits.trim_end_matches('0').len().max(1);
        Self {
            digits: digits.chars().take(kept).collect(),
            exponent: exponent.parse().unwrap_or_default(),
        }
    }
}

fn zeros(count: usize) -> impl Iterator<Item = char> {
    iter::repeat_n('0', count)
}

fn fixed(size: f64, precision: Option<usize>) -> String {
    let Some(precision) = precision else { return size.to_string() };
    let known = precision.min(MOST_DIGITS);
    let mut text = format!("{size:.known$}");
    text.extend(zeros(precision - known));
    text
}

fn scientific(number: &Digits, precision: Option<usize>) -> String {
    let mut digits = number.digits.chars();
    let mut text: String = digits.by_ref().take(1).collect();
    let behind: String = digits.collect();
    let lacking = precision.unwrap_or_default().saturating_sub(behind.len());
    if !behind.is_empty() || lacking > 0 {
        text.push('.');
        text.push_str(&behind);
        text.extend(zeros(lacking));
    }
    let sign = if number.exponent < 0 { '-' } else { '+' };
    format!("{text}e{sign}{:02}", number.exponent.abs())
}

fn general(size: f64, precision: Option<usize>) -> String {
    let wanted = precision.map(|precision| precision.max(1));
    let number = Digits::of(size, wanted);
    let count = number.digits.len();
    let (before_point, digits) = (number.exponent + 1, i32::try_from(count).unwrap_or(i32::MAX));
    let limit = match wanted {
        None => 6,
        Some(wanted) if wanted > count && digits >= before_point => digits,
        Some(wanted) => i32::try_from(wanted).unwrap_or(i32::MAX),
    };
    if number.exponent < -4 || number.exponent >= limit {
        return scientific(&number, None);
    }
    let behind_point = usize::try_from(digits - before_point).unwrap_or_default();
    match wanted {
        None => fixed(size, None),
        // The rounded number has no more digits than that.
        Some(_) => plain(&number, behind_point),
    }
}

fn plain(number: &Digits, behind_point: usize) -> String {
    let before_point = usize::try_from(number.exponent + 1).unwrap_or_default();
    let leading = usize::try_from(-1 - number.exponent).unwrap_or_default();
    let mut text: String = number.digits.chars().take(before_point).collect();
    text.extend(zeros(before_point.saturating_sub(number.digits.len())));
    if text.is_empty() {
        text.push('0');
    }
    if behind_point > 0 {
        text.push('.');
        text.extend(zeros(leading));
        text.extend(number.digits.chars().skip(before_point));
    }
    text
}

/// The bits of the fraction with the one before the point, and the exponent of that one.
fn parts(size: f64) -> (u64, i32) {
    let bits = size.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match i32::try_from(bits >> 52).unwrap_or_default() {
        0 => (fraction, -1022),
        biased => (fraction | 1 << 52, biased - 1023),
    }
}

fn binary(size: f64) -> String {
    let (mantissa, exponent) = parts(size);
    format!("{mantissa}p{:+}", exponent - 52)
}

fn hexadecimal(size: f64, precision: Option<usize>) -> String {
    let (mantissa, mut exponent) = parts(size);
    if mantissa == 0 {
        exponent = 0;
    }
    // The bit before the point moves to bit 60, so that 15 digits stand behind it.
    let shift = mantissa.leading_zeros().saturating_sub(3);
    let mut mantissa = if mantissa == 0 { 0 } else { mantissa << shift };
    exponent -= if mantissa == 0 { 0 } else { i32::try_from(shift).unwrap_or_default() - 8 };
    if let Some(precision @ ..15) = precision {
        let dropped = 60 - 4 * precision;
        let (kept, rest) = (mantissa >> dropped, mantissa & ((1 << dropped) - 1));
        let half = 1_u64 << (dropped - 1);
        let is_up = rest > half || rest == half && kept & 1 == 1;
        mantissa = (kept + u64::from(is_up)) << dropped;
        if mantissa >> 61 == 1 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let mut text = format!("0x{}", mantissa >> 60);
    let behind: String = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(precision) => digits.chars().chain(iter::repeat('0')).take(precision).collect(),
    };
    if !behind.is_empty() {
        text.push('.');
        text.push_str(&behind);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{text}p{sign}{:02}", exponent.abs())
}
