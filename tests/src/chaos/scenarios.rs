//! The scenarios: each torments a collector in its own way and then holds it to the ledger.

mod disk;
mod faults;
mod kill;
mod lifecycle;
mod load;

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{
    machine,
    run::{Allowed, Rig, Run},
};

/// How long a scenario waits for what should happen soon.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

type Body = for<'a> fn(&'a mut Run) -> BoxFuture<'a, anyhow::Result<()>>;

/// A scenario by its name.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// What `SCENARIO=` takes.
    pub name: &'static str,
    pub(super) body: Body,
    /// Why it cannot run here, if it cannot.
    pub(super) lacks: fn() -> Option<&'static str>,
}

macro_rules! scenarios {
    ($($name:literal => $body:path, $lacks:path;)*) => {
        &[$(Scenario { name: $name, body: |run| Box::pin($body(run)), lacks: $lacks }),*]
    };
}

/// All scenarios.
pub static ALL: &[Scenario] = scenarios! {
    "kill" => kill::durable, nothing;
    "kill_synchronous" => kill::synchronous, nothing;
    "backend_faults" => faults::backend, nothing;
    "partial_success" => faults::partial_success, nothing;
    "cut" => faults::cut, nothing;
    "cut_network" => faults::network, machine::lacks_networks;
    "disk_full" => disk::full, machine::lacks_mounts;
    "damage" => disk::damage, nothing;
    "two_on_one_directory" => lifecycle::two_on_one_directory, nothing;
    "clock" => lifecycle::clock, machine::lacks_compiler;
    "shutdown_under_load" => lifecycle::shutdown, nothing;
    "reload_under_load" => lifecycle::reload, nothing;
    "chain" => lifecycle::chain, nothing;
    "fan_out" => load::fan_out, nothing;
    "poison" => load::poison, nothing;
    "outage" => load::outage, nothing;
    "overload" => load::overload, nothing;
};

const fn nothing() -> Option<&'static str> {
    None
}

/// Waits until the collector holds nothing, and checks the books.
async fn settle_and_check(run: &mut Run, rig: &mut Rig, allowed: Allowed) -> anyhow::Result<()> {
    run.settle(&mut [&mut rig.subject], PATIENCE).await?;
    run.check(&[&rig.subject], &[&rig.backend], allowed)
}
