//! A connection that tells its [`Guest`] what goes over it.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{guest::Guest, meter::Meter};
use crate::net::listener::Io;

/// An accepted connection, watched.
#[derive(Debug)]
pub(in crate::net) struct Watched {
    io: Io,
    guest: Arc<Guest>,
    others: usize,
    meter: Meter,
}

impl Watched {
    pub(super) fn new(io: Io, guest: Arc<Guest>, others: usize) -> Self {
        let meter = Meter::new(guest.now());
        Self { io, guest, others, meter }
    }

    /// What is known of the connection.
    pub(in crate::net) const fn guest(&self) -> &Arc<Guest> {
        &self.guest
    }

    /// How many connections the server had when this one came.
    pub(in crate::net) const fn others(&self) -> u64 {
        self.others as u64
    }

    fn wrote<T>(&self, result: Poll<T>) -> Poll<T> {
        self.guest.is_blocked(result.is_pending());
        result
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.meter.allows(this.guest.now()) {
            this.guest.hold_back(context.waker());
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut this.io).poll_read(context, buffer);
        let read = buffer.filled().get(before..).unwrap_or_default();
        if !read.is_empty() {
            this.guest.receive(read.len());
            this.meter.count(read);
        }
        result
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(context, buffer);
        self.wrote(result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Asked for when all was written; TLS says only here whether the client took it.
        let result = Pin::new(&mut self.io).poll_flush(context);
        self.wrote(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.io).poll_shutdown(context);
        if result.is_pending() { self.wrote(result) } else { result }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(context, buffers);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
