//! Runs a config: builds the graph, starts it, changes it by difference, stops it in order.

mod builder;
mod contexts;
mod disk;
mod exits;
mod graph;
mod instance;
mod own_logs;
mod own_metrics;
mod running;
mod signals;
mod watch;
mod watchdog;

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    component::{BuildError, Host, Registry, StartError},
    config::{Batching, ConfigError, Prepared, Sources},
    settings::Finding,
    telemetry::{logging::Log, settings::TelemetrySettings},
};

use builder::Builder;

pub use exits::Exits;
use own_metrics::OwnMetrics;
use running::Running;
use watchdog::Watchdog;

pub use own_logs::{log_options, resource};
pub use signals::{Request, Signals};

/// How long a scrape that runs at the end may take: the drain had the time that there was.
const METRICS_GRACE: Duration = Duration::from_secs(1);

/// How much longer than allowed a stop may take before the process is ended from outside the runtime.
const WATCHDOG_SLACK: Duration = Duration::from_secs(5);

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
    /// A second signal asked for the end before everything was passed on.
    #[error("a second signal ended the shutdown; what was held in memory is lost")]
    Cut,
    /// What was accepted could not all be passed on in time.
    #[error("shutdown did not finish within {0:?}; what was held in memory is lost")]
    Shutdown(Duration),
    /// A component reported a fault that only a restart mends.
    #[error("{0}")]
    Fatal(Arc<str>),
}

/// An error with all its causes, each told once.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let told = error.to_string();
        if !text.contains(&told) {
            text = format!("{text}: {told}");
        }
        cause = error.source();
    }
    text
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
        report(&prepared, &registry, &host);
        let graph =
            Builder::new(&prepared.config, &prepared.plan, &registry, &host, None).build()?;
        own_metrics::expose_process(&host);
        log.expose(&host.telemetry.metrics);
        host.budget.guarantee(prepared.plan.signals());
        let telemetry = prepared.config.service.telemetry.clone();
        let own_metrics = open_metrics(&telemetry, &host).await?;
        let running = match Running::start(graph, host.clone()).await {
            Ok(running) => running,
            Err(error) => {
                own_metrics.stop(Instant::now() + grace).await;
                return Err(error.into());
            }
        };
        disk::check(&prepared.config, &registry, running.graph()).await;
        tracing::info!("Everything is ready. Begin running and processing data.");
        Ok(Self { registry, sources, host, running, own_metrics, telemetry, log, grace })
    }

    /// Runs until it is told to stop or a component cannot go on, then drains.
    ///
    /// # Errors
    /// [`ServiceError::Shutdown`] if draining took longer than allowed, [`ServiceError::Fatal`] if a
    /// component gave up, [`ServiceError::Cut`] if a second signal came.
    pub async fn run(mut self, mut signals: Signals) -> Result<(), ServiceError> {
        let fault = self.serve(&mut signals).await;
        // A runtime whose threads all wait for a reader of our output cannot keep a deadline.
        let _watchdog = Watchdog::start(self.grace + WATCHDOG_SLACK);
        let stopped = tokio::select! {
            stopped = self.stop() => stopped,
            name = signals.stop() => {
                tracing::warn!(signal = name, "Received a second signal from OS, exiting without draining");
                Err(ServiceError::Cut)
            }
        };
        match fault {
            Some(fault) => Err(ServiceError::Fatal(fault)),
            None => stopped,
        }
    }

    /// Serves until the end; says what went wrong if something did.
    async fn serve(&mut self, signals: &mut Signals) -> Option<Arc<str>> {
        let fatal = self.host.fatal.clone();
        loop {
            let request = tokio::select! {
                request = signals.next(&self.sources) => request,
                fault = fatal.reported() => return Some(fault),
            };
            let name = match request {
                Request::Stop(name) => name,
                Request::Reload => {
                    tracing::info!("Config updated, applying what changed");
                    // A source may be slow to answer; nothing has changed before it did.
                    tokio::select! {
                        prepared = self.prepare() => {
                            self.reload(prepared).await;
                            continue;
                        }
                        name = signals.stop() => name,
                    }
                }
            };
            tracing::info!(signal = name, "Received signal from OS");
            return None;
        }
    }

    async fn prepare(&self) -> Result<Prepared, ConfigError> {
        self.sources.prepare(&self.registry, &self.host.build_info.command).await
    }

    /// Applies a config; one with errors is told and changes nothing.
    async fn reload(&mut self, prepared: Result<Prepared, ConfigError>) {
        let result = match prepared {
            Ok(prepared) => self.apply(prepared).await,
            Err(error) => Err(error.into()),
        };
        match result {
            Ok(()) => tracing::info!("Config applied."),
            Err(error) => {
                let error = with_causes(&error);
                tracing::error!(error, "Config refused, the old one goes on");
            }
        }
    }

    async fn apply(&mut self, prepared: Prepared) -> Result<(), ServiceError> {
        let before = Some(self.running.graph());
        let graph =
            Builder::new(&prepared.config, &prepared.plan, &self.registry, &self.host, before)
                .build()?;
        report(&prepared, &self.registry, &self.host);
        let telemetry = prepared.config.service.telemetry.clone();
        let fresh = if telemetry == self.telemetry {
            None
        } else {
            Some(open_metrics(&telemetry, &self.host).await)
        };
        let replaced = match &fresh {
            Some(Err(_)) => Ok(()),
            _ => self.running.replace(graph, self.grace).await,
        };
        match (fresh, replaced) {
            (None, replaced) => replaced?,
            (Some(Ok(fresh)), Ok(())) => self.change_telemetry(telemetry, fresh).await,
            (Some(fresh), replaced) => {
                // As it was: nothing of the new config holds.
                let level = self.telemetry.metrics.level;
                self.host.telemetry.metrics.set_level(level.into());
                match fresh {
                    Ok(fresh) => fresh.stop(Instant::now() + self.grace).await,
                    Err(error) => return Err(error.into()),
                }
                replaced?;
            }
        }
        self.host.budget.guarantee(prepared.plan.signals());
        disk::check(&prepared.config, &self.registry, self.running.graph()).await;
        Ok(())
    }

    /// Changes our own log and metrics to other settings.
    async fn change_telemetry(&mut self, telemetry: TelemetrySettings, fresh: OwnMetrics) {
        if let Err(error) = self.log.reconfigure(&log_options(&telemetry, &self.host.build_info)) {
            tracing::error!(error = with_causes(&error), "Log settings not applied");
        }
        let old = std::mem::replace(&mut self.own_metrics, fresh);
        old.stop(Instant::now() + self.grace).await;
        self.telemetry = telemetry;
    }

    async fn stop(self) -> Result<(), ServiceError> {
        tracing::info!("Starting shutdown...");
        let in_time = self.running.stop(self.grace).await;
        self.own_metrics.stop(Instant::now() + METRICS_GRACE).await;
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
) -> Result<Exits, BuildError> {
    Builder::new(&prepared.config, &prepared.plan, registry, host, None).exporters()
}

async fn open_metrics(
    telemetry: &TelemetrySettings,
    host: &Host,
) -> Result<OwnMetrics, StartError> {
    OwnMetrics::start(host, &telemetry.metrics, &resource(telemetry, &host.build_info)).await
}

/// Tells what the config's reader should know although it is valid.
fn report(prepared: &Prepared, registry: &Registry, host: &Host) {
    for finding in &prepared.warnings {
        warn(finding);
    }
    for line in Batching::of(&prepared.config, &prepared.plan, registry).changes() {
        tracing::info!("{line}");
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

#[cfg(test)]
mod tests;
