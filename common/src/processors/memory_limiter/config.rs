//! Settings of the memory limiter and the limits that follow from them.

use serde::{Deserialize, Serialize};

use crate::{
    pipeline::limits::MemoryFiles,
    settings::{Duration, Issues, Settings},
};

const MIB: u64 = 1 << 20;
const DEFAULT_SPIKE_PERCENT: u64 = 20;

/// Settings of the `memory_limiter` processor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemoryLimiterConfig {
    /// How often memory is measured.
    pub check_interval: Duration,
    /// The hard limit in MiB; has precedence over the percentage.
    pub limit_mib: u32,
    /// How far below the hard limit the soft one is; 20% of it unless set.
    pub spike_limit_mib: u32,
    /// The hard limit in percent of the container's limit or the machine's memory.
    pub limit_percentage: u32,
    /// How far below the hard limit the soft one is; 20% of it unless set.
    pub spike_limit_percentage: u32,
    /// How often freed memory is returned to the system above the soft limit.
    pub min_gc_interval_when_soft_limited: Duration,
    /// How often freed memory is returned to the system above the hard limit.
    pub min_gc_interval_when_hard_limited: Duration,
    /// How far the soft interval grows while returning memory does not help; zero for not at all.
    pub max_gc_interval_when_soft_limited: Duration,
    /// How far the hard interval grows while returning memory does not help; zero for not at all.
    pub max_gc_interval_when_hard_limited: Duration,
}

impl Default for MemoryLimiterConfig {
    fn default() -> Self {
        Self {
            check_interval: Duration::default(),
            limit_mib: 0,
            spike_limit_mib: 0,
            limit_percentage: 0,
            spike_limit_percentage: 0,
            min_gc_interval_when_soft_limited: Duration::from_secs(10),
            min_gc_interval_when_hard_limited: Duration::default(),
            max_gc_interval_when_soft_limited: Duration::from_secs(30),
            max_gc_interval_when_hard_limited: Duration::from_secs(30),
        }
    }
}

/// The limits in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) hard: u64,
    pub(super) spike: u64,
}

impl Limits {
    pub(super) const fn soft(self) -> u64 {
        self.hard.saturating_sub(self.spike)
    }
}

impl MemoryLimiterConfig {
    /// The limits; `None` if they are percentages of what cannot be read.
    pub(super) fn limits(&self, files: &MemoryFiles) -> Option<Limits> {
        let (hard, spike) = if self.limit_mib > 0 {
            (u64::from(self.limit_mib) * MIB, u64::from(self.spike_limit_mib) * MIB)
        } else {
            let percent = files.total()? / 100;
            let share = |percentage: u32| percent * u64::from(percentage);
            (share(self.limit_percentage), share(self.spike_limit_percentage))
        };
        let spike = if spike > 0 { spike } else { hard / 100 * DEFAULT_SPIKE_PERCENT };
        Some(Limits { hard, spike })
    }

    fn validate_intervals(&self, issues: &mut Issues) {
        let (min_soft, min_hard) =
            (self.min_gc_interval_when_soft_limited, self.min_gc_interval_when_hard_limited);
        let (max_soft, max_hard) =
            (self.max_gc_interval_when_soft_limited, self.max_gc_interval_when_hard_limited);
        if min_soft < min_hard {
            issues.error(
                "",
                "'min_gc_interval_when_soft_limited' should be larger than 'min_gc_interval_when_hard_limited'",
            );
        }
        for (name, min, max) in [("soft", min_soft, max_soft), ("hard", min_hard, max_hard)] {
            if !max.is_zero() && max < min {
                issues.error(
                    "",
                    format!(
                        "'max_gc_interval_when_{name}_limited' should not be smaller than 'min_gc_interval_when_{name}_limited'"
                    ),
                );
            }
        }
        if !max_soft.is_zero() && max_soft < max_hard {
            issues.error(
                "",
                "'max_gc_interval_when_soft_limited' should not be smaller than 'max_gc_interval_when_hard_limited'",
            );
        }
        let default = Self::default();
        let is_set = (min_soft, min_hard, max_soft, max_hard)
            != (
                default.min_gc_interval_when_soft_limited,
                default.min_gc_interval_when_hard_limited,
                default.max_gc_interval_when_soft_limited,
                default.max_gc_interval_when_hard_limited,
            );
        if is_set {
            issues.warn(
                "",
                "there is no garbage collector here, the gc intervals say how often freed memory is returned to the system",
            );
        }
    }
}

impl Settings for MemoryLimiterConfig {
    fn validate(&self, issues: &mut Issues) {
        if self.check_interval <= Duration::default() {
            issues.error("", "'check_interval' must be greater than zero");
        }
        if self.limit_mib == 0 && self.limit_percentage == 0 {
            issues.error("", "'limit_mib' or 'limit_percentage' must be greater than zero");
        }
        if self.limit_percentage > 100 || self.spike_limit_percentage > 100 {
            issues.error(
                "",
                "'limit_percentage' and 'spike_limit_percentage' must be greater than zero and less than or equal to hundred",
            );
        }
        if self.limit_mib > 0 && self.limit_mib <= self.spike_limit_mib {
            issues.error("", "'spike_limit_mib' must be smaller than 'limit_mib'");
        }
        if self.limit_percentage > 0 && self.limit_percentage <= self.spike_limit_percentage {
            issues.error("", "'spike_limit_percentage' must be smaller than 'limit_percentage'");
        }
        self.validate_intervals(issues);
    }
}
