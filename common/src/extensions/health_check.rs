//! Answers probes: 200 while the collector can take telemetry, 503 otherwise.
//!
//! Back-pressure is no ill health: a collector that refuses data because its memory or a queue is full
//! stays green, or its restart would lose what it holds.
//!
//! ```yaml
//! health_check:
//!   endpoint: 0.0.0.0:13133
//!   path: /health
//! ```
//!
//! Accepts: no telemetry. Holds: nothing. Rejects: nothing.

use std::{sync::Arc, time::SystemTime};

use futures_util::{FutureExt, future::BoxFuture};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{sync::watch, time::Instant};

use crate::{
    component::{BuildError, ComponentId, Context, Extension, Lifecycle, StartError},
    extensions::page_server::{self, PageServer},
    net::http_server::{HttpServerSettings, Request, Response},
    settings::{Both, Duration, Issues, Settings},
};

const PORT: u16 = 13133;

/// All keys of `health_check`: those of an HTTP server and its own.
pub type HealthCheckConfig = Both<HttpServerSettings, HealthCheckOptions>;

/// The keys of `health_check` beside those of an HTTP server.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct HealthCheckOptions {
    /// Where to listen; without a host, on the default host.
    pub endpoint: String,
    /// The only path that is answered; `/` stands for all.
    pub path: String,
    /// What to answer instead of the JSON object.
    pub response_body: Option<ResponseBody>,
    /// Accepted because configs have it; it never had an effect upstream either.
    pub check_collector_pipeline: CheckCollectorPipeline,
    /// Not available.
    pub use_v2: bool,
    /// Not available.
    pub http: Option<Value>,
    /// Not available.
    pub grpc: Option<Value>,
    /// Not available.
    pub component_health: Option<Value>,
}

impl Default for HealthCheckOptions {
    fn default() -> Self {
        Self {
            endpoint: format!(":{PORT}"),
            path: "/".to_owned(),
            response_body: None,
            check_collector_pipeline: CheckCollectorPipeline::default(),
            use_v2: false,
            http: None,
            grpc: None,
            component_health: None,
        }
    }
}

/// `response_body`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ResponseBody {
    /// While the collector can take telemetry.
    pub healthy: String,
    /// While it cannot.
    pub unhealthy: String,
}

/// `check_collector_pipeline`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct CheckCollectorPipeline {
    /// Without effect.
    pub enabled: bool,
    /// Without effect.
    pub interval: Duration,
    /// Without effect.
    pub exporter_failure_threshold: i64,
}

impl Default for CheckCollectorPipeline {
    fn default() -> Self {
        Self { enabled: false, interval: Duration::from_secs(300), exporter_failure_threshold: 5 }
    }
}

impl Settings for HealthCheckConfig {
    fn validate(&self, issues: &mut Issues) {
        self.a.validate_at("", issues);
        let options = &self.b;
        if !options.path.starts_with('/') {
            issues.error("path", format!("path must start with /, got {:?}", options.path));
        }
        if options.endpoint.is_empty() {
            issues.error("endpoint", "endpoint must be host:port, got \"\"");
        }
        if options.check_collector_pipeline != CheckCollectorPipeline::default() {
            issues.warn(
                "check_collector_pipeline",
                "this check has no effect, as in the Go collector, where it never worked; \
                 remove it",
            );
        }
        let of_version_two = [
            ("use_v2", options.use_v2),
            ("http", options.http.is_some()),
            ("grpc", options.grpc.is_some()),
            ("component_health", options.component_health.is_some()),
        ];
        for (key, _) in of_version_two.into_iter().filter(|(_, is_set)| *is_set) {
            issues.error(
                key,
                "component status (feature gate extension.healthcheck.useComponentStatus) is not \
                 available in this version; use endpoint and path",
            );
        }
    }
}

/// The extension.
#[derive(Debug)]
pub struct HealthCheck {
    context: Context,
    settings: HttpServerSettings,
    health: Arc<Health>,
    server: PageServer,
}

impl Extension for HealthCheck {
    const NAME: &'static str = "health_check";
    type Config = HealthCheckConfig;

    fn needs(config: &HealthCheckConfig) -> Vec<ComponentId> {
        page_server::needs(&config.a)
    }

    fn build(config: HealthCheckConfig, context: Context) -> Result<Self, BuildError> {
        let HealthCheckConfig { a: mut settings, b: options } = config;
        settings.endpoint = options.endpoint;
        let health = Health {
            readiness: context.host.readiness.subscribe(),
            since: Mutex::new(None),
            path: options.path,
            body: options.response_body,
        };
        let server = PageServer::build(&settings, &context)?;
        Ok(Self { context, settings, health: Arc::new(health), server })
    }
}

impl Lifecycle for HealthCheck {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        async {
            let health = Arc::clone(&self.health);
            let handler = move |request: Request| {
                let response = health.answer(request.path());
                async { response }.boxed()
            };
            self.server.start(&self.context, &self.settings, handler).await?;
            let (health, stopping) =
                (Arc::clone(&self.health), self.context.tasks.stopping().clone());
            self.context.tasks.spawn(async move {
                stopping.run_until_cancelled(health.follow()).await;
            });
            Ok(())
        }
        .boxed()
    }

    fn stop(&self, deadline: Instant) -> BoxFuture<'_, ()> {
        self.server.stop(deadline).boxed()
    }
}

#[derive(Debug)]
struct Health {
    readiness: watch::Receiver<bool>,
    since: Mutex<Option<Since>>,
    path: String,
    body: Option<ResponseBody>,
}

/// When the collector became ready.
#[derive(Clone, Copy, Debug)]
struct Since {
    time: SystemTime,
    clock: Instant,
}

impl Health {
    /// Notes and logs each change, so that the time is right although nobody asks.
    async fn follow(&self) {
        let mut readiness = self.readiness.clone();
        let mut was_ready = false;
        loop {
            let is_ready = *readiness.borrow_and_update();
            self.note(is_ready);
            if is_ready != was_ready {
                let status = if is_ready { "ready" } else { "unavailable" };
                tracing::info!(status, "Health Check state change");
                was_ready = is_ready;
            }
            if readiness.changed().await.is_err() {
                return;
            }
        }
    }

    fn note(&self, is_ready: bool) -> Option<Since> {
        let mut since = self.since.lock();
        if is_ready {
            since.get_or_insert_with(|| Since { time: SystemTime::now(), clock: Instant::now() });
        } else {
            *since = None;
        }
        *since
    }

    fn answer(&self, path: &str) -> Response {
        if self.path != "/" && self.path != path {
            return Response::text(404, "404 page not found\n");
        }
        let since = self.note(*self.readiness.borrow());
        let status = if since.is_some() { 200 } else { 503 };
        match &self.body {
            Some(body) => {
                let text = if since.is_some() { &body.healthy } else { &body.unhealthy };
                Response::text(status, text.clone())
            }
            None => Response::new(status, "application/json", report(since)),
        }
    }
}

fn report(since: Option<Since>) -> String {
    let (status, up_since, uptime) = match since {
        Some(since) => {
            let nanos = i64::try_from(since.clock.elapsed().as_nanos()).unwrap_or(i64::MAX);
            let time = OffsetDateTime::from(since.time).format(&Rfc3339).unwrap_or_default();
            ("Server available", time, Duration::from_nanos(nanos).to_string())
        }
        None => ("Server not available", "0001-01-01T00:00:00Z".to_owned(), String::new()),
    };
    serde_json::json!({"status": status, "upSince": up_since, "uptime": uptime}).to_string()
}

#[cfg(test)]
mod tests;
