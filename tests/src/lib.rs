//! A harness for black-box checks: it starts built collectors, plays their clients and their backends,
//! and reads what they tell about themselves.
//!
//! A harness fails its test by panicking; no error of its own is meant to be dealt with.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a harness fails its test by panicking"
)]

pub mod backend;
pub mod chaos;
pub mod client;
pub mod codings;
pub mod collector;
pub mod files;
pub mod findings;
pub mod flood;
pub mod logs;
pub mod metrics;
pub mod numbered;
pub mod otlp;
pub mod pki;
pub mod probe;
pub mod product;
pub mod reference;
pub mod sdk;
pub mod sink;
pub mod source_tree;
pub mod tls;
pub mod token_server;
pub mod wait;
