//! Log records that carry a number, to see which arrive and in what order.

use std::ops::Range;

use crate::{
    pipeline::{Charge, Payload},
    signal::Signal,
    wire::{Fields, Value, writer},
};

/// A payload of log records with these numbers as their times, in one scope of one resource.
#[must_use]
pub fn numbered_logs(numbers: Range<u64>) -> Payload {
    let items = numbers.clone().count();
    let mut scope = Vec::new();
    for number in numbers {
        let mut record = Vec::new();
        writer::put_fixed64_field(&mut record, 1, number);
        writer::put_bytes_field(&mut scope, 2, &record);
    }
    let mut resource = Vec::new();
    writer::put_bytes_field(&mut resource, 2, &scope);
    let mut request = Vec::new();
    writer::put_bytes_field(&mut request, 1, &resource);
    Payload::new(Signal::Logs, request.into(), items, Charge::NONE)
}

/// The numbers of the log records in a payload, in order.
///
/// # Panics
/// If the payload's bytes are not logs.
#[must_use]
pub fn numbers_of(payload: &Payload) -> Vec<u64> {
    let request = payload.contiguous();
    let resources = children(&request, 1);
    let scopes = resources.into_iter().flat_map(|resource| children(resource, 2));
    let records = scopes.flat_map(|scope| children(scope, 2));
    records.filter_map(time_of).collect()
}

fn children(message: &[u8], number: u32) -> Vec<&[u8]> {
    Fields::new(message)
        .filter_map(Result::ok)
        .filter(|field| field.number == number)
        .filter_map(|field| match field.value {
            Value::Bytes(content) => Some(content),
            _ => None,
        })
        .collect()
}

fn time_of(record: &[u8]) -> Option<u64> {
    Fields::new(record).filter_map(Result::ok).find_map(|field| match field.value {
        Value::Fixed64(time) if field.number == 1 => Some(time),
        _ => None,
    })
}
