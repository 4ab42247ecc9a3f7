//! Serves our own metrics to Prometheus.

use std::sync::Arc;

use futures_util::FutureExt;
use tokio::time::Instant;

use crate::{
    component::{Host, StartError},
    net::{
        http_server::{self, HttpServerSettings, Request, Response},
        listener::ListenError,
        server::Server,
    },
    settings::Duration,
    telemetry::{
        Resource, exposition, metrics, process,
        settings::{MetricLevel, MetricSettings, PrometheusReader},
    },
};

/// The servers of the readers in `service::telemetry::metrics`.
#[derive(Debug)]
pub(super) struct OwnMetrics {
    servers: Vec<Server>,
}

/// Adds what is known about the process and its budget to the metrics; called once, at start.
pub(super) fn expose_process(host: &Host) {
    let registry = &host.telemetry.metrics;
    process::expose(registry);
    let budget = host.budget.clone();
    registry.read_with(&metrics::BUDGET_USED, &[], move || budget.used() as f64);
    let budget = host.budget.clone();
    registry.read_with(&metrics::BUDGET_LIMIT, &[], move || budget.limit() as f64);
}

impl OwnMetrics {
    /// Sets the level and opens a server for each reader; none at level `none`.
    ///
    /// # Errors
    /// [`StartError`] if an address is taken or wrong; then none is open.
    pub(super) async fn start(
        host: &Host,
        settings: &MetricSettings,
        resource: &Resource,
    ) -> Result<Self, StartError> {
        host.telemetry.metrics.set_level(settings.level.into());
        let mut servers = Vec::new();
        if settings.level == MetricLevel::None {
            return Ok(Self { servers });
        }
        // Who wrote no reader wants the port of the default one where other listeners are too.
        let is_default = settings.readers == MetricSettings::default().readers;
        let readers = settings.readers.iter().enumerate();
        for (index, reader) in readers.filter_map(|(i, reader)| Some((i, reader.as_prometheus()?)))
        {
            let written = reader.host.as_deref().filter(|_| !is_default).unwrap_or_default();
            let endpoint = endpoint(written, reader.port);
            let server = serve(host, reader, &endpoint, resource).await;
            servers.push(server.map_err(|error| start_error(index, &endpoint, error))?);
        }
        Ok(Self { servers })
    }

    /// Closes the servers.
    pub(super) async fn stop(&self, deadline: Instant) {
        for server in &self.servers {
            server.stop(deadline).await;
        }
    }

    /// Where metrics can be read.
    #[cfg(test)]
    pub(super) fn addresses(&self) -> Vec<String> {
        self.servers.iter().flat_map(|server| server.addresses().iter().cloned()).collect()
    }
}

async fn serve(
    host: &Host,
    reader: &PrometheusReader,
    endpoint: &str,
    resource: &Resource,
) -> Result<Server, ListenError> {
    let settings: HttpServerSettings = HttpServerSettings {
        endpoint: endpoint.to_owned(),
        tls: reader.tls.clone(),
        read_timeout: Duration::from_secs(5),
        read_header_timeout: Duration::from_secs(5),
        write_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(120),
        ..HttpServerSettings::default()
    };
    let listener = settings
        .listen(&host.listeners.opener("own metrics".to_owned(), Arc::clone(&host.default_host)))
        .await?;
    let page = Arc::new((host.clone(), reader.clone(), resource.clone()));
    let handler = move |request: Request| {
        let page = Arc::clone(&page);
        async move {
            if request.path() != "/metrics" {
                return Response::text(404, "404 page not found\n");
            }
            let (host, reader, resource) = &*page;
            let metrics = &host.telemetry.metrics;
            let text = exposition::render(metrics, reader, resource, &host.build_info);
            Response::new(200, exposition::CONTENT_TYPE, text)
        }
        .boxed()
    };
    let server = http_server::serve(listener, &settings, None, handler);
    tracing::info!(endpoint = server.addresses().join(", "), "serving own metrics at /metrics");
    Ok(server)
}

fn start_error(index: usize, endpoint: &str, error: ListenError) -> StartError {
    let message = match &error {
        ListenError::Tls(_) => {
            let reader = format!("service::telemetry::metrics::readers::{index}");
            format!("{reader}::pull::exporter::prometheus::{error}")
        }
        _ => format!("own metrics cannot be served on {endpoint:?}"),
    };
    StartError::with_source(message, error)
}

/// A host that is an IPv6 address may or may not stand in brackets.
fn endpoint(host: &str, port: Option<u16>) -> String {
    let port = port.unwrap_or_default();
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests;
