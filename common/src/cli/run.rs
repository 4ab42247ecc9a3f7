//! Running a collector, from arguments to exit.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::{
    cli::{args::Args, load},
    component::{Host, Registry},
    config::Prepared,
    net::{Listeners, open_files},
    pipeline::{Fatal, limits},
    service::{Options, Service, Signals, log_options},
    telemetry::{BuildInfo, Metrics, Telemetry, logging::Log},
};

pub(super) async fn run(
    args: &Args,
    registry: Arc<Registry>,
    build_info: BuildInfo,
) -> Result<(), anyhow::Error> {
    if args.version {
        super::print(&format!("{} version {}\n", build_info.command, build_info.version));
        return Ok(());
    }
    // First of all, because process 1 of a container ignores what nobody listens to.
    let mut signals = Signals::listen(args.watch)?;
    let sources = load::sources(args);
    signals.look_at(&sources).await;
    let prepared = tokio::select! {
        prepared = load::prepare(args, &registry, &build_info) => prepared?,
        _ = signals.stop() => return Ok(()),
    };
    let log = Log::install(&log_options(&prepared.config.service.telemetry, &build_info))?;
    announce(args, &build_info);
    open_files::raise_limit();
    let host = host(args, &prepared, build_info);
    let grace = Duration::from_secs(args.shutdown_timeout);
    let options = Options { sources, log, grace };
    let service = tokio::select! {
        service = Service::start(registry, prepared, host, options) => service?,
        name = signals.stop() => {
            tracing::info!(signal = name, "Received signal from OS");
            return Ok(());
        }
    };
    service.run(signals).await?;
    Ok(())
}

/// What the process offers to components.
pub(super) fn host(args: &Args, prepared: &Prepared, build_info: BuildInfo) -> Host {
    let metrics = Metrics::default();
    metrics.set_level(prepared.config.service.telemetry.metrics.level.into());
    Host {
        telemetry: Telemetry { metrics },
        budget: limits::default_budget(),
        build_info,
        default_host: args.default_host.as_deref().unwrap_or("localhost").into(),
        readiness: watch::Sender::new(false),
        overview: watch::Sender::new(Arc::default()),
        open_stores: crate::storage::OpenStores::default(),
        listeners: Listeners::default(),
        fatal: Fatal::default(),
    }
}

fn announce(args: &Args, build_info: &BuildInfo) {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    tracing::info!(
        Version = &*build_info.version,
        NumCPU = cpus,
        "Starting {}...",
        build_info.command
    );
    if let Some(host) = &args.default_host {
        tracing::info!(default_host = host, "Listeners without a host bind this address");
    }
    if let Some(endpoint) = load::sources(args).default_health {
        tracing::info!(endpoint, "Health is served here if the config names no health_check");
    }
    for gate in &args.feature_gates {
        tracing::warn!(gate, "Feature gate has no effect in this collector");
    }
}
