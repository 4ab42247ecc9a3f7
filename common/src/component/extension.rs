//! What serves the process and no pipeline.

use crate::{
    component::{BuildError, Context, Lifecycle},
    settings::Settings,
};

/// A service beside the pipelines: health, profiles, pages, storage, authentication.
pub trait Extension: Lifecycle + Sized + 'static {
    /// The type in configs, snake_case, upstream's word.
    const NAME: &'static str;
    /// Older spellings, accepted with a warning.
    const ALIASES: &'static [&'static str] = &[];
    /// Its settings.
    type Config: Settings;

    /// Makes the extension without opening anything.
    ///
    /// # Errors
    /// [`BuildError`] if the settings do not fit together.
    fn build(config: Self::Config, context: Context) -> Result<Self, BuildError>;
}
