//! Transport: listeners, servers and clients, framing, codings, and the code table.
//!
//! Only this module knows which HTTP, gRPC and TLS libraries are in use.

pub mod auth;
pub mod client;
pub mod compression;
mod fetch;
pub mod form_client;
pub mod grpc_client;
pub mod grpc_framing;
pub mod grpc_server;
pub mod http_client;
pub mod http_server;
pub mod intake;
pub mod listener;
pub mod listeners;
pub mod metadata_client;
pub mod open_files;
pub mod server;
pub mod status;
pub mod tls;

use http::HeaderMap;

use crate::pipeline::{Budget, Charge, OverBudget};

pub use fetch::{Trust, ask, fetch_text};
pub use listeners::{Listeners, Opener};

/// HTTP/2 windows of our servers: a client sends a whole request without waiting for us to say that
/// we have read its beginning.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;

/// Headers of a request larger than this are refused.
const MAX_HEAD_BYTES: u32 = 32 << 10;
/// Headers up to this are held without being charged.
const FREE_HEAD_BYTES: usize = 4 << 10;
/// Streams that an HTTP/2 client may reset before we have looked at them.
const MAX_UNSEEN_RESETS: usize = 20;
/// Streams of an HTTP/2 client that we may have to reset for its mistakes.
const MAX_OWN_RESETS: usize = 1024;

/// Charges a request's headers, which are held as long as it is, if they are large. They keep the buffers
/// that they were read into, which are about twice their size.
fn charge_for_head(headers: &HeaderMap, budget: &Budget) -> Result<Charge, OverBudget> {
    let sizes = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32);
    let bytes: usize = sizes.sum();
    if bytes <= FREE_HEAD_BYTES { Ok(Charge::NONE) } else { budget.reserve(2 * bytes) }
}

/// The windows of a stream and of its connection, where so many others are open. What a client may send
/// before we read it is held by the connection and charged nowhere, so all together get an eighth of the
/// budget's limit, down to HTTP/2's own window.
fn windows_beside(others: u64, limit_bytes: u64) -> (u32, u32) {
    const MIN_WINDOW_BYTES: u32 = u16::MAX as u32;
    let share = limit_bytes / 8 / others.saturating_add(1);
    let share = u32::try_from(share).unwrap_or(u32::MAX);
    let window = |most: u32| share.clamp(MIN_WINDOW_BYTES, most);
    (window(STREAM_WINDOW_BYTES), window(CONNECTION_WINDOW_BYTES))
}
