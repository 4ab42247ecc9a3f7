//! Transport: listeners, servers and clients, framing, codings, and the code table.
//!
//! Only this module knows which HTTP, gRPC and TLS libraries are in use.

pub mod compression;
mod fetch;
pub mod grpc_framing;
pub mod http_server;
pub mod listener;
pub mod server;
pub mod status;

pub use fetch::fetch_text;

/// HTTP/2 windows of our servers: a client sends a whole request without waiting for us to say that
/// we have read its beginning.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;
