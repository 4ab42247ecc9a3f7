//! Unary calls taken in as raw bytes.

use std::collections::HashMap;

use anyhow::bail;
use bytes::{Buf as _, BytesMut};

use super::Desk;
use crate::{
    frames::{self, Head},
    link::Outbox,
};

/// A reply to one call.
const HEADERS: &[u8] = b"\x88\x0f\x10\x10application/grpc";
const MESSAGE: &[u8] = &[0; 5];
const TAKEN: &[u8] = b"\x00\x0bgrpc-status\x010";
const UNAVAILABLE: &[u8] = b"\x00\x0bgrpc-status\x0214";
/// Bytes before a message.
const PREFIX: usize = 5;

/// The state of the connection.
pub(super) struct Grpc {
    frame: u32,
    is_greeted: bool,
    has_preface: bool,
    /// Messages that are not all there.
    partial: HashMap<u32, Vec<u8>>,
    /// What came since the window was last widened.
    taken: u32,
}

impl Grpc {
    pub(super) fn new(frame: u32) -> Self {
        Self { frame, is_greeted: false, has_preface: false, partial: HashMap::new(), taken: 0 }
    }

    pub(super) fn greet(&mut self, outbox: &mut Outbox) {
        if !self.is_greeted {
            self.is_greeted = true;
            frames::greet(outbox, self.frame);
        }
    }

    pub(super) fn read(
        &mut self,
        input: &mut BytesMut,
        outbox: &mut Outbox,
        desk: &Desk,
    ) -> anyhow::Result<usize> {
        self.greet(outbox);
        if !self.has_preface {
            let length = frames::PREFACE.len();
            match input.get(..length) {
                None => return Ok(length - input.len()),
                Some(preface) if preface == frames::PREFACE => input.advance(length),
                Some(_) => bail!("the client does not speak HTTP/2"),
            }
            self.has_preface = true;
        }
        frames::each(input, |head, payload| {
            frames::answer(head, payload, outbox)?;
            match head.kind {
                frames::DATA => self.data(head, payload, outbox, desk),
                frames::RESET => drop(self.partial.remove(&head.stream)),
                _ => (),
            }
            Ok(())
        })
    }

    fn data(&mut self, head: Head, payload: &[u8], outbox: &mut Outbox, desk: &Desk) {
        self.taken += head.length as u32;
        if self.taken > frames::WINDOW / 4 {
            frames::widen(outbox, self.taken);
            self.taken = 0;
        }
        let message = match self.partial.remove(&head.stream) {
            None if head.is_last() => {
                return desk.take(head.stream, payload.get(PREFIX..).unwrap_or_default(), outbox);
            }
            None => with_room_for_all(payload),
            Some(mut message) => {
                message.extend_from_slice(payload);
                message
            }
        };
        if head.is_last() {
            desk.take(head.stream, message.get(PREFIX..).unwrap_or_default(), outbox);
        } else {
            self.partial.insert(head.stream, message);
        }
    }
}

/// The begin of a message, which says how long it will be.
fn with_room_for_all(begin: &[u8]) -> Vec<u8> {
    let length = begin.get(1..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
    let mut message = Vec::with_capacity(PREFIX + u32::from_be_bytes(length) as usize);
    message.extend_from_slice(begin);
    message
}

/// Answers a call.
pub(super) fn reply(stream: u32, is_taken: bool, outbox: &mut Outbox) {
    let mut frame = |kind, flags, payload: &[u8]| {
        Head { length: payload.len(), kind, flags, stream }.write(outbox);
        outbox.copy(payload);
    };
    frame(frames::HEADERS, frames::END_HEADERS, HEADERS);
    if is_taken {
        frame(frames::DATA, 0, MESSAGE);
    }
    let trailers = if is_taken { TAKEN } else { UNAVAILABLE };
    frame(frames::HEADERS, frames::END_HEADERS | frames::END_STREAM, trailers);
}
