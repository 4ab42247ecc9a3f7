//! The catalogue of components says what the binaries really have.

use common::component::{
    Kind, Registry,
    catalogue::{CATALOGUE, Home, find},
};

fn collectors() -> [(&'static str, Registry); 4] {
    let shared = common::registry;
    let combined =
        logs_collector::register(metrics_collector::register(traces_collector::register(shared())));
    [
        ("traces-collector", traces_collector::register(shared())),
        ("metrics-collector", metrics_collector::register(shared())),
        ("logs-collector", logs_collector::register(shared())),
        ("combined-collector", combined),
    ]
}

#[test]
fn a_collector_has_what_the_catalogue_says_and_nothing_else() {
    let mut debts = Vec::new();
    for (collector, registry) in collectors() {
        for listed in CATALOGUE {
            let is_home = matches!(listed.home, Home::Common)
                || [listed.home.collector(), "combined-collector"].contains(&collector);
            let is_there = registry.names(listed.kind).contains(&listed.name);
            if is_there != (listed.is_available && is_home) {
                let has = if is_there { "has" } else { "lacks" };
                debts.push(format!("{collector} {has} {} `{}`", listed.kind.name(), listed.name));
            }
        }
        for kind in Kind::ALL {
            for name in registry.names(kind) {
                if find(kind, name).is_none_or(|listed| listed.name != name) {
                    debts.push(format!("{collector} has unlisted {} `{name}`", kind.name()));
                }
            }
        }
    }
    assert!(debts.is_empty(), "{}", debts.join("\n"));
}

#[test]
fn older_spellings_are_the_same_in_both() {
    let mut debts = Vec::new();
    for (collector, registry) in collectors() {
        for kind in Kind::ALL {
            for name in registry.names(kind) {
                let (known, listed) = (registry.find(kind, name), find(kind, name));
                let (known, listed) = (known.map(|c| c.aliases()), listed.map(|c| c.aliases));
                if known != listed {
                    debts.push(format!("{collector}: {name}: {known:?}, listed as {listed:?}"));
                }
            }
        }
    }
    assert!(debts.is_empty(), "{}", debts.join("\n"));
}
