//! Runs a config: builds the graph, starts it, changes it by difference, stops it in order.

mod builder;
mod contexts;
mod graph;
mod instance;
mod own_logs;
mod own_metrics;
mod running;
mod signals;
mod watch;

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    component::{BuildError, Host, Registry, StartError},
    config::{ConfigError, Prepared, Sources},
    settings::Finding,
    telemetry::{logging::Log, settings::TelemetrySettings},
};

use builder::Builder;

pub use builder::NamedExports;
use own_metrics::OwnMetrics;
use running::Running;

pub use own_logs::{log_options, resource};
pub use signals::{Request, Signals};

/// What keeps a collector from starting, or a changed config from being applied.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The config has errors; all are listed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A component cannot be built from its settings.
    #[error("failed to build pipelines: {0}")]
    Build(#[from] BuildError),
    /// A component cannot start.
    #[error("{0}")]
    Start(#[from] StartError),
    /// What was accepted could not all be passed on in time.
    #[error("shutdown did not finish within {0:?}; what was held in memory is lost")]
    Shutdown(Duration),
}

/// What a running collector needs besides its config.
pub struct Options {
    /// Where to read the config again.
    pub sources: Sources,
    /// The log to change when its settings do.
    pub log: Log,
    /// How long a stop, or the end of a replaced part, may take.
    pub grace: Duration,
}

/// A running collector.
pub struct Service {
    registry: Arc<Registry>,
    sources: Sources,
    host: Host,
    running: Running,
    own_metrics: OwnMetrics,
    telemetry: TelemetrySettings,
    log: Log,
    grace: Duration,
}

impl Service {
    /// Starts what a prepared config plans.
    ///
    /// # Errors
    /// [`ServiceError`] if anything cannot be built or started; what was started is stopped again.
    pub async fn start(
        registry: Arc<Registry>,
        prepared: Prepared,
        host: Host,
        options: Options,
    ) -> Result<Self, ServiceError> {
        let Options { sources, log, grace } = options;
        report(&prepared, &host);
        let graph =
            Builder::new(&prepared.config, &prepared.plan, &registry, &host, None).build()?;
        own_metrics::expose_process(&host);
        let telemetry = prepared.config.service.telemetry.clone();
        let own_metrics = open_metrics(&telemetry, &host).await?;
        let running = match Running::start(graph, host.clone()).await {
            Ok(running) => running,
            Err(error) => {
                own_metrics.stop(Instant::now() + grace).await;
                return Err(error.into());
            }
        };
        tracing::info!("Everything is ready. Begin running and processing data.");
        Ok(Self { registry, sources, host, running, own_metrics, telemetry, log, grace })
    }

    /// Runs until it is told to stop, then drains; further orders to stop change nothing.
    ///
    /// # Errors
    /// [`ServiceError::Shutdown`] if draining took longer than allowed.
    pub async fn run(mut self, mut signals: Signals) -> Result<(), ServiceError> {
        loop {
            match signals.next(&self.sources).await {
                Request::Reload => self.reload().await,
                Request::Stop(name) => {
                    tracing::info!(signal = name, "Received signal from OS");
                    break;
                }
            }
        }
        // The handlers stay installed, so another order to stop cannot cut the draining short.
        self.stop().await
    }

    /// Applies the config as it is now; a config with errors is told and changes nothing.
    async fn reload(&mut self) {
        match self.try_reload().await {
            Ok(()) => tracing::info!("Config applied."),
            Err(error) => {
                tracing::error!(error = %error, "Config refused, the old one goes on");
            }
        }
    }

    async fn try_reload(&mut self) -> Result<(), ServiceError> {
        tracing::info!("Config updated, applying what changed");
        let prepared = self.sources.prepare(&self.registry, &self.host.build_info.command).await?;
        let before = Some(self.running.graph());
        let graph =
            Builder::new(&prepared.config, &prepared.plan, &self.registry, &self.host, before)
                .build()?;
        report(&prepared, &self.host);
        self.running.replace(graph, self.grace).await?;
        self.apply_telemetry(prepared.config.service.telemetry).await
    }

    /// Applies changed settings of our own logs and metrics.
    async fn apply_telemetry(&mut self, telemetry: TelemetrySettings) -> Result<(), ServiceError> {
        if telemetry == self.telemetry {
            return Ok(());
        }
        if let Err(error) = self.log.reconfigure(&log_options(&telemetry, &self.host.build_info)) {
            tracing::error!(error = %error, "Log settings not applied");
        }
        let fresh = open_metrics(&telemetry, &self.host).await?;
        let old = std::mem::replace(&mut self.own_metrics, fresh);
        old.stop(Instant::now() + self.grace).await;
        self.telemetry = telemetry;
        Ok(())
    }

    async fn stop(self) -> Result<(), ServiceError> {
        tracing::info!("Starting shutdown...");
        let in_time = self.running.stop(self.grace).await;
        self.own_metrics.stop(Instant::now() + self.grace).await;
        tracing::info!("Shutdown complete.");
        if in_time { Ok(()) } else { Err(ServiceError::Shutdown(self.grace)) }
    }
}

/// Builds everything that a prepared config plans, without opening anything, and drops it.
///
/// # Errors
/// [`BuildError`] of the first component that cannot be built.
pub fn build_only(prepared: &Prepared, registry: &Registry, host: &Host) -> Result<(), BuildError> {
    Builder::new(&prepared.config, &prepared.plan, registry, host, None).build().map(drop)
}

/// The exporters of every pipeline that a prepared config plans, each once per signal, by name.
///
/// # Errors
/// [`BuildError`] of the first that cannot be built.
pub fn exporters(
    prepared: &Prepared,
    registry: &Registry,
    host: &Host,
) -> Result<NamedExports, BuildError> {
    Builder::new(&prepared.config, &prepared.plan, registry, host, None).exporters()
}

async fn open_metrics(
    telemetry: &TelemetrySettings,
    host: &Host,
) -> Result<OwnMetrics, StartError> {
    OwnMetrics::start(host, &telemetry.metrics, &resource(telemetry, &host.build_info)).await
}

/// Tells what the config's reader should know although it is valid.
fn report(prepared: &Prepared, host: &Host) {
    for finding in &prepared.warnings {
        warn(finding);
    }
    if !prepared.plan.foreign.is_empty() {
        let names: Vec<String> = prepared.plan.foreign.iter().map(ToString::to_string).collect();
        let collector = &*host.build_info.command;
        tracing::info!(
            pipelines = names.join(", "),
            collector,
            "Pipelines not run by this collector"
        );
    }
}

fn warn(finding: &Finding) {
    tracing::warn!("{finding}");
}
