//! Shows where CPU time and memory go, in the form that `go tool pprof` reads.
//!
//! A CPU profile needs a binary with symbols, and a directory for its samples that can be written:
//! `TMPDIR` (`/tmp` if not set), or else `/dev/shm`, which is there also when the root is read-only. A
//! heap profile needs `MALLOC_CONF=prof:true` in the environment.
//!
//! ```yaml
//! pprof:
//!   endpoint: localhost:1777
//! ```
//!
//! Accepts: no telemetry. Holds: nothing. Rejects: nothing.

mod cpu;
mod encode;
mod pages;

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    sync::atomic::{AtomicBool, Ordering},
};

use futures_util::{FutureExt, future::BoxFuture};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    component::{BuildError, Context, Extension, Lifecycle, StartError},
    extensions::page_server::PageServer,
    net::http_server::{HttpServerSettings, Request},
    settings::{Duration, Issues, Settings},
};
use cpu::Recording;

/// Signals and timers belong to the process, so there can be one instance only.
static IS_RUNNING: AtomicBool = AtomicBool::new(false);

/// The keys of `pprof`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct PprofConfig {
    /// Where to listen. Profiles tell much, so it is this machine only unless a host is named.
    pub endpoint: String,
    /// Accepted because upstream has it; it has no effect on a listener there either.
    pub dialer: Option<Value>,
    /// Not available: there is no such profile outside Go.
    pub block_profile_fraction: i64,
    /// Not available: there is no such profile outside Go.
    pub mutex_profile_fraction: i64,
    /// Where a CPU profile of the whole run is written when the collector stops.
    pub save_to_file: String,
}

impl Default for PprofConfig {
    fn default() -> Self {
        Self {
            endpoint: "localhost:1777".to_owned(),
            dialer: None,
            block_profile_fraction: 0,
            mutex_profile_fraction: 0,
            save_to_file: String::new(),
        }
    }
}

impl Settings for PprofConfig {
    fn validate(&self, issues: &mut Issues) {
        if self.endpoint.is_empty() {
            issues.error("endpoint", "endpoint must be host:port, got \"\"");
        }
        if self.dialer.is_some() {
            issues.warn("dialer", "has no effect on a server, as in the Go collector; remove it");
        }
        let fractions = [
            ("block_profile_fraction", self.block_profile_fraction),
            ("mutex_profile_fraction", self.mutex_profile_fraction),
        ];
        for (key, _) in fractions.into_iter().filter(|(_, fraction)| *fraction != 0) {
            issues.warn(
                key,
                "this profile is of the Go runtime and not available here; remove it, or set it to 0",
            );
        }
    }
}

/// The extension.
pub struct Pprof {
    context: Context,
    settings: HttpServerSettings,
    save_to_file: String,
    server: PageServer,
    run: Mutex<Option<Run>>,
}

/// The one instance of the process, while it runs.
struct Run {
    recording: Option<(Recording, File)>,
    _place: Place,
}

/// Gives its place back when dropped.
struct Place;

impl Extension for Pprof {
    const NAME: &'static str = "pprof";
    type Config = PprofConfig;

    fn build(config: PprofConfig, context: Context) -> Result<Self, BuildError> {
        let settings = HttpServerSettings {
            endpoint: config.endpoint,
            // A profile takes as long as the client wants.
            write_timeout: Duration::ZERO,
            ..HttpServerSettings::default()
        };
        let server = PageServer::build(&settings, &context)?;
        Ok(Self {
            context,
            settings,
            save_to_file: config.save_to_file,
            server,
            run: Mutex::new(None),
        })
    }
}

impl Lifecycle for Pprof {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        async {
            let place = Place::take()?;
            let handler = |request: Request| pages::answer(request.uri).boxed();
            self.server.start(&self.context, &self.settings, handler).await?;
            if jemalloc_pprof::PROF_CTL.is_some() {
                jemalloc_pprof::activate_jemalloc_profiling().await;
            }
            let recording = self.recording()?;
            *self.run.lock() = Some(Run { recording, _place: place });
            Ok(())
        }
        .boxed()
    }

    fn stop(&self, deadline: Instant) -> BoxFuture<'_, ()> {
        async move {
            self.server.stop(deadline).await;
            let run = self.run.lock().take();
            let Some(Run { recording: Some((recording, file)), .. }) = run else {
                return;
            };
            let saved = tokio::task::spawn_blocking(move || save(recording, file)).await;
            match saved {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(path = self.save_to_file, %error, "cannot save the profile");
                }
                Err(_) => tracing::warn!(path = self.save_to_file, "cannot save the profile"),
            }
        }
        .boxed()
    }
}

impl Pprof {
    /// Starts recording the whole run, if that is wanted.
    fn recording(&self) -> Result<Option<(Recording, File)>, StartError> {
        let path = &self.save_to_file;
        if path.is_empty() {
            return Ok(None);
        }
        let file = open_for_owner(path).map_err(|error| {
            let message = format!("cannot create the file {path:?} of save_to_file");
            StartError::with_source(message, error)
        })?;
        let recording = Recording::start().map_err(|error| {
            StartError::with_source("cannot record the profile for save_to_file", error)
        })?;
        Ok(Some((recording, file)))
    }
}

impl Place {
    fn take() -> Result<Self, StartError> {
        if IS_RUNNING.swap(true, Ordering::AcqRel) {
            let message = "only a single pprof extension instance can be running per process";
            return Err(StartError::new(message));
        }
        Ok(Self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        IS_RUNNING.store(false, Ordering::Release);
    }
}

/// Profiles tell much about a process, so nobody else may read them.
fn open_for_owner(path: &str) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

fn save(
    recording: Recording,
    mut file: File,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let profile = recording.finish()?.encode()?;
    file.write_all(&profile)?;
    Ok(())
}

impl std::fmt::Debug for Pprof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pprof").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
