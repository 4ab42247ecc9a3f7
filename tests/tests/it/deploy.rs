//! What ships in `deploy/`, held against the binaries, against itself, and against what the docs promise.

mod compose;
mod images;
mod json;
mod kubernetes;
mod monitoring;
mod operations;
mod patterns;
mod rolling_update;
mod upgrade;
