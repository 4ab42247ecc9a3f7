//! The routes as they are tried, and what they make of a payload.

use std::collections::HashSet;

use super::{
    request::RequestCondition,
    settings::{Action, ErrorMode, RouteContext, RouteSettings, RoutingConnectorConfig},
};
use crate::{
    component::{BuildError, ConnectorOutputs, Context, PipelineId},
    otlp::{
        envelope::Part,
        overlay::{self, Grain, Partition, Place},
    },
    pipeline::{Growth, Payload, Reason, Rejected, RequestContext, Seldom, Share},
};

pub(super) struct Table {
    routes: Vec<Route>,
    default: Vec<usize>,
    error_mode: ErrorMode,
    errors: Seldom,
}

struct Route {
    test: Test,
    action: Action,
    /// The pipelines, by their places among the outputs.
    branches: Vec<usize>,
}

/// What decides of a route.
enum Test {
    /// The request, and so the whole payload.
    Request(RequestCondition),
    /// Each resource, metric or item by itself.
    Data(Grain, Box<dyn Condition>),
}

/// What is true or false for a resource, metric or item, and may edit it when it is true.
pub(super) trait Condition: Send + Sync {
    fn holds(&self, place: &mut Place<'_>, request: &RequestContext) -> Result<bool, String>;
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
        let mut seen = HashSet::new();
        let mut routes = Vec::with_capacity(config.table.len());
        for (index, route) in config.table.iter().enumerate() {
            let built = Route::new(route, context, outputs)
                .map_err(|error| BuildError::with_source(format!("table::{index}"), error))?;
            if seen.insert(route.key()) {
                routes.push(built);
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
        let (grain, condition) = match &route.test {
            Test::Request(condition) if !condition.matches(payload.context()) => {
                return Ok((None, Some(payload)));
            }
            Test::Request(_) => return Ok((Some(payload.clone()), route.left_of(payload))),
            Test::Data(grain, condition) => (*grain, &**condition),
        };
        let mut failure = None;
        let choose = |place: &mut Place<'_>| match condition.holds(place, payload.context()) {
            Ok(holds) => holds,
            Err(error) => {
                failure.get_or_insert(error);
                false
            }
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
            ErrorMode::Propagate => return Err(Rejected::new(Reason::Refused, error)),
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

impl Route {
    fn new(
        settings: &RouteSettings,
        _context: &Context,
        outputs: &ConnectorOutputs,
    ) -> Result<Self, BuildError> {
        let test = match settings.context {
            Some(RouteContext::Request) => {
                let condition = settings.condition.parse();
                Test::Request(condition.map_err(|error: super::request::InvalidCondition| {
                    BuildError::new(error.to_string())
                })?)
            }
            _ => return Err(BuildError::new("OTTL is not available yet")),
        };
        let branches = places(&settings.pipelines, outputs)?;
        Ok(Self { test, action: settings.action, branches })
    }

    fn left_of(&self, payload: Payload) -> Option<Payload> {
        (self.action == Action::Copy).then_some(payload)
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
