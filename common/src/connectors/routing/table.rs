//! The routes as they are tried, and what they make of a payload.

use std::collections::HashSet;

use super::{
    rule::{self, Rule},
    settings::{Action, RoutingConnectorConfig},
};
use crate::{
    component::{BuildError, ConnectorOutputs, Context, PipelineId},
    otlp::{
        envelope::Part,
        overlay::{self, Partition, Place},
    },
    ottl::ErrorMode,
    pipeline::{Growth, Payload, Reason, Rejected, Seldom, Share},
    signal::Signal,
};

pub(super) struct Table {
    routes: Vec<Route>,
    default: Vec<usize>,
    error_mode: ErrorMode,
    errors: Seldom,
}

struct Route {
    rule: Rule,
    action: Action,
    /// The pipelines, by their places among the outputs.
    branches: Vec<usize>,
}

/// What goes where of a payload.
pub(super) struct Split<'a> {
    pub(super) shares: Vec<Share<'a>>,
    /// Items that go nowhere.
    pub(super) unrouted: usize,
}

impl Table {
    pub(super) fn new(
        config: &RoutingConnectorConfig,
        context: &Context,
        outputs: &ConnectorOutputs,
    ) -> Result<Self, BuildError> {
        let signal = context.signal.unwrap_or(Signal::Traces);
        let mut seen = HashSet::new();
        let mut routes = Vec::with_capacity(config.table.len());
        for (index, route) in config.table.iter().enumerate() {
            let failed = |error: String| BuildError::new(format!("table::{index}: {error}"));
            let rule = Rule::new(route).map_err(failed)?;
            if !rule.is_of(signal) {
                let message = format!("there is no {} in {signal}", rule.context());
                return Err(failed(message));
            }
            let branches =
                places(&route.pipelines, outputs).map_err(|error| failed(error.message))?;
            if seen.insert(route.key(&rule)) {
                routes.push(Route { rule, action: route.action, branches });
            }
        }
        Ok(Self {
            routes,
            default: places(&config.default_pipelines, outputs)?,
            error_mode: config.error_mode,
            errors: Seldom::default(),
        })
    }

    /// Says what goes where. A payload of which nothing goes anywhere has no shares.
    pub(super) fn split(&self, payload: Payload) -> Result<Split<'_>, Rejected> {
        let mut growth = Growth::of(&payload);
        let mut shares = Vec::new();
        let mut copied = 0;
        let mut rest = Some(payload);
        for route in &self.routes {
            let Some(left) = rest.take() else { break };
            let chosen;
            (chosen, rest) = self.apply(route, left)?;
            let Some(payload) = chosen else { continue };
            if !growth.add(payload.size()) {
                growth.check()?;
            }
            if route.action == Action::Copy {
                copied += payload.items();
            }
            shares.push(Share { payload, branches: &route.branches });
        }
        let Some(rest) = rest else { return Ok(Split { shares, unrouted: 0 }) };
        if self.default.is_empty() {
            // What was copied to a route is not lost; which of these that was is not kept.
            return Ok(Split { shares, unrouted: rest.items().saturating_sub(copied) });
        }
        shares.push(Share { payload: rest, branches: &self.default });
        Ok(Split { shares, unrouted: 0 })
    }

    /// What of a payload matches a route, and what is left of it for others.
    fn apply(
        &self,
        route: &Route,
        payload: Payload,
    ) -> Result<(Option<Payload>, Option<Payload>), Rejected> {
        let (context, test) = match &route.rule {
            Rule::Request(condition) if !condition.matches(payload.context()) => {
                return Ok((None, Some(payload)));
            }
            Rule::Request(_) => {
                let left = (route.action == Action::Copy).then(|| payload.clone());
                return Ok((Some(payload), left));
            }
            Rule::Data(context, test) => (*context, test),
        };
        let grain = rule::grain(context);
        let mut failure = None;
        let choose = |place: &mut Place<'_>| {
            // One failure is enough to refuse the whole.
            if failure.is_some() && self.error_mode == ErrorMode::Propagate {
                return false;
            }
            test.holds(place, payload.context()).unwrap_or_else(|error| {
                failure.get_or_insert(error);
                false
            })
        };
        let (signal, chunks, items) = (payload.signal(), payload.chunks(), payload.items());
        let parted = match route.action {
            Action::Move => overlay::partition(signal, chunks, items, grain, choose),
            Action::Copy => Partition {
                chosen: overlay::extract(signal, chunks, items, grain, choose),
                rest: Part { chunks: chunks.iter().cloned().collect(), items },
            },
        };
        self.judge(failure)?;
        let as_payload = |part: Part| {
            (part.items > 0).then(|| payload.clone().with_content(part.chunks, part.items))
        };
        Ok((as_payload(parted.chosen), as_payload(parted.rest)))
    }

    fn judge(&self, failure: Option<String>) -> Result<(), Rejected> {
        let Some(error) = failure else { return Ok(()) };
        match self.error_mode {
            ErrorMode::Propagate => return Err(Rejected::new(Reason::Unavailable, error)),
            ErrorMode::Silent => {}
            ErrorMode::Ignore => {
                if let Some(untold) = self.errors.is_due() {
                    tracing::warn!(
                        error,
                        untold,
                        "A condition cannot be evaluated, it does not match."
                    );
                }
            }
        }
        Ok(())
    }
}

/// Where pipelines stand among the outputs.
fn places(listed: &[PipelineId], outputs: &ConnectorOutputs) -> Result<Vec<usize>, BuildError> {
    // The edges are taken by their places; asking for them tells which are missing.
    outputs.edges(listed)?;
    let place = |id| outputs.pipelines.iter().position(|(fed, _)| fed == id);
    Ok(listed.iter().filter_map(place).collect())
}

#[cfg(test)]
mod tests;
