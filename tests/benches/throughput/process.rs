//! A collector pinned to cores, and what the operating system says of it.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};
use tokio::{net::TcpStream, time::Instant};

use crate::cgroup::Cgroup;

/// How to start one.
pub(crate) struct Launch {
    pub(crate) binary: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(String, String)>,
    /// As `taskset` takes them.
    pub(crate) cores: &'static str,
    /// The port that it will listen on.
    pub(crate) port: u16,
}

/// A running collector; killed when dropped.
pub(crate) struct Pinned {
    child: Child,
    /// From the start of the process to the first connection that it accepted.
    pub(crate) ready_after: Duration,
}

/// Goes through the doors of its groups, and becomes the collector.
const ENTER: &str = "for door in $DOORS; do echo $$ > $door; done; exec \"$@\"";

impl Pinned {
    /// Starts it and waits until it accepts connections.
    pub(crate) async fn start(launch: &Launch, cgroup: Option<&Cgroup>) -> anyhow::Result<Self> {
        let mut command = match cgroup {
            None => Command::new("taskset"),
            Some(cgroup) => {
                let doors: Vec<_> = cgroup.doors().map(|door| door.display().to_string()).collect();
                let mut command = Command::new("sh");
                command.env("DOORS", doors.join(" ")).args(["-c", ENTER, "sh", "taskset"]);
                command
            }
        };
        let child = command
            .args(["-c", launch.cores])
            .arg(&launch.binary)
            .args(&launch.arguments)
            .envs(launch.environment.iter().map(|(key, value)| (key, value)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("taskset and the collector must be there")?;
        let started = Instant::now();
        let mut pinned = Self { child, ready_after: Duration::ZERO };
        while started.elapsed() < Duration::from_secs(60) {
            if TcpStream::connect(("127.0.0.1", launch.port)).await.is_ok() {
                pinned.ready_after = started.elapsed();
                return Ok(pinned);
            }
            if let Some(status) = pinned.child.try_wait()? {
                bail!("{} ended at once: {status}", launch.binary.display());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!("{} did not listen within 60 s", launch.binary.display())
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
        let line = status.lines().find(|line| line.starts_with(key));
        let line = line.context("the collector has ended")?;
        let kib: f64 = line.split_whitespace().nth(1).context("the line has a value")?.parse()?;
        Ok(kib / 1024.0)
    }

    /// Ends it with SIGTERM, or if it does not go in time, with SIGKILL.
    pub(crate) async fn stop(mut self, patience: Duration) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        let begin = Instant::now();
        while begin.elapsed() < patience && self.child.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
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

/// A port that the system gives nobody, and that this process did not use lately.
pub(crate) fn free_port() -> u16 {
    tests::collector::free_address().port()
}
