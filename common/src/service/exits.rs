//! The exporters of a config, to be dialled without running anything else.

use std::sync::Arc;

use tokio::time::Instant;

use crate::{
    component::{Export, StartError},
    service::instance::Instance,
};

/// Exporters without delivery around them, and the extensions that they ask for.
pub struct Exits {
    /// The exporters by what messages call them.
    pub exports: Vec<(String, Arc<dyn Export>)>,
    /// In the order to start them in.
    pub(super) extensions: Vec<Instance>,
}

impl Exits {
    /// Starts the extensions.
    ///
    /// # Errors
    /// That of the first which cannot.
    pub async fn start(&self) -> Result<(), StartError> {
        for extension in &self.extensions {
            extension.start().await?;
        }
        Ok(())
    }

    /// Stops the extensions.
    pub async fn stop(&self) {
        for extension in self.extensions.iter().rev() {
            extension.stop(Instant::now()).await;
        }
    }
}
