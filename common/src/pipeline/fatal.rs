//! How a component says that the process cannot go on.

use std::sync::Arc;

use tokio::sync::watch;

/// Takes the first report of a fault that nothing but a restart mends; the process then drains and
/// ends with exit code 1. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Fatal(watch::Sender<Option<Arc<str>>>);

impl Fatal {
    /// Reports a fault, for people: who cannot go on and why.
    pub fn report(&self, message: impl Into<Arc<str>>) {
        let message = message.into();
        tracing::error!(error = &*message, "Asynchronous error received, terminating process");
        self.0.send_if_modified(|first| {
            let is_first = first.is_none();
            first.get_or_insert(message);
            is_first
        });
    }

    /// Waits for the first report.
    pub async fn reported(&self) -> Arc<str> {
        let mut reports = self.0.subscribe();
        loop {
            if let Some(message) = &*reports.borrow_and_update() {
                return Arc::clone(message);
            }
            // The sender is ours, so it is not gone.
            if reports.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
