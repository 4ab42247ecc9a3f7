//! The only integration binary: built collectors seen from outside, and rules about the source tree.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod auth;
mod backpressure;
mod catalogue;
mod chaos;
mod client_auth;
mod config_cli;
mod configs;
mod conformance;
mod connectors;
mod corpora;
mod deploy;
mod floods;
mod golden;
mod hostile;
mod isolation;
mod lifecycle;
mod mutual_tls;
mod oauth2;
mod ottl_page;
mod owner_only;
mod reference_configs;
mod resource_detection;
mod rotation;
mod round_trip;
mod secrets;
mod secured;
mod stages;
mod tidy;
mod tls;
mod upstream_configs;
mod verdicts;
mod zero_decode;
