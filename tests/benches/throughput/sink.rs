//! A backend that costs next to nothing: it counts what comes, and says that all is well.

mod grpc;
mod http;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::BytesMut;
use common::{net::compression, signal::Signal};
use parking_lot::Mutex;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle, time::Instant};

use crate::{
    book::SharedBook,
    link::{End, Link, Outbox},
    payload::{Coding, Shape, Transport},
    walk,
};

/// What would have to wait longer at a slow backend is refused.
const PATIENCE: Duration = Duration::from_secs(1);
/// The most that a message may hold.
const MAX_BYTES: usize = 1 << 30;

/// What it listens for, and how it behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Behaviour {
    pub(crate) signal: Signal,
    pub(crate) transport: Transport,
    pub(crate) coding: Coding,
    /// The size of the HTTP/2 frames that it takes.
    pub(crate) frame: u32,
    /// Items a second that it takes; as many as come if there is no number.
    pub(crate) pace: Option<u64>,
}

impl Behaviour {
    /// One that takes whatever comes of a shape.
    pub(crate) const fn of(shape: &Shape, frame: u32) -> Self {
        let Shape { signal, transport, coding, .. } = *shape;
        Self { signal, transport, coding, frame, pace: None }
    }
}

/// A request at a slow backend.
struct Due {
    at: Instant,
    link: Weak<Link<Server>>,
    stream: u32,
    groups: Groups,
}

/// The number of each request in a message, and its items.
type Groups = Vec<(Option<usize>, u64)>;

/// What all connections have in common.
struct Backend {
    behaviour: Behaviour,
    book: Mutex<SharedBook>,
    malformed: AtomicU64,
    due: Mutex<DueList>,
    has_due: Notify,
}

/// Requests in the order in which a slow backend is done with them.
#[derive(Default)]
struct DueList {
    list: VecDeque<Due>,
    /// When it is done with all that it has.
    free_at: Option<Instant>,
}

/// A running sink.
pub(crate) struct Sink {
    port: u16,
    backend: Arc<Backend>,
    tasks: [JoinHandle<()>; 2],
}

impl Sink {
    /// Listens on a free port.
    pub(crate) async fn start(behaviour: Behaviour, book: SharedBook) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let backend = Arc::new(Backend {
            behaviour,
            book: Mutex::new(book),
            malformed: AtomicU64::new(0),
            due: Mutex::default(),
            has_due: Notify::new(),
        });
        let accepting = tokio::task::spawn(accept(listener, Arc::clone(&backend)));
        let replying = tokio::task::spawn(reply_when_due(Arc::clone(&backend)));
        Ok(Self { port, backend, tasks: [accepting, replying] })
    }

    /// Where it listens.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Goes on in another book.
    pub(crate) fn turn_to(&self, book: SharedBook) {
        *self.backend.book.lock() = book;
    }

    /// Messages that could not be read.
    pub(crate) fn malformed(&self) -> u64 {
        self.backend.malformed.load(Ordering::Relaxed)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn accept(listener: TcpListener, backend: Arc<Backend>) {
    while let Ok((stream, _)) = listener.accept().await {
        let backend = Arc::clone(&backend);
        if let Ok(link) = Link::open(stream, |link| Server::new(backend, link)) {
            tokio::task::spawn(link.run());
        }
    }
}

async fn reply_when_due(backend: Arc<Backend>) {
    loop {
        let next = backend.due.lock().list.pop_front();
        let Some(due) = next else {
            backend.has_due.notified().await;
            continue;
        };
        tokio::time::sleep_until(due.at).await;
        backend.record(&due.groups);
        if let Some(link) = due.link.upgrade() {
            link.with(|server, outbox| server.desk.reply(due.stream, true, outbox));
        }
    }
}

impl Backend {
    fn record(&self, groups: &Groups) {
        let book = Arc::clone(&self.book.lock());
        let mut book = book.lock();
        for (number, items) in groups {
            book.arrived(*number, *items);
        }
    }

    /// Reads a message; nothing if that cannot be done.
    fn groups(&self, message: &[u8]) -> Option<Groups> {
        let Behaviour { signal, coding, .. } = self.behaviour;
        let mut groups = Groups::new();
        let found = |number, items| groups.push((number, items));
        match coding {
            Coding::None => walk::groups(signal, message, found)?,
            coding => {
                let body = compression::decompress(coding.codec(), message, MAX_BYTES).ok()?;
                walk::groups(signal, &body, found)?;
            }
        }
        Some(groups)
    }
}

/// One connection's end.
struct Server {
    desk: Desk,
    protocol: Protocol,
}

enum Protocol {
    Grpc(grpc::Grpc),
    Http,
}

/// Where whole messages are taken in.
struct Desk {
    backend: Arc<Backend>,
    link: Weak<Link<Server>>,
}

impl Server {
    fn new(backend: Arc<Backend>, link: Weak<Link<Self>>) -> Self {
        let protocol = match backend.behaviour.transport {
            Transport::Grpc => Protocol::Grpc(grpc::Grpc::new(backend.behaviour.frame)),
            Transport::Http => Protocol::Http,
        };
        Self { desk: Desk { backend, link }, protocol }
    }
}

impl Desk {
    /// Takes a message in; replies now, or later.
    fn take(&self, stream: u32, message: &[u8], outbox: &mut Outbox) {
        let Some(groups) = self.backend.groups(message) else {
            self.backend.malformed.fetch_add(1, Ordering::Relaxed);
            return self.reply(stream, false, outbox);
        };
        let Some(pace) = self.backend.behaviour.pace else {
            self.backend.record(&groups);
            return self.reply(stream, true, outbox);
        };
        let items: u64 = groups.iter().map(|(_, items)| items).sum();
        let mut due = self.backend.due.lock();
        let now = Instant::now();
        let free_at = due.free_at.unwrap_or(now).max(now);
        if free_at > now + PATIENCE {
            return self.reply(stream, false, outbox);
        }
        let at = free_at + Duration::from_secs_f64(items as f64 / pace as f64);
        due.free_at = Some(at);
        due.list.push_back(Due { at, link: Weak::clone(&self.link), stream, groups });
        self.backend.has_due.notify_one();
    }

    fn reply(&self, stream: u32, is_taken: bool, outbox: &mut Outbox) {
        match self.backend.behaviour.transport {
            Transport::Grpc => grpc::reply(stream, is_taken, outbox),
            Transport::Http => http::reply(is_taken, outbox),
        }
    }
}

impl End for Server {
    fn read(&mut self, input: &mut BytesMut, outbox: &mut Outbox) -> anyhow::Result<usize> {
        let Self { desk, protocol } = self;
        match protocol {
            Protocol::Grpc(grpc) => grpc.read(input, outbox, desk),
            Protocol::Http => http::read(input, outbox, desk),
        }
    }

    fn fill(&mut self, outbox: &mut Outbox) {
        if let Protocol::Grpc(grpc) = &mut self.protocol {
            grpc.greet(outbox);
        }
    }

    fn closed(&mut self) {}
}
