//! Limits that the kernel enforces on a collector, as a container has them (cgroup version 1).

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// What a container gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Thousandths of a core.
    pub(crate) millicores: u32,
    pub(crate) memory_mib: u64,
}

const PERIOD_MICROS: u32 = 100_000;

/// A group in the hierarchies for CPU time and for memory; removed when dropped.
pub(crate) struct Cgroup {
    folders: [PathBuf; 2],
}

impl Cgroup {
    /// Makes one; an error says what is missing.
    pub(crate) fn new(limits: Limits) -> anyhow::Result<Self> {
        let name = format!("throughput-{}", std::process::id());
        let root = Path::new("/sys/fs/cgroup");
        let group =
            Self { folders: [root.join("cpu").join(&name), root.join("memory").join(name)] };
        for folder in &group.folders {
            fs::create_dir_all(folder)
                .with_context(|| format!("{} needs root and cgroup version 1", folder.display()))?;
        }
        let [cpu, memory] = &group.folders;
        let quota = PERIOD_MICROS / 1_000 * limits.millicores;
        fs::write(cpu.join("cpu.cfs_period_us"), PERIOD_MICROS.to_string())?;
        fs::write(cpu.join("cpu.cfs_quota_us"), quota.to_string())?;
        let bytes = limits.memory_mib << 20;
        fs::write(memory.join("memory.limit_in_bytes"), bytes.to_string())?;
        Ok(group)
    }

    /// The files to which a process writes its id to be in the group.
    pub(crate) fn doors(&self) -> impl Iterator<Item = PathBuf> {
        self.folders.iter().map(|folder| folder.join("cgroup.procs"))
    }

    /// The share of periods in which there was not enough CPU time.
    pub(crate) fn throttled(&self) -> anyhow::Result<f64> {
        let [cpu, _] = &self.folders;
        let stat = fs::read_to_string(cpu.join("cpu.stat"))?;
        let value = |key: &str| {
            let line = stat.lines().find_map(|line| line.strip_prefix(key));
            line.and_then(|value| value.trim().parse::<f64>().ok()).unwrap_or_default()
        };
        Ok(value("nr_throttled ") / value("nr_periods ").max(1.0))
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for folder in &self.folders {
            // It goes only when the collector has gone, and then the next run reuses it.
            drop(fs::remove_dir(folder));
        }
    }
}
