//! What a record on disk says of its payload: where it came from, what is known of its request, and
//! the request itself.
//!
//! A protobuf message, so that later versions may add fields: 1 pipeline, 2 metadata pairs (1 key,
//! 2 value), 3 address of the client, 4 attributes of its identity (as 2), 15 the OTLP export request.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    pipeline::{Charge, Details, Identity, Payload, RequestContext},
    signal::Signal,
    wire::{
        Fields, Value,
        writer::{put_bytes_field, put_header},
    },
};

const PIPELINE: u32 = 1;
const METADATA: u32 = 2;
const PAIR_KEY: u32 = 1;
const PAIR_VALUE: u32 = 2;
const PEER: u32 = 3;
const IDENTITY: u32 = 4;
const REQUEST: u32 = 15;

/// What was read back.
pub(super) struct Body {
    pub(super) origin: Option<Arc<str>>,
    pub(super) payload: Payload,
}

/// What stands before the bytes of the request.
pub(super) fn head(origin: &str, payload: &Payload) -> Vec<u8> {
    let mut out = Vec::with_capacity(origin.len() + 16);
    put_bytes_field(&mut out, PIPELINE, origin.as_bytes());
    let context = payload.context();
    for (key, value) in context.all_metadata() {
        put_pair(&mut out, METADATA, (key, value));
    }
    if let Some(peer) = context.peer() {
        put_bytes_field(&mut out, PEER, peer.to_string().as_bytes());
    }
    for attribute in context.identity().iter() {
        put_pair(&mut out, IDENTITY, attribute);
    }
    put_header(&mut out, REQUEST, payload.size());
    out
}

fn put_pair(out: &mut Vec<u8>, field: u32, (key, value): (&str, &str)) {
    let mut pair = Vec::with_capacity(key.len() + value.len() + 8);
    put_bytes_field(&mut pair, PAIR_KEY, key.as_bytes());
    put_bytes_field(&mut pair, PAIR_VALUE, value.as_bytes());
    put_bytes_field(out, field, &pair);
}

/// Reads a body; `None` for what no version of ours wrote.
pub(super) fn read(signal: Signal, body: &Bytes, items: u64, charge: Charge) -> Option<Body> {
    let mut origin = None;
    let mut details = Details::default();
    let mut identity = Identity::default();
    let mut request = None;
    let mut fields = Fields::new(body);
    while let Some(field) = fields.read().ok()? {
        let Some(content) = field.bytes() else { continue };
        match field.number {
            PIPELINE => origin = Some(Arc::from(str::from_utf8(content).ok()?)),
            METADATA => {
                let (key, value) = pair(content)?;
                details.metadata.push((key.into(), value.into()));
            }
            PEER => details.peer = str::from_utf8(content).ok()?.parse().ok(),
            IDENTITY => {
                let (name, value) = pair(content)?;
                identity = identity.with(name, value);
            }
            REQUEST => request = Some(body.slice_ref(content)),
            _ => {}
        }
    }
    details.identity = identity;
    let is_known = details != Details::default();
    let context = if is_known { RequestContext::new(details) } else { RequestContext::EMPTY };
    let items = usize::try_from(items).ok()?;
    let payload = Payload::new(signal, request?, items, charge).with_context(context);
    Some(Body { origin, payload })
}

fn pair(message: &[u8]) -> Option<(&str, &str)> {
    let (mut key, mut value) = ("", "");
    let mut fields = Fields::new(message);
    while let Some(field) = fields.read().ok()? {
        let Value::Bytes(content) = field.value else { continue };
        match field.number {
            PAIR_KEY => key = str::from_utf8(content).ok()?,
            PAIR_VALUE => value = str::from_utf8(content).ok()?,
            _ => {}
        }
    }
    Some((key, value))
}

#[cfg(test)]
mod tests;
