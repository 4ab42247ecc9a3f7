//! A collector pinned to a core, and what the operating system says of it.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};

/// What `/proc/<pid>/stat` counts in: a hundredth of a second on every Linux that matters.
const TICK: Duration = Duration::from_millis(10);

/// A running collector; killed when dropped.
pub(crate) struct Pinned {
    child: Child,
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
        let pinned = Self { child };
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Ok(pinned);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the collector did not listen on port {port} within 5 s")
    }

    /// CPU time so far, of user and kernel together.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, after_name) = stat.rsplit_once(')').context("stat has a name")?;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        // Fields 14 and 15 of the whole line; the name was the second.
        let ticks = |index: usize| -> anyhow::Result<u32> {
            Ok(fields.get(index).context("stat has 52 fields")?.parse()?)
        };
        Ok(TICK * (ticks(11)? + ticks(12)?))
    }

    /// The most memory that was ever resident.
    pub(crate) fn peak_rss_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line =
            status.lines().find(|line| line.starts_with("VmHWM:")).context("VmHWM is there")?;
        let kib: f64 = line.split_whitespace().nth(1).context("VmHWM has a value")?.parse()?;
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
