//! What ends one pipeline and starts others: one file per connector.

pub mod forward;
