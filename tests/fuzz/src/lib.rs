//! The fuzz targets: each takes any bytes and panics if the product does what it must never do.
//!
//! They are here and not in the binaries so that tests can run them on the kept corpora too.

pub mod config_load;
mod connections;
pub mod decompress;
pub mod exposition;
pub mod grpc_framing;
pub mod headers;
pub mod http1;
pub mod http2;
pub mod json;
pub mod json_out;
pub mod ottl_functions;
pub mod ottl_parse;
pub mod overlay;
mod requests;
pub mod scalars;
pub mod split;
pub mod status;
pub mod storage_recovery;
pub mod tls_files;
pub mod walk;
pub mod wire;

/// A target and its name, which is also that of its binary and of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 24] = [
    ("config_load", config_load::run),
    ("decompress_gzip", decompress::gzip),
    ("decompress_lz4", decompress::lz4),
    ("decompress_snappy", decompress::snappy),
    ("decompress_snappy_framed", decompress::snappy_framed),
    ("decompress_zlib", decompress::zlib),
    ("decompress_zstd", decompress::zstd),
    ("exposition", exposition::run),
    ("grpc_framing", grpc_framing::run),
    ("headers", headers::run),
    ("http1", http1::run),
    ("http2", http2::run),
    ("json", json::run),
    ("json_out", json_out::run),
    ("ottl_parse", ottl_parse::run),
    ("ottl_functions", ottl_functions::run),
    ("overlay", overlay::run),
    ("scalars", scalars::run),
    ("split", split::run),
    ("status", status::run),
    ("storage_recovery", storage_recovery::run),
    ("tls_files", tls_files::run),
    ("walk", walk::run),
    ("wire", wire::run),
];
