//! Clients that mean harm: floods of frames, halves of requests, connections without end.
//!
//! An attack is bytes to begin with and waves to go on with, sent over some connections at once, each
//! opened again when the server closes it.

pub mod cost;
pub mod frames;
pub mod http1;
pub mod http2;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use common::component::Tasks;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// The waves of an attack by their number.
pub type Waves = Arc<dyn Fn(u32) -> Vec<u8> + Send + Sync>;

/// What is sent, and over how many connections.
#[derive(Clone)]
pub struct Attack {
    /// What the test calls it.
    pub name: &'static str,
    /// How many at once.
    pub connections: usize,
    /// What each connection begins with.
    pub opening: Vec<u8>,
    /// What it goes on with.
    pub waves: Waves,
    /// The pause between two waves.
    pub pause: Duration,
    /// Whether it reads what the server says.
    pub reads: bool,
    /// Whether a connection that was closed is opened again.
    pub returns: bool,
}

/// An attack that goes on until it is dropped.
#[derive(Debug)]
pub struct Running {
    score: Arc<Score>,
    tasks: Tasks,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.stopping().cancel();
    }
}

/// What became of an attack.
#[derive(Debug, Default)]
struct Score {
    waves: AtomicUsize,
    closed: AtomicUsize,
}

impl Attack {
    /// Nothing but connections.
    #[must_use]
    pub fn idle(connections: usize) -> Self {
        Self::new("idle connections", connections, Vec::new())
    }

    /// Connections that stay with their opening.
    #[must_use]
    pub fn new(name: &'static str, connections: usize, opening: Vec<u8>) -> Self {
        let (waves, pause) = (Arc::new(|_| Vec::new()), Duration::from_secs(3600));
        Self { name, connections, opening, waves, pause, reads: true, returns: true }
    }

    /// The same with waves as fast as they are taken.
    #[must_use]
    pub fn with_waves(mut self, waves: impl Fn(u32) -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.waves = Arc::new(waves);
        self.pause = Duration::ZERO;
        self
    }

    /// The same with a pause between waves.
    #[must_use]
    pub const fn every(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// The same without reading an answer.
    #[must_use]
    pub const fn deaf(mut self) -> Self {
        self.reads = false;
        self
    }

    /// The same with each connection opened only once.
    #[must_use]
    pub const fn once(mut self) -> Self {
        self.returns = false;
        self
    }

    /// Begins it.
    #[must_use]
    pub fn start(self, address: SocketAddr) -> Running {
        let (score, tasks) = (Arc::new(Score::default()), Tasks::default());
        for _ in 0..self.connections {
            let (attack, score) = (self.clone(), Arc::clone(&score));
            let stopping = tasks.stopping().clone();
            tasks.spawn(async move {
                tokio::select! {
                    () = attack.go_on(address, &score) => {}
                    () = stopping.cancelled() => {}
                }
            });
        }
        Running { score, tasks }
    }

    async fn go_on(&self, address: SocketAddr, score: &Score) {
        loop {
            if let Ok(stream) = TcpStream::connect(address).await {
                self.attack(stream, score).await;
                score.closed.fetch_add(1, Ordering::Relaxed);
            }
            if !self.returns {
                return;
            }
            // A server that closes at once must not make the attacker spin.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Attacks over one connection until the server closes it.
    async fn attack(&self, stream: TcpStream, score: &Score) {
        let (reader, writer) = stream.into_split();
        tokio::select! {
            () = self.write(writer, score) => {}
            () = read_to_end(reader), if self.reads => {}
        }
    }

    async fn write(&self, mut writer: OwnedWriteHalf, score: &Score) {
        if writer.write_all(&self.opening).await.is_err() {
            return;
        }
        score.waves.fetch_add(1, Ordering::Relaxed);
        for number in 0.. {
            tokio::time::sleep(self.pause).await;
            if writer.write_all(&(self.waves)(number)).await.is_err() {
                return;
            }
            score.waves.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn read_to_end(mut reader: OwnedReadHalf) {
    let mut buffer = vec![0; 16 << 10];
    while reader.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
}

impl Running {
    /// Openings and waves that were taken.
    #[must_use]
    pub fn waves(&self) -> usize {
        self.score.waves.load(Ordering::Relaxed)
    }

    /// How often the server closed a connection.
    #[must_use]
    pub fn closed(&self) -> usize {
        self.score.closed.load(Ordering::Relaxed)
    }
}
