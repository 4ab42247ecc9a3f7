//! Filled in by the commits that follow.

pub mod settings;
