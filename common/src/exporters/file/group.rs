//! Divides a payload by an attribute of its resources.

use bytes::Bytes;

use crate::{
    pipeline::Payload,
    wire::{Field, Fields, Value, writer::put_bytes_field},
};

/// Request, resource group, resource and attribute all have what we look for in field 1.
const FIRST: u32 = 1;
const VALUE: u32 = 2;

/// The attribute's values in order of appearance, each with a request of its resources. Resources
/// without it, or with one that is no text, have the empty value.
pub(super) fn by_attribute(payload: &Payload, attribute: &str) -> Vec<(String, Bytes)> {
    let mut groups: Vec<(String, Vec<u8>)> = Vec::new();
    for chunk in payload.chunks() {
        for group in fields(chunk, FIRST) {
            let Some(content) = group.bytes() else {
                continue;
            };
            let value = value_of(content, attribute).unwrap_or_default();
            let place = match groups.iter().position(|(known, _)| *known == value) {
                Some(place) => place,
                None => {
                    groups.push((value, Vec::new()));
                    groups.len() - 1
                }
            };
            if let Some((_, request)) = groups.get_mut(place) {
                put_bytes_field(request, FIRST, content);
            }
        }
    }
    groups.into_iter().map(|(value, request)| (value, request.into())).collect()
}

fn value_of(group: &[u8], attribute: &str) -> Option<String> {
    let resource = fields(group, FIRST).next()?.bytes()?;
    for pair in fields(resource, FIRST) {
        let pair = pair.bytes()?;
        let key = fields(pair, FIRST).last().and_then(|key| key.bytes());
        if key == Some(attribute.as_bytes()) {
            let value = fields(pair, VALUE).last()?.bytes()?;
            return match fields(value, FIRST).last()?.value {
                Value::Bytes(text) => String::from_utf8(text.to_vec()).ok(),
                _ => None,
            };
        }
    }
    None
}

fn fields(message: &[u8], number: u32) -> impl Iterator<Item = Field<'_>> {
    Fields::new(message).map_while(Result::ok).filter(move |field| field.number == number)
}
