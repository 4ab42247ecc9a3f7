//! Where telemetry comes in.

use crate::{
    component::{BuildError, Context, Lifecycle},
    pipeline::Edge,
    settings::Settings,
    signal::{Signal, SignalSet},
};

/// A source of telemetry. One instance serves all signals and pipelines that name its id.
pub trait Receiver: Lifecycle + Sized + 'static {
    /// The type in configs, snake_case, upstream's word.
    const NAME: &'static str;
    /// Older spellings, accepted with a warning.
    const ALIASES: &'static [&'static str] = &[];
    /// What it can receive.
    const SIGNALS: SignalSet;
    /// Its settings.
    type Config: Settings;

    /// Makes the receiver without opening anything.
    ///
    /// # Errors
    /// [`BuildError`] if the settings do not fit together.
    fn build(config: Self::Config, context: Context, outputs: Outputs) -> Result<Self, BuildError>;
}

/// Where a receiver sends: one edge per signal, connected or not (a reload may change that).
#[derive(Clone, Debug)]
pub struct Outputs([Edge; 3]);

impl Outputs {
    /// Edges in the order of [`Signal::ALL`].
    #[must_use]
    pub const fn new(edges: [Edge; 3]) -> Self {
        Self(edges)
    }

    /// The edge of one signal; [`Edge::is_connected`] says whether a pipeline takes it.
    #[must_use]
    pub const fn edge(&self, signal: Signal) -> &Edge {
        let [traces, metrics, logs] = &self.0;
        match signal {
            Signal::Traces => traces,
            Signal::Metrics => metrics,
            Signal::Logs => logs,
        }
    }
}
