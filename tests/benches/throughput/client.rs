//! The client's end of a connection: prebuilt requests out, answers in.

mod grpc;
mod http;

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use bytes::BytesMut;
use tokio::time::Instant;

use crate::{
    book::{Answer, Order, SharedBook},
    link::{End, Outbox},
    payload::{Requests, Transport},
};

/// What all connections of a load have in common.
pub(crate) struct Plan {
    pub(crate) requests: Requests,
    pub(crate) book: SharedBook,
    /// Whether an answer calls for the next request.
    pub(crate) is_closed_loop: bool,
    pub(crate) is_stopping: AtomicBool,
    pub(crate) next: AtomicUsize,
}

impl Plan {
    /// The next request in turn.
    pub(crate) fn order(&self, intended: Instant) -> Order {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Order { variant: number % self.requests.bodies.len().max(1), intended }
    }
}

enum Protocol {
    Grpc(grpc::Grpc),
    Http(http::Http),
}

/// One connection's end.
pub(crate) struct Client {
    protocol: Protocol,
    plan: Arc<Plan>,
    waiting: VecDeque<Order>,
    answers: Vec<(Order, Answer)>,
    /// Requests that a closed loop owes after a refusal.
    owed: usize,
}

impl Client {
    /// For one port; `frame` is the size of the HTTP/2 frames that it writes, if the server allows.
    pub(crate) fn new(plan: Arc<Plan>, port: u16, frame: usize) -> Self {
        let shape = plan.requests.shape;
        let protocol = match shape.transport {
            Transport::Grpc => Protocol::Grpc(grpc::Grpc::new(&shape, port, frame)),
            Transport::Http => Protocol::Http(http::Http::new(&shape, port)),
        };
        let (waiting, answers) = (VecDeque::new(), Vec::new());
        Self { protocol, plan, waiting, answers, owed: 0 }
    }

    /// Sends one as soon as it can go out.
    pub(crate) fn send(&mut self, order: Order) {
        self.plan.book.lock().sent(order);
        self.waiting.push_back(order);
    }

    /// Requests without an answer.
    pub(crate) fn open(&self) -> usize {
        let under_way = match &self.protocol {
            Protocol::Grpc(grpc) => grpc.open(),
            Protocol::Http(http) => http.open(),
        };
        under_way + self.waiting.len()
    }

    /// Sends what was held back after a refusal.
    pub(crate) fn resume(&mut self) {
        for _ in 0..std::mem::take(&mut self.owed) {
            self.send_next();
        }
    }

    fn send_next(&mut self) {
        if !self.plan.is_stopping.load(Ordering::Relaxed) {
            self.send(self.plan.order(Instant::now()));
        }
    }

    fn settle(&mut self) {
        for (order, answer) in std::mem::take(&mut self.answers) {
            self.plan.book.lock().answered(order, answer);
            match (self.plan.is_closed_loop, answer) {
                (true, Answer::Ok) => self.send_next(),
                (true, _) => self.owed += 1,
                (false, _) => (),
            }
        }
    }
}

impl End for Client {
    fn read(&mut self, input: &mut BytesMut, outbox: &mut Outbox) -> anyhow::Result<usize> {
        let lacks = match &mut self.protocol {
            Protocol::Grpc(grpc) => grpc.read(input, outbox, &mut self.answers)?,
            Protocol::Http(http) => http.read(input, &mut self.answers)?,
        };
        self.settle();
        Ok(lacks)
    }

    fn fill(&mut self, outbox: &mut Outbox) {
        let bodies = &self.plan.requests.bodies;
        match &mut self.protocol {
            Protocol::Grpc(grpc) => grpc.fill(&mut self.waiting, bodies, outbox),
            Protocol::Http(http) => http.fill(&mut self.waiting, bodies, outbox),
        }
    }

    fn closed(&mut self) {
        let open = match &mut self.protocol {
            Protocol::Grpc(grpc) => grpc.drain(),
            Protocol::Http(http) => http.drain(),
        };
        self.answers.extend(open.into_iter().map(|order| (order, Answer::Failed)));
        self.answers.extend(self.waiting.drain(..).map(|order| (order, Answer::Failed)));
        self.settle();
        self.owed = 0;
    }
}
