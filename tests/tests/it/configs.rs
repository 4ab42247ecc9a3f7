//! The configs that several tests start from. Listeners take any free port.

use std::net::SocketAddr;

/// An `otlp` receiver and one pipeline per signal; the rest is given as YAML sections.
///
/// `processors` and `exporters` are the ids in each pipeline.
pub(crate) fn pipelines(sections: &str, processors: &[&str], exporters: &[&str]) -> String {
    let (processors, exporters) = (processors.join(", "), exporters.join(", "));
    pipelines_of(&["traces", "metrics", "logs"], sections, &processors, &exporters)
}

/// The same with one pipeline, so that the whole budget is one signal's.
pub(crate) fn only_traces(sections: &str, processors: &[&str], exporters: &[&str]) -> String {
    pipelines_of(&["traces"], sections, &processors.join(", "), &exporters.join(", "))
}

fn pipelines_of(signals: &[&str], sections: &str, processors: &str, exporters: &str) -> String {
    let mut config = format!("{RECEIVER}{sections}service:\n  pipelines:\n");
    for signal in signals {
        config.push_str(&format!(
            "    {signal}:\n      receivers: [otlp]\n      processors: [{processors}]\n      \
             exporters: [{exporters}]\n"
        ));
    }
    config
}

/// Everything goes to one backend over gRPC, each request by itself and in its sender's time.
pub(crate) fn pass_through(backend: SocketAddr) -> String {
    let sections = format!("exporters:\n{}", unqueued_otlp(backend));
    pipelines(&sections, &[], &["otlp_grpc"])
}

/// The chain that most people run.
pub(crate) fn limited_and_batched(backend: SocketAddr) -> String {
    let sections = format!("{LIMITER_AND_BATCH}exporters:\n{}", unqueued_otlp(backend));
    pipelines(&sections, &["memory_limiter", "batch"], &["otlp_grpc"])
}

/// An `otlp_grpc` exporter that keeps nothing: its answer is the backend's.
pub(crate) fn unqueued_otlp(backend: SocketAddr) -> String {
    format!(
        "  otlp_grpc:\n    endpoint: {backend}\n    compression: none\n    tls: {{insecure: true}}\n    \
         sending_queue: {{enabled: false}}\n    retry_on_failure: {{enabled: false}}\n"
    )
}

/// Everything goes into one file.
pub(crate) fn to_file(path: &std::path::Path, format: &str) -> String {
    let path = path.display();
    let sections = format!(
        "exporters:\n  file:\n    path: {path}\n    format: {format}\n    flush_interval: 100ms\n"
    );
    pipelines(&sections, &[], &["file"])
}

/// The two processors of the chain that most people run.
pub(crate) const LIMITER_AND_BATCH: &str = "processors:\n  memory_limiter: {check_interval: 1s, \
     limit_mib: 1000}\n  batch: {timeout: 100ms}\n";

const RECEIVER: &str = "receivers:
  otlp:
    protocols:
      grpc: {endpoint: '127.0.0.1:0', max_recv_msg_size_mib: 80}
      http: {endpoint: '127.0.0.1:0', max_request_body_size: 83886080}
";
