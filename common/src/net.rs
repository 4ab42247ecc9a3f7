//! Transport: listeners, servers and clients, framing, codings, and the code table.
//!
//! Only this module knows which HTTP, gRPC and TLS libraries are in use.

pub mod client;
pub mod compression;
mod fetch;
pub mod grpc_client;
pub mod grpc_framing;
pub mod http_client;
pub mod status;
pub mod tls_client;

pub use fetch::fetch_text;
