//! Reads from raw bytes what the books need: which request it is, and how many items.
//!
//! Written apart from the product's own reader, so that a fault there is not copied here.

use common::signal::Signal;

/// What stands before the number of a request in its resource.
pub(crate) const MARK: &str = "instance-";
/// Digits of that number.
pub(crate) const DIGITS: usize = 6;

/// Calls `found` with the request's number and the count of items for each resource; nothing if the bytes
/// are no request.
pub(crate) fn groups(
    signal: Signal,
    message: &[u8],
    mut found: impl FnMut(Option<usize>, u64),
) -> Option<()> {
    each(message, |field, group| {
        if field != 1 {
            return Some(());
        }
        let (mut number, mut items) = (None, 0);
        each(group, |field, value| {
            match field {
                1 => number = mark(value),
                2 => items += scope(signal, value)?,
                _ => (),
            }
            Some(())
        })?;
        found(number, items);
        Some(())
    })
}

fn scope(signal: Signal, bytes: &[u8]) -> Option<u64> {
    let mut items = 0;
    each(bytes, |field, value| {
        if field == 2 {
            items += if signal == Signal::Metrics { points(value)? } else { 1 };
        }
        Some(())
    })?;
    Some(items)
}

/// Gauge, sum, both histograms and summary all have their points in field 1.
fn points(metric: &[u8]) -> Option<u64> {
    let mut points = 0;
    each(metric, |field, data| {
        if matches!(field, 5 | 7 | 9 | 10 | 11) {
            each(data, |field, point| {
                // In a sum, the other fields are numbers, and come without bytes.
                points += u64::from(field == 1 && !point.is_empty());
                Some(())
            })?;
        }
        Some(())
    })?;
    Some(points)
}

fn mark(resource: &[u8]) -> Option<usize> {
    let at = resource.windows(MARK.len()).position(|window| window == MARK.as_bytes())?;
    let digits = resource.get(at + MARK.len()..at + MARK.len() + DIGITS)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Calls `visit` with the number of each field, and with the bytes of those that have a length.
fn each<'a>(mut bytes: &'a [u8], mut visit: impl FnMut(u64, &'a [u8]) -> Option<()>) -> Option<()> {
    while !bytes.is_empty() {
        let (key, rest) = varint(bytes)?;
        let (value, rest) = match key & 7 {
            0 => (&[][..], varint(rest)?.1),
            1 => (&[][..], rest.get(8..)?),
            2 => {
                let (length, rest) = varint(rest)?;
                rest.split_at_checked(usize::try_from(length).ok()?)?
            }
            5 => (&[][..], rest.get(4..)?),
            _ => return None,
        };
        visit(key >> 3, value)?;
        bytes = rest;
    }
    Some(())
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}
