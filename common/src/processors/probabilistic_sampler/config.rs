//! Settings of the probabilistic sampler.

use serde::{Deserialize, Serialize};

use crate::{
    otlp::trace_state::Threshold,
    settings::{Issues, Settings},
};

/// Settings of the `probabilistic_sampler` processor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProbabilisticSamplerConfig {
    /// The share that is kept, in percent; zero keeps nothing, more than 100 is 100.
    pub sampling_percentage: f32,
    /// Where the randomness comes from and what becomes of what was sampled before.
    pub mode: SamplerMode,
    /// Makes the choice of the mode `hash_seed` another one; collectors behind each other need
    /// different seeds.
    pub hash_seed: u32,
    /// Hexadecimal digits of the thresholds that are written, 1 to 14.
    pub sampling_precision: i64,
    /// Whether items that cannot be sampled are dropped; else they are kept.
    pub fail_closed: bool,
    /// What is hashed of log records: `traceID` or `record`.
    pub attribute_source: AttributeSource,
    /// The attribute of log records that is hashed where there is no trace id.
    pub from_attribute: String,
    /// The attribute of log records that holds a percentage for this record.
    pub sampling_priority: String,
}

impl Default for ProbabilisticSamplerConfig {
    fn default() -> Self {
        Self {
            sampling_percentage: 0.0,
            mode: SamplerMode::HashSeed,
            hash_seed: 0,
            sampling_precision: 4,
            fail_closed: true,
            attribute_source: AttributeSource::TraceId,
            from_attribute: String::new(),
            sampling_priority: String::new(),
        }
    }
}

/// How items are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SamplerMode {
    /// By a hash of the trace id or an attribute.
    #[default]
    #[serde(alias = "")]
    HashSeed,
    /// By the randomness of the trace id, the share of what arrives.
    Proportional,
    /// By the randomness of the trace id, down to the share of what there was.
    Equalizing,
}

/// What is hashed of log records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttributeSource {
    /// The trace id, and the attribute where there is none.
    #[default]
    #[serde(rename = "traceID")]
    TraceId,
    /// The attribute alone.
    #[serde(rename = "record", alias = "")]
    Record,
}

impl Settings for ProbabilisticSamplerConfig {
    fn validate(&self, issues: &mut Issues) {
        let percentage = self.sampling_percentage;
        let ratio = f64::from(percentage) / 100.0;
        if !percentage.is_finite() || percentage < 0.0 {
            let message = format!("{percentage} must be a number from 0 to 100");
            issues.error("sampling_percentage", message);
        } else if ratio > 0.0 && ratio < Threshold::MIN_PROBABILITY {
            let least = Threshold::MIN_PROBABILITY * 100.0;
            let message = format!("{percentage:e} must be 0 or at least {least:e}");
            issues.error("sampling_percentage", message);
        }
        if !(1..=14).contains(&self.sampling_precision) {
            let message = format!("{} must be from 1 to 14", self.sampling_precision);
            issues.error("sampling_precision", message);
        }
        if self.mode != SamplerMode::HashSeed {
            let unused = [
                ("hash_seed", self.hash_seed != 0),
                ("attribute_source", self.attribute_source == AttributeSource::Record),
                ("from_attribute", !self.from_attribute.is_empty()),
            ];
            for (key, _) in unused.into_iter().filter(|(_, is_set)| *is_set) {
                issues.warn(key, "has an effect only with mode hash_seed, nothing is hashed else");
            }
        }
    }
}
