//! What only root may do to a machine: small disks and networks of its own.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};

use crate::collector::{binary_path, root};

/// Runs a command to its end.
///
/// # Errors
/// If it is not there or fails.
pub fn command(program: &str, args: &[&str]) -> anyhow::Result<()> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot run {program}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {args:?} failed: {text}");
    Ok(())
}

/// Why no disk can be mounted here.
#[must_use]
pub fn lacks_mounts() -> Option<&'static str> {
    let probe = command("unshare", &["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]);
    probe.is_err().then_some("needs root, to mount a small disk")
}

/// Why no network can be made here.
#[must_use]
pub fn lacks_networks() -> Option<&'static str> {
    if command("ip", &["-V"]).is_err() {
        return Some("needs `ip` (Debian: iproute2)");
    }
    let probe = command("unshare", &["--net", "true"]);
    probe.is_err().then_some("needs root, to make a network namespace")
}

/// Why the clock cannot be shifted here.
#[must_use]
pub fn lacks_compiler() -> Option<&'static str> {
    command("cc", &["--version"]).is_err().then_some("needs `cc`, to build what shifts the clock")
}

/// The wall clock of one process, which jumps as it is told.
#[derive(Debug)]
pub struct Clock {
    library: PathBuf,
    shift: PathBuf,
}

impl Clock {
    /// Builds what shifts it.
    ///
    /// # Errors
    /// If there is no C compiler.
    pub fn new(directory: &Path) -> anyhow::Result<Self> {
        let (library, shift) = (directory.join("clock.so"), directory.join("clock"));
        let source = root().join("tests/fixtures/clock.c");
        let paths = (library.to_str().zip(source.to_str())).context("paths in UTF-8")?;
        command("cc", &["-shared", "-fPIC", "-O1", "-o", paths.0, paths.1])?;
        std::fs::write(&shift, 0_i64.to_ne_bytes())?;
        Ok(Self { library, shift })
    }

    /// The environment of a process that has this clock.
    #[must_use]
    pub fn env(&self) -> Vec<(String, String)> {
        let (library, shift) = (self.library.display(), self.shift.display());
        vec![
            ("LD_PRELOAD".to_owned(), library.to_string()),
            ("CHAOS_CLOCK".to_owned(), shift.to_string()),
        ]
    }

    /// Sets it so far ahead of, or behind, the true time.
    ///
    /// # Errors
    /// If its file is gone.
    pub fn shift(&self, seconds: i64) -> anyhow::Result<()> {
        // In place, since the process has the file mapped.
        let file = std::fs::OpenOptions::new().write(true).open(&self.shift)?;
        Ok(std::os::unix::fs::FileExt::write_all_at(&file, &seconds.to_ne_bytes(), 0)?)
    }
}

/// A small disk in memory, mounted while this lives.
#[derive(Debug)]
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one of so many bytes.
    ///
    /// # Errors
    /// If that is not allowed.
    pub fn mount(at: &Path, bytes: u64) -> anyhow::Result<Self> {
        std::fs::create_dir_all(at)?;
        let (size, at) = (format!("size={bytes}"), at.to_owned());
        let path = at.to_str().context("a path in UTF-8")?;
        command("mount", &["-t", "tmpfs", "-o", &size, "chaos", path])?;
        Ok(Self(at))
    }

    /// Fills it up with a file until so many bytes are left.
    ///
    /// # Errors
    /// If it cannot be written at all.
    pub fn fill_but(&self, left: u64) -> anyhow::Result<()> {
        use std::io::Write as _;
        let mut file = std::fs::File::create(self.filler())?;
        let block = [0_u8; 4096];
        while file.write_all(&block).is_ok() {}
        let len = file.metadata()?.len();
        Ok(file.set_len(len.saturating_sub(left))?)
    }

    /// Removes what filled it up.
    ///
    /// # Errors
    /// If nothing does.
    pub fn free(&self) -> anyhow::Result<()> {
        Ok(std::fs::remove_file(self.filler())?)
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if let Some(path) = self.0.to_str() {
            // Lazily: a collector may still have files open.
            drop(command("umount", &["-l", path]));
        }
    }
}

/// A network namespace with one cable to this one, gone when this is dropped.
#[derive(Debug)]
pub struct Network {
    name: String,
    cable: String,
    subnet: u8,
}

impl Network {
    /// Makes one.
    ///
    /// # Errors
    /// If that is not allowed.
    pub fn new() -> anyhow::Result<Self> {
        let id = fastrand::u32(..);
        let (name, cable) = (format!("chaos-{id:08x}"), format!("ch{id:08x}"));
        let (peer, subnet) = (format!("cp{id:08x}"), fastrand::u8(..));
        command("ip", &["netns", "add", &name])?;
        let network = Self { name, cable, subnet };
        let (near, far) = (network.near_ip() + "/24", network.far_ip() + "/24");
        let (name, cable) = (network.name.as_str(), network.cable.as_str());
        command("ip", &["link", "add", cable, "type", "veth", "peer", &peer, "netns", name])?;
        command("ip", &["addr", "add", &near, "dev", cable])?;
        command("ip", &["link", "set", cable, "up"])?;
        command("ip", &["-n", name, "link", "set", "lo", "up"])?;
        command("ip", &["-n", name, "addr", "add", &far, "dev", &peer])?;
        command("ip", &["-n", name, "link", "set", &peer, "up"])?;
        Ok(network)
    }

    /// An address on this side.
    ///
    /// # Errors
    /// Never: the text is an address.
    pub fn near(&self, port: u16) -> anyhow::Result<SocketAddr> {
        Ok(SocketAddr::new(self.near_ip().parse()?, port))
    }

    /// An address inside.
    ///
    /// # Errors
    /// Never: the text is an address.
    pub fn far(&self, port: u16) -> anyhow::Result<SocketAddr> {
        Ok(SocketAddr::new(self.far_ip().parse()?, port))
    }

    /// Pulls the cable out, or puts it back. Nobody on either side is told.
    ///
    /// # Errors
    /// If somebody else removed it.
    pub fn plug(&self, is_plugged: bool) -> anyhow::Result<()> {
        command("ip", &["link", "set", &self.cable, if is_plugged { "up" } else { "down" }])
    }

    /// Writes a program that runs a built collector inside.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn wrap(&self, binary: &str, directory: &Path) -> anyhow::Result<String> {
        use std::os::unix::fs::PermissionsExt as _;
        let binary = std::path::absolute(binary_path(binary))?;
        let script = directory.join("inside");
        let text =
            format!("#!/bin/sh\nexec ip netns exec {} {} \"$@\"\n", self.name, binary.display());
        std::fs::write(&script, text)?;
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
        Ok(script.to_str().context("a path in UTF-8")?.to_owned())
    }

    fn near_ip(&self) -> String {
        format!("10.231.{}.1", self.subnet)
    }

    fn far_ip(&self) -> String {
        format!("10.231.{}.2", self.subnet)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // The cable goes with it.
        drop(command("ip", &["netns", "del", &self.name]));
        drop(command("ip", &["link", "del", &self.cable]));
    }
}
