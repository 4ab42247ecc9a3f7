//! Nanoseconds per item for what every payload goes through.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints and fails by panicking"
)]

use std::hint::black_box;

use bytes::Bytes;
use common::{otlp::envelope, signal::Signal};
use tests::otlp::samples;
use tokio::time::Instant;

const ITEMS: usize = 1_000;
const ROUNDS: u32 = 200;

fn measure(name: &str, mut work: impl FnMut()) {
    work();
    let start = Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    let nanos = start.elapsed().as_nanos() / u128::from(ROUNDS) / ITEMS as u128;
    println!("{name:<24} {nanos:>6} ns per item");
}

fn main() {
    for signal in Signal::ALL {
        let request: Bytes = samples::request(signal, ITEMS);
        measure(&format!("walk {signal}"), || {
            black_box(envelope::walk(signal, request.clone()).expect("a valid request"));
        });
        measure(&format!("count {signal}"), || {
            black_box(envelope::count_items(signal, &request));
        });
        let payload = [request.clone()];
        measure(&format!("split {signal}"), || {
            black_box(envelope::split(&payload, signal, ITEMS / 10));
        });
    }
}
