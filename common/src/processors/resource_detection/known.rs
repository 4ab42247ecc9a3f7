//! The list of detectors.

use futures_util::{FutureExt, future::BoxFuture};

use super::{
    attempt::{Attempt, Outcome},
    detectors::{env, system},
    settings::{Listed, ResourceDetectionConfig, Section},
};

/// A detector.
pub(super) struct Known {
    /// What it is called in `detectors`, and mostly its section too.
    pub(super) name: &'static str,
    /// What it finds.
    pub(super) attributes: &'static [Listed],
    /// Its section, if it has one.
    pub(super) section: fn(&ResourceDetectionConfig) -> Option<&dyn Section>,
    /// Looks once.
    pub(super) detect: Detect,
}

type Detect = for<'a> fn(&'a ResourceDetectionConfig, &'a Attempt<'a>) -> BoxFuture<'a, Outcome>;

impl Known {
    /// What its section is called.
    pub(super) fn section_name(&self) -> &'static str {
        match self.name {
            "elastic_beanstalk" => "elasticbeanstalk",
            name => name,
        }
    }
}

/// The detector of a name.
pub(super) fn find(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

/// All detectors, by name.
pub(super) static KNOWN: &[Known] = &[
    Known {
        name: "env",
        attributes: &[],
        section: |_| None,
        detect: |_, attempt| async { env::detect(attempt) }.boxed(),
    },
    Known {
        name: "system",
        attributes: system::ATTRIBUTES,
        section: |config| Some(&config.system),
        detect: |config, attempt| system::detect(&config.system, attempt).boxed(),
    },
];
