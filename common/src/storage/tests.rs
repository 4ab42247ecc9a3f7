//! The log as a whole, held against a model.

mod model;
