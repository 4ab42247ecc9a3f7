//! What ships in `deploy/`, held against itself.

mod compose;
