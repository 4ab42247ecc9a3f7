//! A TCP proxy that cuts and freezes the connections through it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use common::component::Tasks;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use super::subject::lasting_address;

/// A running proxy; dropping it closes it.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    line: Line,
    tasks: Tasks,
}

#[derive(Clone, Debug)]
struct Line {
    /// Which generation of connections may live.
    generation: watch::Sender<u64>,
    is_frozen: watch::Sender<bool>,
    /// Bytes until the next cut; `u64::MAX` for none.
    fuse: Arc<AtomicU64>,
}

impl Proxy {
    /// Passes everything on to `target`.
    ///
    /// # Panics
    /// If the port is taken.
    pub async fn start(target: SocketAddr) -> Self {
        let address = lasting_address();
        let listener = TcpListener::bind(address).await.unwrap();
        let line = Line {
            generation: watch::Sender::new(0),
            is_frozen: watch::Sender::new(false),
            fuse: Arc::new(AtomicU64::new(u64::MAX)),
        };
        let tasks = Tasks::default();
        tasks.spawn(accept(listener, target, line.clone(), tasks.clone()));
        Self { address, line, tasks }
    }

    /// Cuts every connection now.
    pub fn cut(&self) {
        self.line.cut();
    }

    /// Cuts every connection after so many more bytes, wherever in a request that is.
    pub fn cut_after(&self, bytes: u64) {
        self.line.fuse.store(bytes, Ordering::Relaxed);
    }

    /// Holds every byte back, or lets them flow again. Nobody is told.
    pub fn freeze(&self, is_frozen: bool) {
        self.line.is_frozen.send_replace(is_frozen);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.tasks.stopping().cancel();
    }
}

impl Line {
    fn cut(&self) {
        self.fuse.store(u64::MAX, Ordering::Relaxed);
        self.generation.send_modify(|generation| *generation += 1);
    }

    /// Burns so much of the fuse; says how much of it may still pass.
    fn burn(&self, bytes: usize) -> usize {
        let bytes = bytes as u64;
        let burnt = self.fuse.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            (left != u64::MAX).then(|| left.saturating_sub(bytes))
        });
        usize::try_from(burnt.map_or(bytes, |left| left.min(bytes))).unwrap_or(0)
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, line: Line, tasks: Tasks) {
    loop {
        let stream = tokio::select! {
            () = tasks.stopping().cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => continue,
            },
        };
        tasks.spawn(relay(stream, target, line.clone(), tasks.clone()));
    }
}

async fn relay(client: TcpStream, target: SocketAddr, line: Line, tasks: Tasks) {
    let mut generation = line.generation.subscribe();
    let Ok(server) = TcpStream::connect(target).await else { return };
    drop(client.set_nodelay(true));
    drop(server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = tasks.stopping().cancelled() => {}
        // Dropping a stream with unread bytes resets the connection.
        _ = generation.changed() => {}
        () = copy(from_client, to_server, &line) => {}
        () = copy(from_server, to_client, &line) => {}
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, line: &Line) {
    let mut frozen = line.is_frozen.subscribe();
    let mut buffer = vec![0; 16 << 10];
    loop {
        let Ok(read) = from.read(&mut buffer).await else { return };
        if read == 0 || frozen.wait_for(|is_frozen| !*is_frozen).await.is_err() {
            return;
        }
        let passes = line.burn(read);
        if to.write_all(&buffer[..passes]).await.is_err() {
            return;
        }
        if passes < read {
            return line.cut();
        }
    }
}
