//! What works on telemetry inside a pipeline.

use std::{sync::Arc, time::Duration};

use crate::{
    component::{BuildError, Context, Lifecycle},
    pipeline::{Consumer, Edge, Transform},
    settings::Settings,
    signal::SignalSet,
};

/// A step of a pipeline. One instance per pipeline that names it.
pub trait Processor: Sized {
    /// The type in configs, snake_case, upstream's word.
    const NAME: &'static str;
    /// Older spellings, accepted with a warning.
    const ALIASES: &'static [&'static str] = &[];
    /// What it can work on.
    const SIGNALS: SignalSet;
    /// Its settings.
    type Config: Settings;
    /// Whether it answers at once and keeps nothing between calls, so always builds a
    /// [`Stage::Transform`]: a batch may run after it as well as before.
    const IS_STATELESS: bool = false;

    /// Makes the stage without opening anything. `next` is where a consumer sends; a transform returns
    /// its payload instead and leaves `next` alone.
    ///
    /// # Errors
    /// [`BuildError`] if the settings do not fit together.
    fn build(config: Self::Config, context: Context, next: Edge) -> Result<Stage, BuildError>;

    /// For a processor that does nothing but merge: how it merges, so that this can happen after a
    /// durable queue instead of before.
    fn sending_batch(_config: &Self::Config) -> Option<SendingBatch> {
        None
    }
}

/// A consumer that has a start and a stop of its own.
pub trait Holder: Consumer + Lifecycle {}
impl<T: Consumer + Lifecycle> Holder for T {}

/// A transform that has a start and a stop of its own; most have neither and implement [`Lifecycle`] with
/// an empty body.
pub trait Step: Transform + Lifecycle {}
impl<T: Transform + Lifecycle> Step for T {}

/// The two ways a processor can work.
pub enum Stage {
    /// At once, in the caller's task.
    Transform(Arc<dyn Step>),
    /// By taking payloads and sending later.
    Consumer(Arc<dyn Holder>),
}

/// How payloads are merged after a durable queue, as a batch processor of the pipeline asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendingBatch {
    /// How long less than `min_items` waits; zero for not at all.
    pub timeout: Duration,
    /// How many items are sent at once; zero sends each payload at once.
    pub min_items: usize,
    /// How many items are sent at most; zero for no limit.
    pub max_items: usize,
    /// Metadata keys; payloads with different values are never merged.
    pub metadata_keys: Vec<String>,
    /// How many combinations of values are kept apart; zero for no limit.
    pub metadata_cardinality_limit: usize,
}
