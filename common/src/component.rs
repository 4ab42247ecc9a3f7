//! What a component is, and what it is given.
//!
//! A component is one file and one line in a list: it implements [`Receiver`], [`Processor`],
//! [`Connector`], [`Exporter`] or [`Extension`], and its collector's `register` function adds it to the
//! [`Registry`].

pub mod catalogue;
mod connector;
mod context;
mod exporter;
mod extension;
mod extensions;
mod id;
mod lifecycle;
mod overview;
mod processor;
mod receiver;
pub mod registry;

pub use connector::{Connector, ConnectorOutputs};
pub use context::{BuildError, Context, Host};
pub use exporter::{DeliveryDefaults, Export, Exporter, Peer};
pub use extension::{BuiltExtension, Extension, Offer};
pub use extensions::Extensions;
pub use id::{ComponentId, InvalidId, Kind, PipelineId};
pub use lifecycle::{Lifecycle, StartError};
pub use overview::{Overview, PipelineOverview};
pub use processor::{Holder, Processor, SendingBatch, Stage, Step};
pub use receiver::{Outputs, Receiver};
pub use registry::Registry;

pub use crate::pipeline::{Fatal, Tasks};
