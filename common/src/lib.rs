//! Everything in Tercet that does not depend on which signal it carries.
//!
//! Modules are listed in the order in which they may import each other: each knows only those above it.

pub mod settings;
pub mod signal;
pub mod wire;

pub mod otlp;

pub mod telemetry;

pub mod storage;

pub mod pipeline;

pub mod ottl;

pub mod net;

pub mod component;

pub mod delivery;

pub mod connectors;
pub mod exporters;
pub mod extensions;
pub mod processors;
pub mod receivers;

pub mod config;

pub mod service;

pub mod cli;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

use component::Registry;

/// One allocator for all binaries, chosen for returning memory after a peak and for its heap profiles.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The components that every collector has.
#[must_use]
pub fn registry() -> Registry {
    let registry = receivers::register(Registry::default());
    let registry = processors::register(registry);
    let registry = exporters::register(registry);
    let registry = connectors::register(registry);
    extensions::register(registry)
}
