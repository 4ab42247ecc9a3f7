//! What the outside asks of a running collector: signals from the operating system, and changed files.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{config::Sources, service::watch::FileWatch};

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Apply the config as it is now.
    Reload,
    /// Drain and end; the name of the signal.
    Stop(&'static str),
}

/// The signals that a collector listens to, as process 1 of a container too.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    watch: Option<FileWatch>,
}

impl Signals {
    /// Starts to listen; with `is_watching`, changed config files ask for a reload as SIGHUP does.
    ///
    /// # Errors
    /// The error of the operating system if a handler cannot be installed.
    pub fn listen(is_watching: bool) -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            watch: is_watching.then(FileWatch::default),
        })
    }

    /// Remembers what the watched files hold, so that a change between reading and running is seen.
    pub async fn look_at(&mut self, sources: &Sources) {
        if let Some(watch) = &mut self.watch {
            watch.look(sources).await;
        }
    }

    /// What is asked next. Dropping the future loses no request.
    pub(super) async fn next(&mut self, sources: &Sources) -> Request {
        let Self { terminate, interrupt, hang_up, watch } = self;
        let changed = async {
            match watch {
                Some(watch) => watch.changed(sources).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            name = stop(terminate, interrupt) => Request::Stop(name),
            _ = hang_up.recv() => Request::Reload,
            () = changed => Request::Reload,
        }
    }

    /// Waits for an order to stop, and for nothing else; returns the signal's name.
    pub async fn stop(&mut self) -> &'static str {
        stop(&mut self.terminate, &mut self.interrupt).await
    }
}

async fn stop(terminate: &mut Signal, interrupt: &mut Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "terminated",
        _ = interrupt.recv() => "interrupt",
    }
}
