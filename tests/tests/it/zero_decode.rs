//! Nothing is decoded on otlp -> memory_limiter -> batch -> otlp_grpc: what our schema does not know
//! would be lost in decoding.

use bytes::Bytes;
use common::signal::Signal;
use tests::{
    backend::Backend,
    client::Grpc,
    collector::{COMBINED, Collector, Setup},
    otlp::{self, samples},
    wait,
};

use crate::configs;

#[tokio::test]
async fn unknown_fields_survive_the_whole_chain() {
    let backend = Backend::start().await;
    let collector = Collector::start(&configs::limited_and_batched(backend.address)).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let (request, markers) = otlp::span_with_unknown_fields();
    assert!(grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
    backend.items_reach(Signal::Traces, 1).await;
    let arrived = backend.bodies(Signal::Traces).concat();
    for marker in markers {
        assert!(String::from_utf8_lossy(&arrived).contains(marker), "{marker} is gone");
    }
}

#[tokio::test]
async fn requests_that_nothing_edits_arrive_byte_for_byte() {
    let backend = Backend::start().await;
    let collector = Collector::start(&configs::pass_through(backend.address)).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    for signal in Signal::ALL {
        let request = samples::rich(signal);
        assert!(grpc.export(signal, &request).await.unwrap().is_ok());
        assert_eq!(backend.bodies(signal), [request]);
    }
}

/// Items of one of two requests of the same size; the other has a single one.
const ITEMS: usize = 1000;
/// Requests that make one batch.
const MERGED: usize = 4;
/// The allocator's smallest allocation.
const MIN_ALLOCATION_BYTES: f64 = 8.0;

#[tokio::test]
async fn what_a_request_allocates_does_not_grow_with_its_items() {
    for signal in Signal::ALL {
        let many = samples::request(signal, ITEMS);
        let one = one_item_of_size(signal, many.len());
        let of_many = allocated_per_request(signal, &many, ITEMS).await;
        let of_one = allocated_per_request(signal, &one, 1).await;
        // Less than one allocation for every eighth item.
        let tolerance = ITEMS as f64 / 8.0 * MIN_ALLOCATION_BYTES;
        assert!(
            of_many - of_one < tolerance,
            "{signal}: {ITEMS} items in {} bytes allocate {of_many} bytes, one item {of_one}",
            many.len()
        );
    }
}

/// A request with one item and exactly so many bytes.
fn one_item_of_size(signal: Signal, bytes: usize) -> Bytes {
    let frame = samples::request_of_size(signal, bytes).len() - bytes;
    let request = samples::request_of_size(signal, bytes - frame);
    assert_eq!(request.len(), bytes);
    request
}

/// Bytes that a collector allocates for one more request, its buffers included.
async fn allocated_per_request(signal: Signal, request: &Bytes, items: usize) -> f64 {
    const REQUESTS: usize = 100;
    let backend = Backend::start().await;
    let sections = format!(
        "processors:\n  memory_limiter: {{check_interval: 1s, limit_mib: 1000}}\n  \
         batch: {{send_batch_size: {}, timeout: 60s}}\nexporters:\n{}",
        MERGED * items,
        configs::unqueued_otlp(backend.address)
    );
    let config = configs::pipelines(&sections, &["memory_limiter", "batch"], &["otlp_grpc"]);
    // Without caches per thread the allocator counts each allocation when it is made.
    let setup = Setup::new(COMBINED).config(&config).env("MALLOC_CONF", "tcache:false");
    let collector = setup.start().await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let mut before = 0.0;
    for round in 0..2 {
        for _ in 0..REQUESTS {
            assert!(grpc.export(signal, request).await.unwrap().is_ok());
        }
        wait::until_true("all batches at the backend", || {
            backend.bodies(signal).len() == REQUESTS / MERGED
        })
        .await;
        backend.forget();
        // Once, because making the page allocates too.
        let metrics = collector.metrics().await;
        let now = metrics.sum("otelcol_process_runtime_total_alloc_bytes", &[]);
        assert!(now > 0.0, "the allocator keeps no statistics");
        if round == 1 {
            return (now - before) / REQUESTS as f64;
        }
        before = now;
    }
    unreachable!("there are two rounds")
}
