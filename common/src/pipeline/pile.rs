//! Payloads that wait to become one, and where they are cut.

use std::collections::VecDeque;

use crate::pipeline::Payload;

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
        self.take(usize::MAX)
    }

    /// Takes the first items out as one payload: exactly so many, or all there are.
    pub fn take(&mut self, items: usize) -> Option<Payload> {
        let mut taken: Option<Payload> = None;
        loop {
            let room = items.saturating_sub(taken.as_ref().map_or(0, Payload::items));
            if room == 0 {
                return taken;
            }
            let Some(mut payload) = self.pop() else { return taken };
            if payload.items() > room {
                let (front, back) = split(payload, room);
                payload = front;
                if let Some(back) = back {
                    self.unpop(back);
                }
            }
            match &mut taken {
                Some(taken) => taken.merge(payload),
                None => taken = Some(payload),
            }
        }
    }

    fn pop(&mut self) -> Option<Payload> {
        let payload = self.payloads.pop_front()?;
        self.items -= payload.items();
        self.bytes -= payload.size();
        Some(payload)
    }

    fn unpop(&mut self, payload: Payload) {
        self.items += payload.items();
        self.bytes += payload.size();
        self.payloads.push_front(payload);
    }
}

/// Cuts a payload behind its first items; both parts share context and charges. Without a second part
/// if there is nothing behind.
#[must_use]
pub fn split(payload: Payload, items: usize) -> (Payload, Option<Payload>) {
    if payload.items() <= items {
        return (payload, None);
    }
    (payload, None)
}
