//! Refuses telemetry while memory is short, so that clients send it again later.
//!
//! The limits also bound the bytes that the collector holds, from the first byte of a request on; all
//! pipelines that name the same limiter share it.
//!
//! ```yaml
//! memory_limiter:
//!   check_interval: 1s
//!   limit_percentage: 80
//!   spike_limit_percentage: 20
//! ```
//!
//! Accepts: when the next component accepts. Holds: nothing. Rejects: everything while memory is above
//! the soft limit, which is the limit less the spike limit.

mod config;
mod limiter;

use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use config::MemoryLimiterConfig;

use self::limiter::Limiter;
use crate::{
    component::{BuildError, Context, Lifecycle, Processor, Stage, StartError, Tasks},
    pipeline::{Edge, Payload, Reason, Rejected, Transform, limits::MemoryFiles},
    signal::{Signal, SignalSet},
    telemetry::{Counter, metrics},
};

const RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(1);

/// The `memory_limiter` processor.
pub struct MemoryLimiterProcessor {
    limiter: Arc<Limiter>,
    tasks: Tasks,
    accepted: Counter,
    refused: Counter,
}

impl Processor for MemoryLimiterProcessor {
    const NAME: &'static str = "memory_limiter";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = MemoryLimiterConfig;
    const IS_STATELESS: bool = true;

    fn build(config: Self::Config, context: Context, _next: Edge) -> Result<Stage, BuildError> {
        Ok(Stage::Transform(Arc::new(Self::new(config, &context, MemoryFiles::default())?)))
    }
}

impl MemoryLimiterProcessor {
    fn new(
        config: MemoryLimiterConfig,
        context: &Context,
        files: MemoryFiles,
    ) -> Result<Self, BuildError> {
        let limits = config.limits(&files).ok_or_else(|| {
            BuildError::new(
                "the memory that `limit_percentage` is a part of cannot be read from /proc, set `limit_mib`",
            )
        })?;
        let id = context.id.to_string();
        let budget = &context.host.budget;
        let limiter = budget.shared_guard(
            &id,
            |limiter: &Limiter| limiter.is_of(&config, limits),
            || Limiter::new(config.clone(), limits, files.clone(), budget.clone()),
        );
        let signal = context.signal.unwrap_or(Signal::Traces);
        let own = &context.host.telemetry.metrics;
        Ok(Self {
            limiter,
            tasks: context.tasks.clone(),
            accepted: own.counter(metrics::MEMORY_LIMITER_ACCEPTED.of(signal), &[&id]),
            refused: own.counter(metrics::MEMORY_LIMITER_REFUSED.of(signal), &[&id]),
        })
    }
}

impl Lifecycle for MemoryLimiterProcessor {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        self.limiter.begin();
        self.limiter.watch(&self.tasks);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Transform for MemoryLimiterProcessor {
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected> {
        self.limiter.watch(&self.tasks);
        let items = payload.items() as u64;
        if self.limiter.is_refusing() {
            self.refused.inc_by(items);
            let message = "data refused due to high memory usage";
            return Err(Rejected::new(Reason::Overloaded, message).retry_after(RETRY_AFTER));
        }
        self.accepted.inc_by(items);
        Ok(payload)
    }
}

#[cfg(test)]
mod tests;
