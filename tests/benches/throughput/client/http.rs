//! OTLP over HTTP/1.1, one request under way on a connection.

use std::collections::VecDeque;

use anyhow::Context as _;
use bytes::{Buf as _, Bytes, BytesMut};

use crate::{
    book::{Answer, Order},
    http1,
    link::Outbox,
    payload::{Coding, Shape},
};

/// The state of the connection.
pub(super) struct Http {
    /// All headers but the length.
    head: String,
    open: Option<Order>,
}

impl Http {
    pub(super) fn new(shape: &Shape, port: u16) -> Self {
        let coding = match shape.coding {
            Coding::None => String::new(),
            coding => format!("content-encoding: {}\r\n", coding.name()),
        };
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/x-protobuf\r\n{coding}",
            shape.signal.http_path()
        );
        Self { head, open: None }
    }

    pub(super) fn open(&self) -> usize {
        usize::from(self.open.is_some())
    }

    pub(super) fn drain(&mut self) -> Vec<Order> {
        self.open.take().into_iter().collect()
    }

    pub(super) fn fill(
        &mut self,
        waiting: &mut VecDeque<Order>,
        bodies: &[Bytes],
        outbox: &mut Outbox,
    ) {
        if self.open.is_some() {
            return;
        }
        let Some(order) = waiting.pop_front() else { return };
        let body = bodies.get(order.variant).cloned().unwrap_or_default();
        outbox.copy(self.head.as_bytes());
        outbox.copy(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
        outbox.put(body);
        self.open = Some(order);
    }

    pub(super) fn read(
        &mut self,
        input: &mut BytesMut,
        answers: &mut Vec<(Order, Answer)>,
    ) -> anyhow::Result<usize> {
        while let Some((head, body)) = http1::message(input)? {
            let answer = match head.split(' ').nth(1).context("no status line")? {
                "200" => Answer::Ok,
                "429" | "502" | "503" | "504" => Answer::Refused,
                _ => Answer::Failed,
            };
            let length = body.end;
            answers.extend(self.open.take().map(|order| (order, answer)));
            input.advance(length);
        }
        Ok(0)
    }
}
