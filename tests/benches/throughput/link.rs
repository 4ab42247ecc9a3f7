//! One TCP connection that is read and written without a copy more than the kernel's own.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice},
    sync::{Arc, Weak},
};

use bytes::{Buf as _, Bytes, BytesMut};
use parking_lot::Mutex;
use tokio::{io::Interest, net::TcpStream, sync::Notify};

/// What is read at once, at least.
const READ_BYTES: usize = 256 << 10;
/// Pieces that are written at once.
const SLICES: usize = 32;
/// What is smaller is copied: a piece of its own costs more.
const SMALL: usize = 8 << 10;

/// Bytes on their way out.
#[derive(Default)]
pub(crate) struct Outbox {
    chunks: VecDeque<Bytes>,
    tail: BytesMut,
}

impl Outbox {
    /// Adds bytes by copying them.
    pub(crate) fn copy(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
    }

    /// Adds bytes that somebody keeps.
    pub(crate) fn put(&mut self, bytes: Bytes) {
        if bytes.len() < SMALL {
            return self.copy(&bytes);
        }
        self.seal();
        self.chunks.push_back(bytes);
    }

    /// Whether there is as much as one write takes.
    pub(crate) fn is_full(&self) -> bool {
        self.chunks.len() >= SLICES || self.tail.len() > READ_BYTES
    }

    fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.tail.is_empty()
    }

    fn seal(&mut self) {
        if !self.tail.is_empty() {
            self.chunks.push_back(self.tail.split().freeze());
        }
    }

    /// Writes as much as the kernel takes; whether that was all.
    fn write(&mut self, stream: &TcpStream) -> io::Result<bool> {
        self.seal();
        while !self.chunks.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            for (slice, chunk) in slices.iter_mut().zip(&self.chunks) {
                *slice = IoSlice::new(chunk);
            }
            let count = self.chunks.len().min(SLICES);
            let written = match stream.try_write_vectored(slices.get(..count).unwrap_or_default()) {
                Ok(written) => written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            };
            self.forget(written);
        }
        Ok(true)
    }

    fn forget(&mut self, mut written: usize) {
        while let Some(chunk) = self.chunks.front_mut() {
            if written < chunk.len() {
                chunk.advance(written);
                return;
            }
            written -= chunk.len();
            self.chunks.pop_front();
        }
    }
}

/// One end of a connection: what it makes of what comes, and what it has to say.
pub(crate) trait End: Send + 'static {
    /// Takes whole messages off the input; returns how many bytes the next one lacks, if that is known.
    fn read(&mut self, input: &mut BytesMut, outbox: &mut Outbox) -> anyhow::Result<usize>;
    /// Puts out what may go now.
    fn fill(&mut self, outbox: &mut Outbox);
    /// The connection is gone.
    fn closed(&mut self);
}

struct State<E> {
    end: E,
    input: BytesMut,
    outbox: Outbox,
    wanted: usize,
    is_closed: bool,
}

/// A connection and its end.
pub(crate) struct Link<E> {
    stream: TcpStream,
    state: Mutex<State<E>>,
    wake: Notify,
}

impl<E: End> Link<E> {
    /// Takes over a stream; the end may keep the way to its own link.
    pub(crate) fn open(
        stream: TcpStream,
        end: impl FnOnce(Weak<Self>) -> E,
    ) -> io::Result<Arc<Self>> {
        stream.set_nodelay(true)?;
        Ok(Arc::new_cyclic(|link| {
            let state = State {
                end: end(Weak::clone(link)),
                input: BytesMut::new(),
                outbox: Outbox::default(),
                wanted: 0,
                is_closed: false,
            };
            Self { stream, state: Mutex::new(state), wake: Notify::new() }
        }))
    }

    /// Does something with the end, and writes at once what comes of it.
    pub(crate) fn with(&self, work: impl FnOnce(&mut E, &mut Outbox)) {
        let mut state = self.state.lock();
        let State { end, outbox, .. } = &mut *state;
        work(end, outbox);
        if state.is_closed {
            state.end.closed();
        } else if !matches!(state.flush(&self.stream), Ok(true)) {
            self.wake.notify_one();
        }
    }

    /// Reads and writes until the connection ends.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            let interest = if self.state.lock().outbox.is_empty() {
                Interest::READABLE
            } else {
                Interest::READABLE | Interest::WRITABLE
            };
            tokio::select! {
                ready = self.stream.ready(interest) => if ready.is_err() { break },
                () = self.wake.notified() => (),
            }
            if !matches!(self.state.lock().pump(&self.stream), Ok(true)) {
                break;
            }
        }
        let mut state = self.state.lock();
        state.is_closed = true;
        state.end.closed();
    }
}

impl<E: End> State<E> {
    /// Reads all there is, and writes; false at the end of the stream.
    fn pump(&mut self, stream: &TcpStream) -> anyhow::Result<bool> {
        loop {
            self.input.reserve(self.wanted.max(READ_BYTES));
            match stream.try_read_buf(&mut self.input) {
                Ok(0) => return Ok(false),
                Ok(_) => self.wanted = self.end.read(&mut self.input, &mut self.outbox)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.flush(stream)?;
        Ok(true)
    }

    fn flush(&mut self, stream: &TcpStream) -> io::Result<bool> {
        loop {
            self.end.fill(&mut self.outbox);
            if self.outbox.is_empty() {
                return Ok(true);
            }
            if !self.outbox.write(stream)? {
                return Ok(false);
            }
        }
    }
}
