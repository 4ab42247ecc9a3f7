//! The configs that the scenarios run: an `otlp` receiver, the processors that most people have, and
//! `otlp` exporters whose queue is on disk.

use std::{fmt::Write as _, net::SocketAddr, path::PathBuf};

use common::signal::Signal;

/// One exporter.
#[derive(Clone, Debug)]
pub struct Exporter {
    /// What follows `otlp/`.
    pub name: String,
    /// Where it sends to.
    pub backend: SocketAddr,
    /// The value of `sending_queue`.
    pub queue: String,
    /// The value of `retry_on_failure`.
    pub retry: String,
    /// The value of `timeout`.
    pub timeout: String,
    /// The value of `compression`.
    pub compression: String,
}

impl Exporter {
    /// One whose queue is on disk.
    #[must_use]
    pub fn durable(name: &str, backend: SocketAddr) -> Self {
        Self {
            name: name.to_owned(),
            backend,
            queue: "{storage: file_storage, queue_size: 100000, num_consumers: 4}".to_owned(),
            retry: "{initial_interval: 50ms, max_interval: 500ms}".to_owned(),
            timeout: "2s".to_owned(),
            compression: "none".to_owned(),
        }
    }

    /// One that answers its sender with the backend's answer.
    #[must_use]
    pub fn unqueued(name: &str, backend: SocketAddr) -> Self {
        let queue = "{enabled: false}".to_owned();
        let retry = "{enabled: false}".to_owned();
        Self { queue, retry, ..Self::durable(name, backend) }
    }
}

/// What to write into the config file.
#[derive(Clone, Debug)]
pub struct Config {
    /// The pipeline's signal.
    pub signal: Signal,
    /// Where the receiver listens for gRPC.
    pub grpc: SocketAddr,
    /// Where the receiver listens for HTTP.
    pub http: SocketAddr,
    /// The directory of `file_storage`, if there is one.
    pub storage: Option<PathBuf>,
    /// More settings of `file_storage`.
    pub storage_settings: String,
    /// The value of the `memory_limiter` processor.
    pub limiter: String,
    /// The value of the `batch` processor, if there is one.
    pub batch: Option<String>,
    /// Where everything goes.
    pub exporters: Vec<Exporter>,
}

impl Config {
    /// As YAML.
    #[must_use]
    pub fn yaml(&self) -> String {
        let (grpc, http, signal) = (self.grpc, self.http, self.signal.name());
        let mut yaml = format!(
            "receivers:\n  otlp:\n    protocols:\n      grpc: {{endpoint: '{grpc}'}}\n      \
             http: {{endpoint: '{http}'}}\nprocessors:\n  memory_limiter: {}\n",
            self.limiter
        );
        let mut processors = "memory_limiter".to_owned();
        if let Some(batch) = &self.batch {
            line(&mut yaml, format_args!("  batch: {batch}"));
            processors.push_str(", batch");
        }
        line(&mut yaml, format_args!("exporters:"));
        let mut ids = Vec::new();
        for exporter in &self.exporters {
            let Exporter { name, backend, queue, retry, timeout, compression } = exporter;
            line(
                &mut yaml,
                format_args!(
                    "  otlp/{name}:\n    endpoint: '{backend}'\n    tls: {{insecure: true}}\n    \
                     timeout: {timeout}\n    compression: {compression}\n    \
                     retry_on_failure: {retry}\n    sending_queue: {queue}"
                ),
            );
            ids.push(format!("otlp/{name}"));
        }
        let mut extensions = "";
        if let Some(storage) = &self.storage {
            let (directory, more) = (storage.display(), &self.storage_settings);
            line(
                &mut yaml,
                format_args!(
                    "extensions:\n  file_storage: {{directory: '{directory}', \
                     create_directory: true{more}}}"
                ),
            );
            extensions = "  extensions: [file_storage]\n";
        }
        let exporters = ids.join(", ");
        line(
            &mut yaml,
            format_args!(
                "service:\n{extensions}  pipelines:\n    {signal}:\n      receivers: [otlp]\n      \
                 processors: [{processors}]\n      exporters: [{exporters}]"
            ),
        );
        yaml
    }
}

fn line(yaml: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(yaml, "{text}").unwrap();
}
