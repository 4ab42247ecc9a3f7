//! Receives nothing, for pipelines that are fed otherwise or not at all.
//!
//! ```yaml
//! nop:
//! ```
//!
//! Accepts: nothing. Holds: nothing. Rejects: nothing.

use serde::{Deserialize, Serialize};

use crate::{
    component::{BuildError, Context, Lifecycle, Outputs, Receiver},
    settings::Settings,
    signal::SignalSet,
};

/// The receiver that never sends.
#[derive(Clone, Copy, Debug)]
pub struct NopReceiver;

/// No settings.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct NopReceiverConfig {}

impl Settings for NopReceiverConfig {}

impl Lifecycle for NopReceiver {}

impl Receiver for NopReceiver {
    const NAME: &'static str = "nop";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = NopReceiverConfig;

    fn build(_: NopReceiverConfig, _: Context, _: Outputs) -> Result<Self, BuildError> {
        Ok(Self)
    }
}
