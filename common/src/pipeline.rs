//! What flows through a collector, and how it is answered.
//!
//! A [`Payload`] goes from stage to stage over [`Edge`]s and gets exactly one [`Outcome`], which travels
//! back to the client.

pub mod allocator;
mod backoff;
mod books;
mod budget;
mod chain;
mod consumer;
mod context;
mod edge;
mod emitter;
mod fanout;
mod fatal;
mod growth;
pub mod limits;
mod metadata;
mod outcome;
mod payload;
mod pile;
mod seldom;
mod tasks;
mod transform;

pub use backoff::{Backoff, Waits};
pub use books::{Aliases, Books, FailureAlias, StageLabels};
pub use budget::{Budget, Charge, Connection, LimitGuard, OverBudget};
pub use chain::Chain;
pub use consumer::Consumer;
pub use context::{Details, Identity, RequestContext};
pub use edge::Edge;
pub use emitter::{Emitted, Emitter};
pub use fanout::{Branch, Fanout, Share};
pub use fatal::Fatal;
pub use growth::Growth;
pub use metadata::{MetadataKeys, MetadataValues};
pub use outcome::{Accepted, Outcome, Reason, Rejected};
pub use payload::Payload;
pub use pile::{Pile, split};
pub use seldom::Seldom;
pub use tasks::Tasks;
pub use transform::Transform;
