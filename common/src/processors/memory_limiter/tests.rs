use std::{fs, time::Duration as Time};

use tempfile::TempDir;

use super::*;
use crate::{
    component::Kind,
    settings::{Duration, Issues, Settings},
    testing::{Bench, numbered_logs},
};

/// A process that says how much memory it holds.
struct Machine {
    root: TempDir,
}

impl Machine {
    fn new(total_mib: u64) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("proc/self")).unwrap();
        let total = format!("MemTotal: {} kB\n", total_mib * 1024);
        fs::write(root.path().join("proc/meminfo"), total).unwrap();
        let machine = Self { root };
        machine.set_resident_mib(10);
        machine
    }

    fn set_resident_mib(&self, mib: u64) {
        let status = format!("Name:\ttest\nVmRSS:\t  {} kB\n", mib * 1024);
        fs::write(self.root.path().join("proc/self/status"), status).unwrap();
    }

    fn files(&self) -> MemoryFiles {
        MemoryFiles::under(self.root.path())
    }
}

fn config(limit_mib: u32, spike_limit_mib: u32) -> MemoryLimiterConfig {
    MemoryLimiterConfig {
        check_interval: Duration::from_secs(1),
        limit_mib,
        spike_limit_mib,
        ..MemoryLimiterConfig::default()
    }
}

fn limiter(
    bench: &Bench,
    config: MemoryLimiterConfig,
    machine: &Machine,
) -> MemoryLimiterProcessor {
    let context = bench.context(Kind::Processor, "memory_limiter");
    MemoryLimiterProcessor::new(config, &context, machine.files()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn refuses_above_the_hard_limit_until_memory_is_back() {
    let (bench, machine) = (Bench::default(), Machine::new(1000));
    let limiter = limiter(&bench, config(100, 20), &machine);
    let held = bench.host.budget.reserve(50 << 20).unwrap();
    assert!(limiter.transform(numbered_logs(0..1)).is_ok());
    // Above the soft limit the budget decides.
    machine.set_resident_mib(85);
    tokio::time::sleep(Time::from_millis(1100)).await;
    assert!(limiter.transform(numbered_logs(0..1)).is_ok());
    machine.set_resident_mib(105);
    tokio::time::sleep(Time::from_secs(1)).await;
    let rejected = limiter.transform(numbered_logs(0..1)).unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    assert_eq!(rejected.message, "data refused due to high memory usage");
    assert_eq!(rejected.retry_after, Some(RETRY_AFTER));
    machine.set_resident_mib(60);
    tokio::time::sleep(Time::from_secs(1)).await;
    assert!(limiter.transform(numbered_logs(0..1)).is_ok());
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn refuses_when_the_soft_limit_is_held() {
    let (bench, machine) = (Bench::default(), Machine::new(1000));
    let limiter = limiter(&bench, config(100, 20), &machine);
    assert!(limiter.transform(numbered_logs(0..1)).is_ok());
    let held = bench.host.budget.take(80 << 20);
    tokio::time::sleep(Time::from_millis(1100)).await;
    assert!(limiter.transform(numbered_logs(0..1)).is_err());
    drop(held);
    tokio::time::sleep(Time::from_secs(1)).await;
    assert!(limiter.transform(numbered_logs(0..1)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn refusing_ends_when_nothing_is_held_any_more() {
    let (bench, machine) = (Bench::default(), Machine::new(1000));
    let limiter = limiter(&bench, config(100, 20), &machine);
    let held = bench.host.budget.reserve(50 << 20).unwrap();
    assert!(limiter.transform(numbered_logs(0..1)).is_ok());
    machine.set_resident_mib(120);
    tokio::time::sleep(Time::from_millis(1100)).await;
    assert!(limiter.transform(numbered_logs(0..1)).is_err());
    drop(held);
    tokio::time::sleep(Time::from_secs(1)).await;
    assert!(limiter.transform(numbered_logs(0..1)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn all_processors_of_one_id_share_the_state() {
    let (bench, machine) = (Bench::default(), Machine::new(1000));
    let first = limiter(&bench, config(100, 20), &machine);
    let second = limiter(&bench, config(100, 20), &machine);
    let changed = limiter(&bench, config(200, 20), &machine);
    assert!(Arc::ptr_eq(&first.limiter, &second.limiter));
    assert!(!Arc::ptr_eq(&first.limiter, &changed.limiter));
    // Whoever measures may be stopped; another goes on.
    assert!(first.transform(numbered_logs(0..1)).is_ok());
    first.tasks.stop(tokio::time::Instant::now() + Time::from_secs(5)).await;
    assert!(second.transform(numbered_logs(0..1)).is_ok());
    let _held = bench.host.budget.reserve(50 << 20).unwrap();
    machine.set_resident_mib(120);
    tokio::time::sleep(Time::from_millis(1100)).await;
    assert!(second.transform(numbered_logs(0..1)).is_err());
}

#[tokio::test]
async fn the_soft_limit_bounds_the_budget() {
    let check = |config: MemoryLimiterConfig, soft_mib: u64| {
        let (bench, machine) = (Bench::default(), Machine::new(1000));
        let _limiter = limiter(&bench, config, &machine);
        let limit = bench.host.budget.limit();
        assert!(limit.abs_diff(soft_mib << 20) < 1 << 20, "{limit}");
    };
    check(config(100, 30), 70);
    check(config(100, 0), 80);
    let percent = |limit_percentage, spike_limit_percentage| MemoryLimiterConfig {
        limit_percentage,
        spike_limit_percentage,
        ..config(0, 0)
    };
    check(percent(80, 25), 550);
    check(percent(50, 0), 400);
}

#[test]
fn a_percentage_of_unknown_memory_cannot_be_built() {
    let bench = Bench::default();
    let root = tempfile::tempdir().unwrap();
    let config = MemoryLimiterConfig { limit_percentage: 80, ..config(0, 0) };
    let context = bench.context(Kind::Processor, "memory_limiter");
    let files = MemoryFiles::under(root.path());
    assert!(MemoryLimiterProcessor::new(config, &context, files).is_err());
}

#[test]
fn says_what_is_wrong_with_its_settings() {
    let check = |config: MemoryLimiterConfig, expected: &[&str]| {
        let mut issues = Issues::default();
        config.validate(&mut issues);
        let messages: Vec<_> = issues.list.iter().map(|issue| issue.message.as_str()).collect();
        assert_eq!(messages, expected);
    };
    check(config(100, 20), &[]);
    check(
        MemoryLimiterConfig::default(),
        &[
            "'check_interval' must be greater than zero",
            "'limit_mib' or 'limit_percentage' must be greater than zero",
        ],
    );
    check(config(100, 100), &["'spike_limit_mib' must be smaller than 'limit_mib'"]);
    check(
        MemoryLimiterConfig { limit_percentage: 101, ..config(0, 0) },
        &[
            "'limit_percentage' and 'spike_limit_percentage' must be greater than zero and less than or equal to hundred",
        ],
    );
    check(
        MemoryLimiterConfig {
            min_gc_interval_when_soft_limited: Duration::from_secs(1),
            min_gc_interval_when_hard_limited: Duration::from_secs(2),
            ..config(100, 20)
        },
        &[
            "'min_gc_interval_when_soft_limited' should be larger than 'min_gc_interval_when_hard_limited'",
            "there is no garbage collector here, the gc intervals say how often freed memory is returned to the system",
        ],
    );
}

#[test]
fn the_lowest_of_several_limits_holds_while_it_is_there() {
    let (bench, machine) = (Bench::default(), Machine::new(1000));
    let build = |id: &str, config| {
        let context = bench.context(Kind::Processor, id);
        MemoryLimiterProcessor::new(config, &context, machine.files()).unwrap()
    };
    let base = bench.host.budget.limit();
    let high = build("memory_limiter/high", config(100, 20));
    let low = build("memory_limiter/low", config(50, 10));
    assert_eq!(bench.host.budget.limit(), 40 << 20);
    drop(low);
    assert_eq!(bench.host.budget.limit(), 80 << 20);
    drop(high);
    assert_eq!(bench.host.budget.limit(), base);
}
