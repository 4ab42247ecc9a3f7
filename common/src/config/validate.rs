//! The checks across components: names, references, pipelines, connectors, and what runs where.
//!
//! All checks run and all findings are told; a config with errors gives no [`Plan`].

mod components;
mod connectors;
mod pipelines;
mod storage;

use crate::{
    component::Registry,
    config::{Batching, Config, Plan},
    settings::Finding,
};

/// The name of the collector that checks, for messages: `traces-collector`, `combined-collector`.
#[derive(Clone, Copy)]
pub struct Validator<'a> {
    config: &'a Config,
    registry: &'a Registry,
    collector: &'a str,
}

impl<'a> Validator<'a> {
    /// A validator for the components of one binary.
    #[must_use]
    pub const fn new(config: &'a Config, registry: &'a Registry, collector: &'a str) -> Self {
        Self { config, registry, collector }
    }

    /// Checks the definitions alone, for a config whose shape has errors: what depends on the rest would
    /// only repeat them.
    #[must_use]
    pub fn validate_definitions(&self) -> (Plan, Vec<Finding>) {
        let mut findings = Vec::new();
        self.check_names(&mut findings);
        let plan = self.plan();
        self.check_available(&plan, &mut findings);
        self.check_settings(&plan, &mut findings);
        (plan, findings)
    }

    /// Checks everything that can be checked without opening a port or a file.
    #[must_use]
    pub fn validate(&self) -> (Plan, Vec<Finding>) {
        let mut findings = Vec::new();
        self.check_sections(&mut findings);
        self.check_names(&mut findings);
        self.check_references(&mut findings);
        let plan = self.plan();
        self.check_connectors(&mut findings);
        self.check_available(&plan, &mut findings);
        self.check_settings(&plan, &mut findings);
        self.check_storage(&plan, &mut findings);
        self.check_unused(&mut findings);
        findings.extend(Batching::of(self.config, &plan, self.registry).warnings(self.config));
        (plan, in_order(findings))
    }
}

/// Findings in the order of their places, each once.
pub(super) fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|one, two| {
        (&one.source, one.line, one.column).cmp(&(&two.source, two.line, two.column))
    });
    findings.dedup();
    findings
}

#[cfg(test)]
mod tests;
