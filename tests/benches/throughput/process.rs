//! A collector pinned to a core, and what the operating system says of it.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};
use tokio::time::Instant;

/// A running collector; killed when dropped.
pub(crate) struct Pinned {
    child: Child,
    /// From the start of the process to the first connection that it accepted.
    pub(crate) ready_after: Duration,
}

impl Pinned {
    /// Starts it on one core and waits until it accepts connections.
    pub(crate) async fn start(
        binary: &Path,
        config: &str,
        core: usize,
        port: u16,
    ) -> anyhow::Result<Self> {
        let child = Command::new("taskset")
            .args(["-c", &core.to_string()])
            .arg(binary)
            .arg(format!("--config=yaml:{config}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("taskset and the collector must be there")?;
        let started = Instant::now();
        let mut pinned = Self { child, ready_after: Duration::ZERO };
        while started.elapsed() < Duration::from_secs(5) {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                pinned.ready_after = started.elapsed();
                return Ok(pinned);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!("the collector did not listen on port {port} within 5 s")
    }

    /// CPU time so far, of user and kernel together.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu(&self.child.id().to_string())
    }

    /// The most memory that was ever resident.
    pub(crate) fn peak_rss_mib(&self) -> anyhow::Result<f64> {
        self.status_mib("VmHWM:")
    }

    /// The memory that is resident now.
    pub(crate) fn rss_mib(&self) -> anyhow::Result<f64> {
        self.status_mib("VmRSS:")
    }

    fn status_mib(&self, key: &str) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with(key)).context("no such line")?;
        let kib: f64 = line.split_whitespace().nth(1).context("the line has a value")?.parse()?;
        Ok(kib / 1024.0)
    }

    /// Ends it with SIGTERM.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        for _ in 0..500 {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the collector did not end within 5 s of SIGTERM")
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// CPU time of all threads of a process (`self` for this one), to the nanosecond: `stat` counts in
/// hundredths of a second, which is too coarse at a low rate.
pub(crate) fn cpu(process: &str) -> anyhow::Result<Duration> {
    let mut nanos = 0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end while we look.
        let Ok(line) = std::fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanos += line.split_whitespace().next().context("schedstat is empty")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// Pins this process to a core, away from the collector.
pub(crate) fn pin_self(core: usize) -> anyhow::Result<()> {
    let id = std::process::id().to_string();
    let status = Command::new("taskset")
        .args(["-a", "-p", "-c", &core.to_string(), &id])
        .stdout(Stdio::null())
        .status()?;
    if !status.success() {
        bail!("taskset could not pin the rig to core {core}");
    }
    Ok(())
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
