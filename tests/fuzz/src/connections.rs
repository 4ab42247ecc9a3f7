//! Servers that the fuzzer talks to over a socket, each on a runtime of its own.

use std::{cell::RefCell, time::Duration};

use common::{
    net::{
        listener::{Listener, Transport},
        server::Server,
    },
    pipeline::Budget,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    runtime::{Builder, Runtime},
};

/// More than any answer to inputs as small as these.
const MAX_ANSWER_BYTES: u64 = 1 << 20;
/// A client that has said all and has closed its side is not waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs while somebody talks to it.
pub struct Site {
    runtime: Runtime,
    folder: TempDir,
    budget: Budget,
    _server: Server,
}

impl Site {
    /// Starts what `serve` makes of a listener and a budget.
    pub fn start(limit: u64, serve: impl FnOnce(Listener, Budget) -> Server) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let folder = TempDir::new().expect("a folder");
        let budget = Budget::new(limit);
        let server = runtime.block_on(async {
            let path = folder.path().join("socket");
            let path = path.to_str().expect("a path of letters");
            let listener = Listener::bind(path, Transport::Unix, "").await.expect("a socket");
            serve(listener, budget.clone())
        });
        Self { runtime, folder, budget, _server: server }
    }

    /// What the server answers to these bytes until it has enough; it must have given back all it took.
    pub fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        self.runtime.block_on(async {
            let stream = UnixStream::connect(self.folder.path().join("socket")).await;
            let (mut reading, mut writing) = stream.expect("the server listens").into_split();
            let write = async {
                // The server may close before it has read all.
                drop(writing.write_all(bytes).await);
                drop(writing.shutdown().await);
            };
            let mut answer = Vec::new();
            let read = async {
                drop((&mut reading).take(MAX_ANSWER_BYTES).read_to_end(&mut answer).await);
            };
            let both = async { tokio::join!(write, read) };
            tokio::time::timeout(PATIENCE, both).await.expect("the connection ends");
            assert!((answer.len() as u64) < MAX_ANSWER_BYTES);
            for _ in 0..100 {
                if self.budget.used() == 0 {
                    break;
                }
                tokio::task::yield_now().await;
            }
            assert_eq!(self.budget.used(), 0, "everything is given back");
            answer
        })
    }
}

/// A site that is started when it is first needed, one per thread.
pub type Kept = RefCell<Option<Site>>;

/// Asks a kept site, which `start` makes if it is not there yet.
pub fn ask(kept: &Kept, start: fn() -> Site, bytes: &[u8]) -> Vec<u8> {
    kept.borrow_mut().get_or_insert_with(start).answer(bytes)
}
