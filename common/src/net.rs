//! Filled in by the commits that follow.

mod fetch;

pub use fetch::fetch_text;
