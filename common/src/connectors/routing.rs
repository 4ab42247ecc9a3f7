//! Sends telemetry to different pipelines by what it is and by who sent it.
//!
//! The routes of `table` are tried in order, and what matches one is moved there: it goes to all
//! pipelines of that route and to no later one, or with `action: copy` to later ones too. What matches none
//! goes to `default_pipelines`; without those it is dropped, counted as `unrouted`.
//!
//! ```yaml
//! routing:
//!   default_pipelines: [traces/tenant-a]
//!   table:
//!     - context: request
//!       condition: request["X-Tenant"] == "tenant-b"
//!       pipelines: [traces/tenant-b]
//!     - condition: resource.attributes["service.name"] == "checkout"
//!       pipelines: [traces/checkout]
//!     - context: span
//!       statement: delete_key(attributes, "secret") where attributes["secret"] != nil
//!       pipelines: [traces/audited]
//! ```
//!
//! Conditions are in OTTL ([ottl.md](ottl.md)), on each resource, span, metric, data point or log record: the
//! innermost that the paths name, or what `context` says (`resource`, `span`, `metric`, `datapoint`,
//! `log`, `otelcol`). A `statement` may use `route()`, `delete_key` and `delete_matching_keys`, and changes
//! only what goes to its own route. `error_mode` says what happens when a condition cannot be evaluated:
//! `ignore` (it does not match, and that is told in the log), `silent`, or `propagate` (the payload is
//! refused).
//!
//! The context `request` compares a header or gRPC metadata of the client with `==` or `!=`; the receiver
//! must have `include_metadata: true`, and a `batch` in between needs the key in `metadata_keys`. A request
//! without the key matches neither.
//!
//! Parts of one payload are answered as one: all pipelines take their parts, or the client keeps the
//! whole. A full queue refuses before any part is sent; a refusal that comes later makes the client send
//! again, so what other pipelines took may arrive twice. Requests that go to one tenant alone never wait for
//! the backend of another.
//!
//! Accepts: when all pipelines that a part goes to accept. Holds: nothing. Rejects: what one of them
//! rejects, and with `error_mode: propagate` what a condition cannot be evaluated for.

mod request;
mod rule;
mod settings;
mod table;

use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use self::settings::{Action, RouteContext, RouteSettings, RoutingConnectorConfig};
use self::table::{Split, Table};
use crate::{
    component::{BuildError, Connector, ConnectorOutputs, Context, Holder, Lifecycle},
    pipeline::{Accepted, Books, Consumer, Fanout, Outcome, Payload},
    signal::{Signal, SignalSet},
};

/// Why what no route took is dropped.
const UNROUTED: &str = "unrouted";

/// The `routing` connector.
#[derive(Clone, Copy, Debug)]
pub struct RoutingConnector;

impl Connector for RoutingConnector {
    const NAME: &'static str = "routing";

    type Config = RoutingConnectorConfig;

    fn outputs(input: Signal) -> SignalSet {
        SignalSet::only(input)
    }

    fn build(
        config: Self::Config,
        context: Context,
        outputs: ConnectorOutputs,
    ) -> Result<Arc<dyn Holder>, BuildError> {
        let listed = config.table.iter().flat_map(|route| &route.pipelines);
        outputs.warn_of_unlisted(&context.id, listed.chain(&config.default_pipelines));
        let table = Table::new(&config, &context, &outputs)?;
        let edges = outputs.all(&context.id)?;
        let fanout = Fanout::to_all(edges, context.books.clone(), context.tasks);
        Ok(Arc::new(Routing { table, fanout, books: context.books }))
    }
}

struct Routing {
    table: Table,
    fanout: Fanout,
    books: Books,
}

impl Routing {
    async fn run(&self, payload: Payload) -> Outcome {
        let items = payload.items();
        let Split { shares, unrouted } = self.table.split(payload)?;
        let outcome = match shares.is_empty() {
            true => Ok(Accepted::FULLY),
            false => self.fanout.share_out(shares, items.saturating_sub(unrouted)).await,
        };
        // A client that is refused sends the whole again.
        if outcome.is_ok() {
            self.books.dropped(unrouted as u64, UNROUTED);
        }
        outcome
    }
}

impl Lifecycle for Routing {}

impl Consumer for Routing {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(self.run(payload))
    }

    // Where a payload goes is not known from its size, and a full pipeline is no reason to refuse what goes
    // to another.
    fn has_room(&self, bytes: usize) -> bool {
        self.fanout.has_some_room(bytes)
    }
}

#[cfg(test)]
mod tests;
