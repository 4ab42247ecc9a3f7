//! Which attributes of a detector are put.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::settings::{Issues, nearest};

/// An attribute that a detector can find, and whether it is put unless that is switched.
pub(in super::super) type Listed = (&'static str, bool);

/// `resource_attributes`: attributes by name, switched on or off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Switches(BTreeMap<String, Switch>);

/// The switch of one attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Switch {
    /// Whether it is put; without this, what the detector does by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

impl Switches {
    /// Reports names that the detector does not know.
    pub(super) fn check(&self, detector: &str, listed: &[Listed], issues: &mut Issues) {
        for name in self.0.keys() {
            if listed.iter().any(|(candidate, _)| candidate == name) {
                continue;
            }
            let names = || listed.iter().map(|(name, _)| *name);
            let hint = match nearest(name, names()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("expected one of {}", names().collect::<Vec<_>>().join(", ")),
            };
            issues.error(name, format!("{detector} has no attribute {name:?}, {hint}"));
        }
    }

    /// Whether an attribute is switched on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.of(name) == Some(true)
    }

    fn of(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(|switch| switch.enabled)
    }
}

/// What is put of what a detector finds.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Wanted<'a> {
    listed: &'a [Listed],
    switches: Option<&'a Switches>,
}

impl<'a> Wanted<'a> {
    pub(in super::super) const fn new(
        listed: &'a [Listed],
        switches: Option<&'a Switches>,
    ) -> Self {
        Self { listed, switches }
    }

    /// Whether an attribute is put. Those that are not listed, such as tags, are asked for elsewhere.
    pub(in super::super) fn has(&self, name: &str) -> bool {
        let switched = self.switches.and_then(|switches| switches.of(name));
        let listed = self.listed.iter().find(|(listed, _)| *listed == name);
        switched.unwrap_or_else(|| listed.is_none_or(|(_, is_on)| *is_on))
    }
}
