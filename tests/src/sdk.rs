//! The SDKs as applications use them, each sending the same telemetry to several endpoints.
//!
//! Of two endpoints the first is a recording backend: what it got is what was sent.

use std::{net::SocketAddr, process::Stdio, time::Duration};

use common::signal::Signal;
use opentelemetry::{
    Key, KeyValue,
    logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _},
    metrics::MeterProvider as _,
    trace::{Span as _, Status, TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_otlp::{LogExporter, MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::SdkLoggerProvider,
    metrics::{
        PeriodicReader, SdkMeterProvider, Temporality, data::ResourceMetrics,
        exporter::PushMetricExporter,
    },
    trace::SdkTracerProvider,
};
use tokio::process::Command;

use crate::{collector::root, pki::Pki};

/// What an SDK is told beside where to send: the variables that all of them read.
#[derive(Clone, Debug, Default)]
pub struct Access(Vec<(&'static str, String)>);

impl Access {
    /// Trusts the authority of a PKI.
    #[must_use]
    pub fn trusting(pki: &Pki) -> Self {
        Self::default().with("OTEL_EXPORTER_OTLP_CERTIFICATE", pki, "ca.pem")
    }

    /// Shows the client certificate of a PKI.
    #[must_use]
    pub fn proving(self, pki: &Pki) -> Self {
        self.with("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", pki, "client.pem").with(
            "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            pki,
            "client.key",
        )
    }

    /// Sends one header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let coded = value.replace('%', "%25").replace(' ', "%20").replace('=', "%3D");
        self.0.push(("OTEL_EXPORTER_OTLP_HEADERS", format!("{name}={coded}")));
        self
    }

    fn with(mut self, variable: &'static str, pki: &Pki, file: &str) -> Self {
        self.0.push((variable, pki.files.path(file).display().to_string()));
        self
    }
}

/// Runs the Python SDK's exporters in plain text; `protocol` is `grpc` or `http`.
pub async fn python(protocol: &str, signal: Signal, endpoints: &[SocketAddr]) {
    python_with(&Access::default(), protocol, signal, &plain(endpoints)).await;
}

/// The same for any URLs.
pub async fn python_with(access: &Access, protocol: &str, signal: Signal, urls: &[String]) {
    let python = root().join(".venv/bin/python");
    let script = root().join("tests/clients/python/send.py");
    run(Command::new(python).arg(script).args([protocol, signal.name()]), access, urls).await;
}

/// Runs the JavaScript SDK's exporters in plain text; `protocol` is `grpc`, `proto` or `json`.
pub async fn node(protocol: &str, signal: Signal, endpoints: &[SocketAddr]) {
    node_with(&Access::default(), protocol, signal, &plain(endpoints)).await;
}

/// The same for any URLs.
pub async fn node_with(access: &Access, protocol: &str, signal: Signal, urls: &[String]) {
    let script = root().join("tests/clients/node/send.js");
    run(Command::new("node").arg(script).args([protocol, signal.name()]), access, urls).await;
}

/// Runs the Go SDK's trace exporters; `protocol` is `grpc` or `http`.
///
/// # Panics
/// If there is no Go, or its modules cannot be had.
pub async fn go_with(access: &Access, protocol: &str, urls: &[String]) {
    let folder = root().join("tests/clients/go");
    let client = root().join("target/go-client");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&client).arg(".").current_dir(folder);
    assert!(build.status().await.unwrap().success(), "the Go client cannot be built");
    run(Command::new(client).arg(protocol), access, urls).await;
}

fn plain(endpoints: &[SocketAddr]) -> Vec<String> {
    endpoints.iter().map(|address| format!("http://{address}")).collect()
}

/// Runs curl with a file as its OTLP JSON body; returns the answer's body.
///
/// # Panics
/// If curl fails or the answer is an error.
pub async fn curl(signal: Signal, body_file: &std::path::Path, endpoint: SocketAddr) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--fail-with-body", "-H"])
        .arg("content-type: application/json")
        .arg("--data-binary")
        .arg(format!("@{}", body_file.display()))
        .arg(format!("http://{endpoint}{}", signal.http_path()))
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "curl: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn run(command: &mut Command, access: &Access, urls: &[String]) {
    // A machine's own variables for proxies and authorities would change what the SDKs do.
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let command = command.args(urls).envs(access.0.iter().map(|(name, value)| (name, value)));
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    assert!(
        output.status.success(),
        "the client failed; `make test` installs what it needs\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Sends with the Rust SDK over gRPC.
///
/// # Panics
/// If an exporter cannot be built or the export fails.
pub async fn rust(signal: Signal, endpoints: &[SocketAddr]) {
    let endpoints = plain(endpoints);
    // The exporters connect through the runtime that they are built in, and the flush blocks.
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let _entered = runtime.enter();
        match signal {
            Signal::Traces => send_spans(&endpoints),
            Signal::Metrics => send_metrics(&endpoints),
            Signal::Logs => send_logs(&endpoints),
        }
    })
    .await
    .unwrap();
}

fn resource() -> Resource {
    Resource::builder()
        .with_service_name("rust-client")
        .with_attribute(KeyValue::new("host.cores", 2))
        .build()
}

fn send_spans(endpoints: &[String]) {
    let mut builder = SdkTracerProvider::builder().with_resource(resource());
    for endpoint in endpoints {
        let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
        builder = builder.with_batch_exporter(exporter.unwrap());
    }
    let provider = builder.build();
    let tracer = provider.tracer("rust-client");
    let parent = tracer.start("parent");
    let link = parent.span_context().clone();
    let context = opentelemetry::Context::new().with_span(parent);
    let mut child = tracer.start_with_context("child", &context);
    child.set_attribute(KeyValue::new("http.route", "/checkout"));
    child.add_link(link, vec![KeyValue::new("why", "causes")]);
    child.add_event("retried", vec![KeyValue::new("attempt", 2)]);
    child.set_status(Status::error("went wrong"));
    child.end();
    context.span().end();
    provider.shutdown().unwrap();
}

fn send_metrics(endpoints: &[String]) {
    let build = |endpoint| MetricExporter::builder().with_tonic().with_endpoint(endpoint).build();
    let exporters = endpoints.iter().map(|endpoint| build(endpoint).unwrap()).collect();
    let reader = PeriodicReader::builder(SameToAll(exporters)).build();
    let builder = SdkMeterProvider::builder().with_resource(resource());
    let provider = builder.with_reader(reader).build();
    let meter = provider.meter("rust-client");
    meter.u64_counter("requests").with_unit("{request}").build().add(3, &[KeyValue::new("a", 1)]);
    meter.f64_up_down_counter("queue").build().add(-1.5, &[]);
    meter.f64_gauge("temperature").build().record(21.5, &[]);
    meter.f64_histogram("latency").build().record(0.25, &[KeyValue::new("b", true)]);
    provider.shutdown().unwrap();
}

/// One collection for all endpoints: a reader each would stamp its own times.
struct SameToAll(Vec<MetricExporter>);

impl PushMetricExporter for SameToAll {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        for exporter in &self.0 {
            exporter.export(metrics).await?;
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.iter().try_for_each(PushMetricExporter::force_flush)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.iter().try_for_each(|exporter| exporter.shutdown_with_timeout(timeout))
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

fn send_logs(endpoints: &[String]) {
    let mut builder = SdkLoggerProvider::builder().with_resource(resource());
    for endpoint in endpoints {
        let exporter = LogExporter::builder().with_tonic().with_endpoint(endpoint).build();
        builder = builder.with_batch_exporter(exporter.unwrap());
    }
    let provider = builder.build();
    let logger = provider.logger("rust-client");
    let mut record = logger.create_log_record();
    record.set_body(AnyValue::from("it happened"));
    record.set_severity_number(opentelemetry::logs::Severity::Warn);
    let map = [(Key::from("deeper"), AnyValue::from(1))].into_iter().collect();
    record.add_attribute("nested", AnyValue::Map(Box::new(map)));
    logger.emit(record);
    provider.shutdown().unwrap();
}
