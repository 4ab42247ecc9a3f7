//! The detectors, each in a file of its own.

pub(super) mod env;
pub(super) mod system;

use super::{
    attempt::{Attempt, Failure, Outcome},
    detected::Detected,
    settings::Listed,
};
