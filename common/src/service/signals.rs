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

    pub(super) async fn next(&mut self, sources: &Sources) -> Request {
        let changed = async {
            match &mut self.watch {
                Some(watch) => watch.changed(sources).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => Request::Stop("terminated"),
            _ = self.interrupt.recv() => Request::Stop("interrupt"),
            _ = self.hang_up.recv() => Request::Reload,
            () = changed => Request::Reload,
        }
    }
}
