//! What is in `deploy/`, rendered, checked and run.

mod monitoring;
