//! The only integration binary: built collectors seen from outside, and rules about the source tree.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod backpressure;
mod catalogue;
mod chaos;
mod config_cli;
mod configs;
mod conformance;
mod floods;
mod hostile;
mod isolation;
mod lifecycle;
mod round_trip;
mod stages;
mod tidy;
mod tls;
mod upstream_configs;
mod verdicts;
mod zero_decode;
