//! What flows through a collector, and how it is answered.
//!
//! A [`Payload`] goes from stage to stage over [`Edge`]s and gets exactly one [`Outcome`], which travels
//! back to the client.

mod books;
mod budget;
mod consumer;
mod context;
mod edge;
mod outcome;
mod payload;
mod transform;

pub use books::{Aliases, Books, StageLabels};
pub use budget::{Budget, Charge, OverBudget};
pub use consumer::Consumer;
pub use context::{Details, RequestContext};
pub use edge::Edge;
pub use outcome::{Accepted, Outcome, Reason, Rejected};
pub use payload::Payload;
pub use transform::Transform;
