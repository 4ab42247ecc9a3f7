//! What a bare word in YAML means: YAML 1.2 with what upstream's parser keeps of 1.1.

/// A scalar with its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// Only `true` and `false`; `yes`, `no`, `on` and `off` are strings.
    Bool(bool),
    /// Decimal, `0x`, `0o`, `0b`, or octal with a leading zero.
    Int(i128),
    /// With a point, an exponent, `.inf` or `.nan`.
    Float(f64),
    /// Everything else.
    String(&'a str),
}

impl<'a> Scalar<'a> {
    /// The type of a scalar written without quotes.
    #[must_use]
    pub fn of_plain(text: &'a str) -> Self {
        match text {
            "true" | "True" | "TRUE" => return Self::Bool(true),
            "false" | "False" | "FALSE" => return Self::Bool(false),
            ".nan" | ".NaN" | ".NAN" => return Self::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
                return Self::Float(f64::INFINITY);
            }
            "-.inf" | "-.Inf" | "-.INF" => return Self::Float(f64::NEG_INFINITY),
            _ => {}
        }
        let starts_a_number = |c: char| c.is_ascii_digit() || "+-.".contains(c);
        if !text.starts_with(starts_a_number) {
            return Self::String(text);
        }
        let digits = text.replace('_', "");
        if let Some(value) = int(&digits) {
            return Self::Int(value);
        }
        if is_decimal(&digits)
            && let Ok(value) = digits.parse()
        {
            return Self::Float(value);
        }
        Self::String(text)
    }
}

/// Whether a bare word stands for nothing.
pub(crate) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn int(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, digits.get(2..)?),
        Some("0o" | "0O") => (8, digits.get(2..)?),
        Some("0b" | "0B") => (2, digits.get(2..)?),
        Some(octal) if octal.starts_with('0') => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()? * sign;
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value).then_some(value)
}

fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let unsigned = |text: &str| text.strip_prefix(['-', '+']).unwrap_or(text).to_owned();
    let mantissa = unsigned(mantissa);
    mantissa.contains(|c: char| c.is_ascii_digit())
        && mantissa.bytes().all(|c| c.is_ascii_digit() || c == b'.')
        && mantissa.matches('.').count() <= 1
        && exponent.is_none_or(|exponent| {
            let digits = unsigned(exponent);
            !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests;
