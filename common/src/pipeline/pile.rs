//! Payloads that wait to become one, and where they are cut.

use std::collections::VecDeque;

use crate::{otlp::envelope, pipeline::Payload};

/// Payloads of one signal in the order they came.
///
/// Whole payloads are merged by appending their chunks; only one that lies across a border is cut.
#[derive(Clone, Debug, Default)]
pub struct Pile {
    payloads: VecDeque<Payload>,
    items: usize,
    bytes: usize,
}

impl Pile {
    /// Puts a payload at the end.
    pub fn push(&mut self, payload: Payload) {
        self.items += payload.items();
        self.bytes += payload.size();
        self.payloads.push_back(payload);
    }

    /// Items in all payloads.
    #[must_use]
    pub const fn items(&self) -> usize {
        self.items
    }

    /// Encoded size of all payloads.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether no item waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// Takes everything out as one payload.
    pub fn take_all(&mut self) -> Option<Payload> {
        let mut taken = None;
        while let Some(payload) = self.pop() {
            append(&mut taken, payload);
        }
        taken
    }

    /// Takes the first items out as one payload: exactly so many, or all there are.
    pub fn take(&mut self, items: usize) -> Option<Payload> {
        let mut taken: Option<Payload> = None;
        loop {
            let room = items.saturating_sub(taken.as_ref().map_or(0, Payload::items));
            let payload = if room == 0 { None } else { self.pop() };
            let Some(payload) = payload else { return taken };
            if payload.items() <= room {
                append(&mut taken, payload);
                continue;
            }
            // What is behind the border is cut for the takes to come.
            self.unpop(cut(&payload, room, items));
            if let Some(front) = self.pop() {
                append(&mut taken, front);
            }
            return taken;
        }
    }

    /// Takes the first items out as one payload of at most so many bytes; only a single item may be
    /// larger.
    pub fn take_bytes(&mut self, bytes: usize) -> Option<Payload> {
        let mut taken: Option<Payload> = None;
        loop {
            let Some(payload) = self.pop() else {
                return taken;
            };
            let room = bytes.saturating_sub(taken.as_ref().map_or(0, Payload::size));
            if payload.size() <= room {
                append(&mut taken, payload);
                continue;
            }
            let fitting = payload.items().saturating_mul(room) / payload.size().max(1);
            if taken.is_none() {
                if payload.items() <= 1 {
                    return Some(payload);
                }
                let fitting = fitting.clamp(1, payload.items() - 1);
                self.unpop(cut(&payload, fitting, fitting));
                continue;
            }
            if fitting == 0 {
                self.unpop(vec![payload]);
                return taken;
            }
            self.unpop(cut(&payload, fitting, payload.items()));
            if self.payloads.front().is_some_and(|front| front.size() <= room)
                && let Some(front) = self.pop()
            {
                append(&mut taken, front);
            }
            return taken;
        }
    }

    fn pop(&mut self) -> Option<Payload> {
        let payload = self.payloads.pop_front()?;
        self.items -= payload.items();
        self.bytes -= payload.size();
        Some(payload)
    }

    fn unpop(&mut self, payloads: Vec<Payload>) {
        for payload in payloads.into_iter().rev() {
            self.items += payload.items();
            self.bytes += payload.size();
            self.payloads.push_front(payload);
        }
    }
}

/// Cuts a payload behind its first items; both parts share context and charges. Without a second part
/// if there is nothing behind.
#[must_use]
pub fn split(payload: Payload, items: usize) -> (Payload, Option<Payload>) {
    if payload.items() <= items {
        return (payload, None);
    }
    let mut parts = cut(&payload, items, payload.items()).into_iter();
    match parts.next() {
        Some(front) => (front, parts.next()),
        None => (payload, None),
    }
}

/// Cuts a payload into parts, of which the last may be larger than asked for.
fn cut(payload: &Payload, first_items: usize, max_items: usize) -> Vec<Payload> {
    let parts =
        envelope::split_with_first(payload.chunks(), payload.signal(), first_items, max_items);
    let size: usize = parts.iter().map(envelope::Part::size).sum();
    // The headers of a usual payload are small; those that are not are held once per part.
    let is_charged = size > payload.size().saturating_mul(2);
    let parts = parts.into_iter().map(|part| {
        let bytes = part.size();
        let cut = payload.clone().with_content(part.chunks, part.items);
        if is_charged { cut.charged_for_copy(bytes) } else { cut }
    });
    parts.collect()
}

fn append(taken: &mut Option<Payload>, payload: Payload) {
    match taken {
        Some(taken) => taken.merge(payload),
        None => *taken = Some(payload),
    }
}

#[cfg(test)]
mod tests;
