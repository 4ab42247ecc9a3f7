//! Measures memory and decides whether telemetry is refused.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::config::{Limits, MemoryLimiterConfig};
use crate::{
    component::Tasks,
    pipeline::{Budget, LimitGuard, allocator, limits::MemoryFiles},
};

const MIB: u64 = 1 << 20;
// Less than this share given back, and trying again soon makes no sense.
const EFFECTIVE_PERCENT: u64 = 5;
// Below this share of the soft limit, what is held is not what fills the memory: refusing would
// not lower it.
const EMPTY_SHARE: u64 = 16;

/// The state that all processors with one id share.
pub(super) struct Limiter {
    config: MemoryLimiterConfig,
    limits: Limits,
    files: MemoryFiles,
    budget: Budget,
    /// The budget is as small as the soft limit while this limiter is there.
    _limit: LimitGuard,
    is_refusing: AtomicBool,
    is_watched: AtomicBool,
    /// Whether the process was over the limit before it held anything, so that refusing is all that can
    /// be done until it is not.
    is_hopeless: AtomicBool,
    returns: Mutex<Returns>,
}

/// When memory was last returned to the system, and how far apart that is done while it is in vain.
#[derive(Debug, Default)]
struct Returns {
    last: Option<Instant>,
    soft_wait: Duration,
    hard_wait: Duration,
}

impl Limiter {
    pub(super) fn new(
        config: MemoryLimiterConfig,
        limits: Limits,
        files: MemoryFiles,
        budget: Budget,
    ) -> Self {
        if let Some(container) = files.container_limit()
            && limits.hard > container
        {
            tracing::warn!(
                limit_mib = limits.hard / MIB,
                container_limit_mib = container / MIB,
                "the memory limit is above the container's limit and will never be reached"
            );
        }
        let returns = Returns {
            last: None,
            soft_wait: config.min_gc_interval_when_soft_limited.get(),
            hard_wait: config.min_gc_interval_when_hard_limited.get(),
        };
        Self {
            config,
            limits,
            files,
            _limit: budget.limit_to(limits.soft()),
            budget,
            is_refusing: AtomicBool::new(false),
            is_watched: AtomicBool::new(false),
            is_hopeless: AtomicBool::new(false),
            returns: Mutex::new(returns),
        }
    }

    pub(super) fn is_of(&self, config: &MemoryLimiterConfig, limits: Limits) -> bool {
        self.config == *config && self.limits == limits
    }

    pub(super) fn is_refusing(&self) -> bool {
        self.is_refusing.load(Ordering::Relaxed)
    }

    /// Makes sure that somebody measures: the tasks of the first processor that starts, and those of
    /// another when that one has stopped.
    pub(super) fn watch(self: &Arc<Self>, tasks: &Tasks) {
        if self.is_watched.load(Ordering::Relaxed) || tasks.is_stopping() {
            return;
        }
        if self.is_watched.swap(true, Ordering::AcqRel) {
            return;
        }
        let limiter = Arc::clone(self);
        let own_tasks = tasks.clone();
        tasks.spawn(async move {
            let _watched = Watched(&limiter.is_watched);
            tracing::info!(
                limit_mib = limiter.limits.hard / MIB,
                spike_limit_mib = limiter.limits.spike / MIB,
                check_interval = %limiter.config.check_interval,
                "Memory limiter configured"
            );
            while own_tasks.sleep(limiter.config.check_interval.get()).await {
                limiter.check();
            }
        });
    }

    /// Measures for the first time, before anything is held.
    pub(super) fn begin(&self) {
        let is_over = self.resident() >= self.limits.hard && self.budget.used() == 0;
        self.is_hopeless.store(is_over, Ordering::Relaxed);
        self.check();
    }

    /// Measures once and decides.
    pub(super) fn check(&self) {
        let mut resident = self.resident();
        if resident >= self.limits.soft() && self.is_time_to_return(resident) {
            resident = self.return_memory(resident);
        }
        let is_short = self.is_short(resident);
        let was_refusing = self.is_refusing.swap(is_short, Ordering::Relaxed);
        let cur_mem_mib = resident.max(self.budget.used()) / MIB;
        if is_short && !was_refusing {
            tracing::warn!(cur_mem_mib, "Memory usage is above soft limit. Refusing data.");
        } else if was_refusing && !is_short {
            tracing::info!(
                cur_mem_mib,
                "Memory usage back within limits. Resuming normal operation."
            );
        }
    }

    fn is_short(&self, resident: u64) -> bool {
        let (soft, held) = (self.limits.soft(), self.budget.used());
        let is_emptied = held <= soft / EMPTY_SHARE;
        let is_hopeless = self.is_hopeless.load(Ordering::Relaxed) && resident >= self.limits.hard;
        // Between the limits it is the budget that decides, which is fair: refusing here refuses all.
        held >= soft || is_hopeless || (resident >= self.limits.hard && !is_emptied)
    }

    fn resident(&self) -> u64 {
        self.files.resident().unwrap_or_default()
    }

    fn is_time_to_return(&self, resident: u64) -> bool {
        let returns = self.returns.lock();
        let wait = if resident >= self.limits.hard { returns.hard_wait } else { returns.soft_wait };
        returns.last.is_none_or(|last| last.elapsed() >= wait)
    }

    /// Returns freed memory to the system and measures again.
    fn return_memory(&self, before: u64) -> u64 {
        allocator::return_memory();
        let after = self.resident();
        let is_effective = before.saturating_sub(after) >= before / 100 * EFFECTIVE_PERCENT;
        let config = &self.config;
        let mut returns = self.returns.lock();
        returns.last = Some(Instant::now());
        let next = |wait: Duration, min: Duration, max: Duration| {
            if is_effective || max.is_zero() {
                min
            } else {
                // An interval of zero has to start growing somewhere.
                (wait * 2).max(config.check_interval.get()).min(max)
            }
        };
        if before >= self.limits.hard {
            returns.hard_wait = next(
                returns.hard_wait,
                config.min_gc_interval_when_hard_limited.get(),
                config.max_gc_interval_when_hard_limited.get(),
            );
        } else {
            returns.soft_wait = next(
                returns.soft_wait,
                config.min_gc_interval_when_soft_limited.get(),
                config.max_gc_interval_when_soft_limited.get(),
            );
        }
        after
    }
}

struct Watched<'a>(&'a AtomicBool);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
