//! OTTL, the OpenTelemetry Transformation Language: conditions and statements on telemetry.
//!
//! A statement is parsed (`parse`, into `syntax`), compiled for a context (`compile`: functions and
//! fields are found, constants calculated) and then run at each place of a payload, on its bytes.

mod compare;
mod compile;
mod condition;
pub mod context;
pub mod cursor;
pub mod error;
pub mod expr;
pub mod failure;
pub mod functions;
mod infer;
pub mod lex;
pub mod math;
pub mod parse;
pub mod path;
mod statement;
pub mod syntax;
pub mod time;
pub mod value;

pub use compile::Lambda;
pub use condition::Condition;
pub use context::Context;
pub use cursor::{Cache, Cursor, Inner, View};
pub use error::Error;
pub use failure::Failure;
pub use functions::Functions;
pub use infer::Mentions;
pub use statement::{Conditions, ErrorMode, Statement};
