//! Transport: listeners, servers and clients, framing, codings, and the code table.
//!
//! Only this module knows which HTTP, gRPC and TLS libraries are in use.

pub mod compression;
mod fetch;
pub mod grpc_framing;
pub mod status;

pub use fetch::fetch_text;
