//! Clients that behave as SDKs should: they keep their connection, try again what is worth it with the
//! same items, and never send again what was acknowledged or refused for good.

use std::{
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use common::{component::Tasks, signal::Signal};
use parking_lot::Mutex;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::{items::Items, ledger::Ledger, weather::Weather};
use crate::{
    client::{Grpc, Http},
    otlp,
    wait::PATIENCE,
};

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What to send, and how.
#[derive(Clone, Debug)]
pub struct LoadSettings {
    /// The gRPC listener, `host:port`; several take turns. A name is looked up for each connection.
    pub grpc: Vec<String>,
    /// The HTTP listener.
    pub http: Option<String>,
    /// How many clients send at once; every fourth over HTTP if there is a listener.
    pub senders: usize,
    /// Items in one request.
    pub request_items: u64,
    /// Items a second over all senders; `None` as fast as they are acknowledged.
    pub rate: Option<u64>,
    /// When a client stops waiting for an answer.
    pub timeout: Duration,
    /// Whether a client forgets what it was asked to send again, as one that has no room to keep it.
    pub forgets: bool,
}

/// Where requests of numbered items come from.
pub trait Requests: fmt::Debug + Send + Sync {
    /// What kind of items they are.
    fn signal(&self) -> Signal;
    /// One export request with these items.
    fn request(&self, numbers: Range<u64>) -> Bytes;
}

impl Requests for Items {
    fn signal(&self) -> Signal {
        self.signal
    }

    fn request(&self, numbers: Range<u64>) -> Bytes {
        self.request(numbers)
    }
}

/// A running load.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    tasks: Tasks,
}

#[derive(Debug)]
struct Shared {
    settings: LoadSettings,
    items: Box<dyn Requests>,
    ledger: Arc<Ledger>,
    is_stopping: AtomicBool,
    latencies: Mutex<Vec<Duration>>,
}

impl Load {
    /// Starts sending.
    #[must_use]
    pub fn start(
        settings: LoadSettings,
        items: impl Requests + 'static,
        ledger: Arc<Ledger>,
    ) -> Self {
        let shared = Arc::new(Shared {
            settings,
            items: Box::new(items),
            ledger,
            is_stopping: AtomicBool::new(false),
            latencies: Mutex::default(),
        });
        let tasks = Tasks::default();
        for index in 0..shared.settings.senders {
            tasks.spawn(Sender::new(Arc::clone(&shared), index).run(tasks.clone()));
        }
        Self { shared, tasks }
    }

    /// How long each acknowledged request took since the last call, shortest first.
    #[must_use]
    pub fn take_latencies(&self) -> Vec<Duration> {
        let mut latencies = std::mem::take(&mut *self.shared.latencies.lock());
        latencies.sort();
        latencies
    }

    /// Starts nothing new, and waits until all that was begun is acknowledged or refused; what is not
    /// within `patience` is forgotten.
    pub async fn stop(self, patience: Duration) {
        self.shared.is_stopping.store(true, Ordering::Relaxed);
        let deadline = Instant::now() + patience;
        while !self.tasks_ended() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.tasks.stop(Instant::now() + PATIENCE).await;
    }

    fn tasks_ended(&self) -> bool {
        Arc::strong_count(&self.shared) == 1
    }
}

/// What a client makes of an answer, or of none.
enum Verdict {
    Acknowledged { but: u64 },
    Refused,
    Again(Option<Duration>),
    Unanswered,
    NotSent,
}

struct Sender {
    shared: Arc<Shared>,
    index: usize,
    grpc: Option<Grpc>,
    http: Option<Http>,
}

impl Sender {
    const fn new(shared: Arc<Shared>, index: usize) -> Self {
        Self { shared, index, grpc: None, http: None }
    }

    async fn run(mut self, tasks: Tasks) {
        let mut pace = self.pace();
        while !self.shared.is_stopping.load(Ordering::Relaxed) {
            let work = async {
                if let Some(pace) = &mut pace {
                    pace.tick().await;
                }
                self.send_next().await;
            };
            tokio::select! {
                () = tasks.stopping().cancelled() => return,
                () = work => {}
            }
        }
    }

    fn pace(&self) -> Option<Interval> {
        let settings = &self.shared.settings;
        let rate = settings.rate? as f64;
        let between = settings.request_items as f64 * settings.senders as f64 / rate;
        // Spread over the first interval, so that not all send at once.
        let offset = between * self.index as f64 / settings.senders as f64;
        let start = Instant::now() + Duration::from_secs_f64(offset);
        let mut pace = interval_at(start, Duration::from_secs_f64(between));
        pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Some(pace)
    }

    /// One request, until it is settled.
    async fn send_next(&mut self) {
        let shared = Arc::clone(&self.shared);
        let (ledger, settings) = (&shared.ledger, &shared.settings);
        if shared.is_stopping.load(Ordering::Relaxed) {
            return;
        }
        let numbers = ledger.number(settings.request_items);
        let request = shared.items.request(numbers.clone());
        let mut pause = FIRST_PAUSE;
        let started = Instant::now();
        loop {
            let once = self.send_once(&request);
            let verdict = tokio::time::timeout(settings.timeout, once).await;
            let verdict = verdict.unwrap_or(Verdict::Unanswered);
            let hint = match verdict {
                Verdict::Acknowledged { but } => {
                    shared.latencies.lock().push(started.elapsed());
                    return ledger.acknowledge(numbers, but);
                }
                Verdict::Refused => return ledger.refuse(numbers),
                Verdict::Again(hint) => {
                    ledger.put_off(settings.request_items);
                    hint
                }
                Verdict::Unanswered => {
                    ledger.leave_unanswered(settings.request_items);
                    self.disconnect();
                    None
                }
                Verdict::NotSent => None,
            };
            if settings.forgets {
                return;
            }
            tokio::time::sleep(hint.unwrap_or(pause).min(LONGEST_PAUSE)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn send_once(&mut self, request: &Bytes) -> Verdict {
        match self.shared.settings.http.clone() {
            Some(address) if self.index % 4 == 3 => self.post(&address, request.clone()).await,
            _ => self.call(request).await,
        }
    }

    async fn call(&mut self, request: &[u8]) -> Verdict {
        if self.grpc.is_none() {
            let all = &self.shared.settings.grpc;
            let Ok(connection) = Grpc::connect(&all[self.index % all.len()]).await else {
                return Verdict::NotSent;
            };
            self.grpc = Some(connection);
        }
        let signal = self.shared.items.signal();
        let Some(connection) = &self.grpc else { return Verdict::NotSent };
        let Ok(reply) = connection.export(signal, request).await else {
            return Verdict::Unanswered;
        };
        match reply.code {
            0 => Verdict::Acknowledged { but: refused_items(&reply.body) },
            code if Weather::is_retryable(code, reply.retry_after.is_some()) => {
                Verdict::Again(reply.retry_after)
            }
            _ => Verdict::Refused,
        }
    }

    async fn post(&mut self, address: &str, request: Bytes) -> Verdict {
        if self.http.is_none() {
            let Ok(connection) = Http::connect(address).await else { return Verdict::NotSent };
            self.http = Some(connection);
        }
        let path = self.shared.items.signal().http_path();
        let headers = [("content-type", "application/x-protobuf")];
        let Some(connection) = &mut self.http else { return Verdict::NotSent };
        let Ok(reply) = connection.post(path, &headers, request).await else {
            return Verdict::Unanswered;
        };
        match reply.status {
            200 => Verdict::Acknowledged { but: refused_items(&reply.body) },
            429 | 502 | 503 | 504 => {
                let seconds = reply.header("retry-after").parse().ok();
                Verdict::Again(seconds.map(Duration::from_secs))
            }
            _ => Verdict::Refused,
        }
    }

    fn disconnect(&mut self) {
        self.grpc = None;
        self.http = None;
    }
}

fn refused_items(body: &[u8]) -> u64 {
    u64::try_from(otlp::partial_success_of(body).0).unwrap_or(0)
}

/// What one of a hundred parts of sorted durations is below.
#[must_use]
pub fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}
