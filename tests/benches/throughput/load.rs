//! Prebuilt requests over several connections, at a rate or as fast as they are answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{net::TcpStream, task::JoinHandle, time::Instant};

use crate::{
    book::SharedBook,
    client::{Client, Plan},
    link::Link,
    payload::Requests,
    timer::Timer,
};

/// After so long a closed loop tries again what was refused.
const BACK_OFF: Duration = Duration::from_millis(10);
/// So long after the end of a load an answer may still come.
const PATIENCE: Duration = Duration::from_secs(10);

/// How fast to send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rate {
    /// Items a second over all connections, whatever is answered.
    PerSecond(u64),
    /// So many requests under way on each connection at all times.
    Full(usize),
}

/// Over how many connections to which ports, and in which frames.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    pub(crate) ports: Vec<u16>,
    pub(crate) connections: usize,
    pub(crate) frame: usize,
    /// Requests without an answer at which a connection sends no more, even at a rate.
    pub(crate) most_open: usize,
}

impl Lines {
    /// The same with one connection.
    pub(crate) fn single(&self) -> Self {
        Self { connections: 1, ..self.clone() }
    }
}

/// A running load.
pub(crate) struct Load {
    plan: Arc<Plan>,
    tasks: Vec<JoinHandle<()>>,
}

type Links = Vec<Arc<Link<Client>>>;

impl Load {
    /// Connects and starts sending.
    pub(crate) async fn start(
        requests: &Requests,
        book: SharedBook,
        lines: &Lines,
        rate: Rate,
    ) -> anyhow::Result<Self> {
        let plan = Arc::new(Plan {
            requests: requests.clone(),
            book,
            is_closed_loop: matches!(rate, Rate::Full(_)),
            is_stopping: AtomicBool::new(false),
            next: AtomicUsize::new(0),
        });
        let (mut links, mut tasks) = (Links::new(), Vec::new());
        for port in lines.ports.iter().cycle().take(lines.connections) {
            let stream = TcpStream::connect(("127.0.0.1", *port)).await?;
            let client = Client::new(Arc::clone(&plan), *port, lines.frame);
            let link = Link::open(stream, |_| client)?;
            tasks.push(tokio::task::spawn(Arc::clone(&link).run()));
            links.push(link);
        }
        let sending = Arc::clone(&plan);
        tasks.push(match rate {
            Rate::PerSecond(items) => {
                let pause = requests.shape.items as f64 / items as f64;
                let timer = Timer::every(Duration::from_secs_f64(pause))?;
                tokio::task::spawn(open_loop(sending, links, (timer, lines.most_open)))
            }
            Rate::Full(in_flight) => tokio::task::spawn(closed_loop(sending, links, in_flight)),
        });
        Ok(Self { plan, tasks })
    }

    /// Stops sending and waits for the answers.
    pub(crate) async fn stop(self) {
        self.plan.is_stopping.store(true, Ordering::Relaxed);
        let begin = Instant::now();
        while self.plan.book.lock().unanswered() > 0 && begin.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Sends at each tick, on each connection in turn. A tick that we miss is made up for, and its request
/// counts from when it should have gone out.
async fn open_loop(plan: Arc<Plan>, links: Links, (mut timer, most_open): (Timer, usize)) {
    let mut turn = links.iter().cycle();
    while let Ok(due) = timer.due().await {
        for intended in due {
            if plan.is_stopping.load(Ordering::Relaxed) {
                return;
            }
            if let Some(link) = turn.next() {
                link.with(|client, _| {
                    if client.open() < most_open {
                        client.send(plan.order(intended));
                    }
                });
            }
        }
    }
}

async fn closed_loop(plan: Arc<Plan>, links: Links, in_flight: usize) {
    for _ in 0..in_flight {
        for link in &links {
            let order = plan.order(Instant::now());
            link.with(|client, _| client.send(order));
        }
    }
    while !plan.is_stopping.load(Ordering::Relaxed) {
        tokio::time::sleep(BACK_OFF).await;
        links.iter().for_each(|link| link.with(|client, _| client.resume()));
    }
}
