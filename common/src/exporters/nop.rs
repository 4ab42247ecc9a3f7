//! Takes telemetry and does nothing with it.
//!
//! ```yaml
//! nop:
//! ```
//!
//! Accepts: always. Holds: nothing. Rejects: nothing.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::{
    component::{BuildError, Context, DeliveryDefaults, Export, Exporter, Lifecycle},
    pipeline::{Accepted, Outcome, Payload},
    settings::Settings,
    signal::SignalSet,
};

/// `nop` has no settings.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NopExporterConfig {}

impl Settings for NopExporterConfig {}

/// Takes everything.
#[derive(Clone, Copy, Debug)]
pub struct NopExporter;

impl Exporter for NopExporter {
    const NAME: &'static str = "nop";
    const SIGNALS: SignalSet = SignalSet::ALL;
    const DELIVERY: DeliveryDefaults = DeliveryDefaults::NONE;

    type Config = NopExporterConfig;

    fn build(_config: Self::Config, _context: Context) -> Result<Self, BuildError> {
        Ok(Self)
    }
}

impl Lifecycle for NopExporter {}

impl Export for NopExporter {
    fn export(&self, _payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(std::future::ready(Ok(Accepted::FULLY)))
    }
}
