//! Whether an item is kept, and what it says of that from then on: the same for spans and log records.

use super::{ProbabilisticSamplerConfig, SamplerMode};
use crate::otlp::trace_state::{Randomness, Threshold};

const BUCKETS: u32 = 1 << 14;
/// Upstream multiplies in single precision, which decides where a share falls between two buckets.
const BUCKETS_PER_PERCENT: f32 = BUCKETS as f32 / 100.0;

/// What decides where an item says nothing of its own.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    method: Method,
    is_fail_closed: bool,
}

#[derive(Clone, Copy, Debug)]
enum Method {
    /// Nothing is kept but what has a priority.
    Never,
    /// By a hash, with this seed.
    Hash(u32, Threshold),
    /// With a probability that no item is above.
    Equalizing(Threshold),
    /// With a probability of what it had before, in so many digits.
    Proportional(f64, u32),
}

/// Where the randomness of an item comes from. The order is that of the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    TraceIdHash,
    TraceIdW3c,
    SamplingRandomness,
    SamplingPriority,
    MissingRandomness,
    Attribute,
}

/// What sampling before this one left in an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) randomness: Option<Randomness>,
    pub(super) threshold: Option<Threshold>,
}

/// Why an item cannot be sampled as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error("what the item says of earlier sampling cannot be read")]
    Unreadable,
    #[error("there is no trace id or attribute to sample by")]
    MissingRandomness,
    #[error("the item carries a randomness, for which mode must be proportional or equalizing")]
    RandomnessInUse,
    #[error("the item carries a threshold, for which mode must be proportional or equalizing")]
    ThresholdInUse,
    #[error("the item carries a threshold by which it should not be here")]
    Inconsistent,
}

/// What an item brings along.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    /// Nothing if what was there could not be read.
    pub(super) marks: Option<Marks>,
    /// Empty if there is none.
    pub(super) trace_id: &'a [u8],
    /// What is hashed where there is no trace id.
    pub(super) attribute: &'a [u8],
    /// The threshold that the item asks for.
    pub(super) priority: Option<Threshold>,
    /// Whether randomness is written to an item that has none.
    pub(super) marks_missing: bool,
}

/// What becomes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) is_kept: bool,
    pub(super) policy: Policy,
    pub(super) failure: Option<Failure>,
    /// What a kept item says from now on; nothing if it stays as it is.
    pub(super) marks: Option<Marks>,
}

impl Sampler {
    pub(super) fn new(config: &ProbabilisticSamplerConfig) -> Self {
        let percentage = config.sampling_percentage.min(100.0);
        let ratio = f64::from(percentage) / 100.0;
        let digits = u32::try_from(config.sampling_precision).unwrap_or(u32::MAX).min(14);
        let method = match config.mode {
            _ if percentage <= 0.0 => Method::Never,
            SamplerMode::HashSeed => match (percentage * BUCKETS_PER_PERCENT) as u32 {
                0 => Method::Never,
                share => Method::Hash(config.hash_seed, Threshold::of_buckets(share)),
            },
            SamplerMode::Proportional => Method::Proportional(ratio, digits),
            SamplerMode::Equalizing => {
                let threshold = Threshold::of_probability(ratio, digits);
                Method::Equalizing(threshold.unwrap_or(Threshold::NEVER))
            }
        };
        Self { method, is_fail_closed: config.fail_closed }
    }

    pub(super) const fn fails_closed(&self) -> bool {
        self.is_fail_closed
    }

    /// Decides on an item.
    pub(super) fn sample(&self, facts: Facts<'_>) -> Outcome {
        let (policy, randomness) = self.randomness(&facts);
        let (mut marks, failure) = match self.usable(&facts) {
            Ok(mut marks) => {
                if self.is_hashing() && (facts.marks_missing || policy != Policy::MissingRandomness)
                {
                    marks.randomness = Some(randomness);
                }
                let failure = check(policy, randomness, marks.threshold);
                if failure == Some(Failure::Inconsistent) {
                    marks.threshold = None;
                }
                (Some(marks), failure)
            }
            Err(failure) => (None, Some(failure)),
        };
        let threshold = match failure {
            None => self.threshold(marks.and_then(|marks| marks.threshold)),
            Some(_) if self.is_fail_closed => Threshold::NEVER,
            Some(_) => Threshold::ALWAYS,
        };
        let policy = if facts.priority.is_some() { Policy::SamplingPriority } else { policy };
        let threshold = facts.priority.unwrap_or(threshold);
        if let Some(marks) = &mut marks {
            // A probability may only fall on the way.
            marks.threshold = marks.threshold.max(Some(threshold));
        }
        Outcome { is_kept: threshold.keeps(randomness), policy, failure, marks }
    }

    /// What the item is kept or dropped by.
    fn randomness(&self, facts: &Facts<'_>) -> (Policy, Randomness) {
        let carried = facts.marks.and_then(|marks| marks.randomness);
        match self.method {
            Method::Never => (Policy::SamplingPriority, Randomness::MAX),
            Method::Hash(seed, _) if !facts.trace_id.is_empty() => {
                (Policy::TraceIdHash, hashed(facts.trace_id, seed))
            }
            Method::Hash(seed, _) if !facts.attribute.is_empty() => {
                (Policy::Attribute, hashed(facts.attribute, seed))
            }
            Method::Equalizing(_) | Method::Proportional(..) if facts.marks.is_some() => {
                match carried {
                    Some(randomness) => (Policy::SamplingRandomness, randomness),
                    None if !facts.trace_id.is_empty() => {
                        (Policy::TraceIdW3c, Randomness::of_trace_id(facts.trace_id))
                    }
                    None => (Policy::MissingRandomness, Randomness::MAX),
                }
            }
            _ => (Policy::MissingRandomness, Randomness::MAX),
        }
    }

    /// The marks that may be used and changed.
    fn usable(&self, facts: &Facts<'_>) -> Result<Marks, Failure> {
        let marks = facts.marks.ok_or(Failure::Unreadable)?;
        match marks {
            Marks { randomness: Some(_), .. } if self.is_hashing() => Err(Failure::RandomnessInUse),
            Marks { threshold: Some(_), .. } if self.is_hashing() => Err(Failure::ThresholdInUse),
            _ => Ok(marks),
        }
    }

    fn threshold(&self, carried: Option<Threshold>) -> Threshold {
        match self.method {
            Method::Never => Threshold::NEVER,
            Method::Hash(_, threshold) => threshold,
            Method::Equalizing(threshold) => threshold.max(carried.unwrap_or(Threshold::ALWAYS)),
            Method::Proportional(ratio, digits) => {
                let before = carried.map_or(1.0, Threshold::probability);
                let threshold = Threshold::of_probability(before * ratio, digits);
                threshold.unwrap_or(Threshold::NEVER)
            }
        }
    }

    const fn is_hashing(&self) -> bool {
        matches!(self.method, Method::Hash(..))
    }
}

fn check(policy: Policy, randomness: Randomness, threshold: Option<Threshold>) -> Option<Failure> {
    if policy == Policy::MissingRandomness {
        return Some(Failure::MissingRandomness);
    }
    let is_consistent = threshold.is_none_or(|threshold| threshold.keeps(randomness));
    (!is_consistent).then_some(Failure::Inconsistent)
}

/// The randomness of a hash: the first 14 bits decide, the others only fill up.
fn hashed(bytes: &[u8], seed: u32) -> Randomness {
    let hash = fnv1a(seed.to_le_bytes().iter().chain(bytes));
    let bucket = u64::from(hash % BUCKETS);
    let filling = u64::from(hash >> 18);
    let filling = filling ^ filling << 10;
    let reversed = u64::from(BUCKETS - 1) - bucket;
    Randomness::of_bits(reversed << 42 | filling << 14 | bucket)
}

fn fnv1a<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> u32 {
    let start = 0x811c_9dc5_u32;
    bytes.into_iter().fold(start, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
