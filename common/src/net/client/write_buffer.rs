//! Gathers small writes into one system call.
//!
//! HTTP/2 hands over the headers of a request, its frame headers and its window updates one by one.
//! Larger pieces go straight through without being copied: a flush follows each frame of data anyway.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The largest write that is copied; beyond it a system call costs less than the copy.
const MAX_COPIED_BYTES: usize = 4 * 1024;

/// A stream whose small writes wait for a flush or for a full buffer.
#[derive(Debug)]
pub struct WriteBuffer<S> {
    stream: S,
    buffer: Vec<u8>,
    written: usize,
    capacity: usize,
}

impl<S: AsyncWrite + Unpin> WriteBuffer<S> {
    /// Buffers up to so many bytes; 0 buffers nothing.
    pub const fn new(stream: S, capacity: usize) -> Self {
        Self { stream, buffer: Vec::new(), written: 0, capacity }
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.buffer.get(self.written..).filter(|rest| !rest.is_empty()) {
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
        }
        self.buffer.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_room(&mut self, cx: &mut Context<'_>, length: usize) -> Poll<io::Result<bool>> {
        let is_copied = length <= MAX_COPIED_BYTES.min(self.capacity);
        if !is_copied || self.buffer.len() + length > self.capacity {
            ready!(self.poll_drain(cx))?;
        }
        Poll::Ready(Ok(is_copied))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteBuffer<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if ready!(self.poll_room(cx, bytes.len()))? {
            self.buffer.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = pieces.iter().map(|piece| piece.len()).sum();
        if ready!(self.poll_room(cx, length))? {
            for piece in pieces {
                self.buffer.extend_from_slice(piece);
            }
            return Poll::Ready(Ok(length));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteBuffer<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}
