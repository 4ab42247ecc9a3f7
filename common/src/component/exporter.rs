//! Where telemetry goes out.

use futures_util::future::BoxFuture;

use crate::{
    component::{BuildError, Context, Lifecycle},
    pipeline::{Outcome, Payload},
    settings::Settings,
    signal::{Signal, SignalSet},
};

/// A way out of the collector. One instance per id and signal, wrapped in `delivery`: timeout, retry,
/// queue and sending-side batch are the same for every exporter, and their keys (`timeout`,
/// `retry_on_failure`, `sending_queue`) are taken out of the settings before the exporter sees them.
pub trait Exporter: Export + Sized + 'static {
    /// The type in configs, snake_case, upstream's word.
    const NAME: &'static str;
    /// Older spellings, accepted with a warning.
    const ALIASES: &'static [&'static str] = &[];
    /// What it can send.
    const SIGNALS: SignalSet;
    /// Its settings, without those of delivery.
    type Config: Settings;
    /// Which delivery keys it has and what they default to.
    const DELIVERY: DeliveryDefaults;

    /// Makes the exporter without opening anything.
    ///
    /// # Errors
    /// [`BuildError`] if the settings do not fit together.
    fn build(config: Self::Config, context: Context) -> Result<Self, BuildError>;

    /// Whom it sends to, in labels of its metrics (`server_address` and so on).
    fn peer(_config: &Self::Config, _signal: Signal) -> Peer {
        Peer::new()
    }
}

/// Names and values of labels that say whom an exporter sends to.
pub type Peer = Vec<(&'static str, String)>;

/// One attempt to send.
pub trait Export: Lifecycle {
    /// Sends the payload once and says how the backend answered. Timeouts and further tries are the
    /// caller's.
    fn export(&self, payload: Payload) -> BoxFuture<'_, Outcome>;

    /// Dials the endpoint and sends an empty request, for the `check` subcommand; says what answered.
    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(std::future::ready(Ok("nothing to dial".to_owned())))
    }
}

/// Which delivery keys an exporter's settings have, and their defaults where exporters differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryDefaults {
    /// Whether there is a `timeout` key handled by delivery, and its default in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Whether there are `retry_on_failure` keys (on by default).
    pub retry: bool,
    /// Whether there is a `sending_queue`, and whether it is on by default.
    pub queue: Option<bool>,
}

impl DeliveryDefaults {
    /// No delivery keys: every payload is sent once, in the caller's time.
    pub const NONE: Self = Self { timeout_ms: None, retry: false, queue: None };
}
