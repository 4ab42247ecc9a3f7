//! A backend for OTLP over gRPC and HTTP that counts what it gets, and tells it as JSON.
//!
//! Of numbered telemetry it knows what came twice and what is missing; other items it keeps as texts.

use std::{collections::BTreeMap, convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use common::{component::Tasks, signal::Signal};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    backend::Backend,
    chaos::{items::Altered, ledger::Ledger},
    numbered,
};

/// How many items without a number it keeps; more are only counted.
const MAX_OTHERS: usize = 10_000;
/// A number above this is no number of ours, because a byte is kept for each.
const MAX_NUMBER: u64 = 1 << 28;
const DRAIN_EVERY: Duration = Duration::from_secs(1);

/// A running sink; dropping it stops it from accepting.
#[derive(Debug)]
pub struct Sink {
    backend: Backend,
    books: Mutex<BTreeMap<Signal, Book>>,
}

#[derive(Debug, Default)]
struct Book {
    received: u64,
    others: Vec<String>,
    sources: BTreeMap<String, Ledger>,
}

impl Sink {
    /// Listens for OTLP.
    ///
    /// # Panics
    /// If the port is taken.
    pub async fn start_at(address: SocketAddr) -> Self {
        Self { backend: Backend::start_at(address).await, books: Mutex::default() }
    }

    /// Where it listens for OTLP.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.backend.address
    }

    /// What came so far, by signal.
    #[must_use]
    pub fn counts(&self) -> Value {
        let mut books = self.books.lock();
        for received in self.backend.take_received() {
            books.entry(received.signal).or_default().enter(received.signal, &received.body);
        }
        let told = |signal| books.get(&signal).map_or_else(|| Book::default().told(), Book::told);
        Signal::ALL.into_iter().map(|signal| (signal.name().to_owned(), told(signal))).collect()
    }

    /// Answers `GET /counts` for ever.
    pub async fn serve(self, listener: TcpListener) {
        let (sink, tasks) = (Arc::new(self), Tasks::default());
        let mut drain = tokio::time::interval(DRAIN_EVERY);
        loop {
            tokio::select! {
                // What is not entered into the books takes more memory.
                _ = drain.tick() => drop(sink.counts()),
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    let sink = Arc::clone(&sink);
                    let service = service_fn(move |request| answer(request, Arc::clone(&sink)));
                    let connection = http1::Builder::new();
                    tasks.spawn(connection.serve_connection(TokioIo::new(stream), service));
                }
            }
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    sink: Arc<Sink>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::default());
    if request.uri().path() == "/counts" {
        *response.body_mut() = Full::new(sink.counts().to_string().into());
    } else {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}

impl Book {
    fn enter(&mut self, signal: Signal, body: &[u8]) {
        let sorted = numbered::sort(signal, body);
        self.received += sorted.others.len() as u64;
        let room = MAX_OTHERS.saturating_sub(self.others.len());
        self.others.extend(sorted.others.into_iter().take(room));
        for (source, numbers) in sorted.numbered {
            self.received += numbers.len() as u64;
            arrive(self.sources.entry(source).or_default(), &numbers);
        }
    }

    fn told(&self) -> Value {
        let sources = self.sources.iter().map(|(name, ledger)| {
            let totals = ledger.totals();
            let told = json!({
                "distinct": totals.arrived,
                "duplicates": totals.duplicates,
                "altered": totals.altered,
                "missing": totals.missing,
                "first_missing": ledger.examples_of_missing(),
            });
            (name.clone(), told)
        });
        let sources: serde_json::Map<_, _> = sources.collect();
        json!({"received": self.received, "sources": sources, "others": self.others})
    }
}

/// A number says that all below it were sent, so those that have not come are missing.
fn arrive(ledger: &Ledger, numbers: &[Result<u64, Altered>]) {
    let known = ledger.totals().numbered;
    let most = numbers.iter().flatten().copied().filter(|number| *number < MAX_NUMBER).max();
    if let Some(most) = most
        && most >= known
    {
        ledger.acknowledge(ledger.number(most + 1 - known), 0);
    }
    ledger.arrive(numbers);
}
