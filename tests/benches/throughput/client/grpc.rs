//! Unary calls on one HTTP/2 connection, one message after the other, many answers open.

use std::collections::{HashMap, VecDeque};

use anyhow::bail;
use bytes::{Bytes, BytesMut};

use crate::{
    book::{Answer, Order},
    frames::{self, Head},
    link::Outbox,
    payload::{Coding, Shape},
};

/// gRPC's code for "try again later".
const UNAVAILABLE: u32 = 14;
const RESOURCE_EXHAUSTED: u32 = 8;

/// A message that is not all out.
struct Sending {
    stream: u32,
    rest: Bytes,
    window: i64,
}

/// The state of the connection.
pub(super) struct Grpc {
    /// The headers of every call.
    block: Vec<u8>,
    is_greeted: bool,
    next_stream: u32,
    open: HashMap<u32, Order>,
    sending: Option<Sending>,
    window: i64,
    stream_window: i64,
    max_frame: usize,
    own_frame: usize,
    max_streams: usize,
}

impl Grpc {
    pub(super) fn new(shape: &Shape, port: u16, frame: usize) -> Self {
        // By number: POST, http, and the names of path, authority and content type.
        let mut block = vec![0x83, 0x86];
        frames::literal(&mut block, 4, "", shape.signal.grpc_path());
        frames::literal(&mut block, 1, "", &format!("127.0.0.1:{port}"));
        frames::literal(&mut block, 31, "", "application/grpc");
        frames::literal(&mut block, 0, "te", "trailers");
        if shape.coding != Coding::None {
            frames::literal(&mut block, 0, "grpc-encoding", shape.coding.name());
        }
        Self {
            block,
            is_greeted: false,
            next_stream: 1,
            open: HashMap::new(),
            sending: None,
            window: frames::FIRST_WINDOW.into(),
            stream_window: frames::FIRST_WINDOW.into(),
            max_frame: frames::FIRST_FRAME,
            own_frame: frame,
            max_streams: usize::MAX,
        }
    }

    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    pub(super) fn drain(&mut self) -> Vec<Order> {
        self.sending = None;
        self.open.drain().map(|(_, order)| order).collect()
    }

    pub(super) fn fill(
        &mut self,
        waiting: &mut VecDeque<Order>,
        bodies: &[Bytes],
        outbox: &mut Outbox,
    ) {
        self.greet(outbox);
        while !outbox.is_full() {
            if self.sending.is_none() {
                if self.open.len() >= self.max_streams {
                    return;
                }
                let Some(order) = waiting.pop_front() else { return };
                let body = bodies.get(order.variant).cloned().unwrap_or_default();
                self.start(order, body, outbox);
            }
            if !self.go_on(outbox) {
                return;
            }
        }
    }

    /// Nothing may go out before this, not even the answer to the server's greeting.
    fn greet(&mut self, outbox: &mut Outbox) {
        if !self.is_greeted {
            self.is_greeted = true;
            outbox.copy(frames::PREFACE);
            frames::greet(outbox, 1 << 20);
        }
    }

    fn start(&mut self, order: Order, body: Bytes, outbox: &mut Outbox) {
        let stream = self.next_stream;
        self.next_stream += 2;
        let (length, flags) = (self.block.len(), frames::END_HEADERS);
        Head { length, kind: frames::HEADERS, flags, stream }.write(outbox);
        outbox.copy(&self.block);
        self.open.insert(stream, order);
        self.sending = Some(Sending { stream, rest: body, window: self.stream_window });
    }

    /// Puts out one frame; false if the windows are shut.
    fn go_on(&mut self, outbox: &mut Outbox) -> bool {
        let Some(sending) = &mut self.sending else { return true };
        let windows = usize::try_from(self.window.min(sending.window)).unwrap_or_default();
        let most = windows.min(self.max_frame).min(self.own_frame);
        let length = sending.rest.len().min(most);
        if length == 0 {
            return false;
        }
        let is_last = length == sending.rest.len();
        let flags = if is_last { frames::END_STREAM } else { 0 };
        Head { length, kind: frames::DATA, flags, stream: sending.stream }.write(outbox);
        outbox.put(sending.rest.split_to(length));
        self.window -= length as i64;
        sending.window -= length as i64;
        if is_last {
            self.sending = None;
        }
        true
    }

    pub(super) fn read(
        &mut self,
        input: &mut BytesMut,
        outbox: &mut Outbox,
        answers: &mut Vec<(Order, Answer)>,
    ) -> anyhow::Result<usize> {
        self.greet(outbox);
        frames::each(input, |head, payload| {
            frames::answer(head, payload, outbox)?;
            match head.kind {
                frames::HEADERS if head.is_last() => {
                    let answer = match frames::grpc_status(payload) {
                        Some(0) => Answer::Ok,
                        Some(UNAVAILABLE | RESOURCE_EXHAUSTED) => Answer::Refused,
                        _ => Answer::Failed,
                    };
                    self.answered(head.stream, answer, answers);
                }
                frames::RESET => self.answered(head.stream, Answer::Failed, answers),
                frames::SETTINGS => self.apply(payload),
                frames::WINDOW_UPDATE => self.widen(head.stream, payload),
                frames::GO_AWAY => bail!("the server ends the connection"),
                _ => (),
            }
            Ok(())
        })
    }

    fn answered(&mut self, stream: u32, answer: Answer, answers: &mut Vec<(Order, Answer)>) {
        answers.extend(self.open.remove(&stream).map(|order| (order, answer)));
        // The rest of a message that was answered early is not wanted.
        if self.sending.as_ref().is_some_and(|sending| sending.stream == stream) {
            self.sending = None;
        }
    }

    fn apply(&mut self, payload: &[u8]) {
        for (key, value) in frames::settings(payload) {
            match key {
                3 => self.max_streams = value as usize,
                4 => {
                    let more = i64::from(value) - self.stream_window;
                    self.stream_window += more;
                    if let Some(sending) = &mut self.sending {
                        sending.window += more;
                    }
                }
                5 => self.max_frame = value as usize,
                _ => (),
            }
        }
    }

    fn widen(&mut self, stream: u32, payload: &[u8]) {
        let Some(bytes) = payload.first_chunk() else { return };
        let bytes = i64::from(u32::from_be_bytes(*bytes));
        if stream == 0 {
            self.window += bytes;
        } else if let Some(sending) = &mut self.sending
            && sending.stream == stream
        {
            sending.window += bytes;
        }
    }
}
