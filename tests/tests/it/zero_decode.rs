//! Nothing is decoded on otlp -> memory_limiter -> batch -> otlp_grpc: what our schema does not know
//! would be lost in decoding.

use common::signal::Signal;
use tests::{
    backend::Backend,
    client::Grpc,
    collector::Collector,
    otlp::{self, samples},
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
