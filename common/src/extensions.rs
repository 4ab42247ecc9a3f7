//! Extensions that every collector has.

pub mod health_check;
mod page_server;
pub mod pprof;
pub mod zpages;
