//! Names spans after their attributes, makes attributes of their names, and sets their status.
//!
//! `from_attributes` comes first, then the rules of `to_attributes`, then `status`. A span that lacks one
//! of the attributes keeps its name.
//!
//! ```yaml
//! span:
//!   include:
//!     match_type: regexp
//!     services: ['^shop']
//!   name:
//!     from_attributes: [http.request.method, url.path]
//!     separator: ' '
//!     to_attributes:
//!       rules: ['^\w+ /api/v1/document/(?P<document_id>.*)/update$']
//!   status:
//!     code: Error
//!     description: the operator said so
//! ```
//!
//! Each rule is a regular expression whose named groups become attributes; in the name, a group gives way
//! to `{its name}` unless `keep_original_name` is set. A rule looks at what the one before it left, and
//! `break_after_match` ends the rules with the first that matches. `include` and `exclude` are those of
//! `attributes`. `status.code` is `Ok`, `Error` (which may have a `description`) or `Unset`.
//!
//! Accepts: when the next component accepts. Holds: nothing. Rejects: what would become several times
//! as large while memory is short.

mod config;
mod edit;

use std::sync::Arc;

use common::{
    component::{BuildError, Context, Lifecycle, Processor, Stage},
    otlp::overlay::{self, Place, Verdict, Visitor},
    pipeline::{Edge, Growth, Payload, Rejected, Transform},
    processors::{Selection, Visit},
    settings::PatternError,
    signal::{Signal, SignalSet},
};
pub use config::{
    NameSettings, SpanProcessorConfig, StatusSettings, StatusWord, ToAttributesSettings,
};

use self::edit::{Buffers, Edits};

/// The `span` processor.
pub struct SpanProcessor {
    edits: Edits,
    selection: Selection,
}

impl Processor for SpanProcessor {
    const NAME: &'static str = "span";
    const SIGNALS: SignalSet = SignalSet::only(Signal::Traces);
    type Config = SpanProcessorConfig;
    const IS_STATELESS: bool = true;

    fn build(config: Self::Config, _: Context, _next: Edge) -> Result<Stage, BuildError> {
        let processor = Self::new(config)
            .map_err(|error| BuildError::with_source("a pattern cannot be used", error))?;
        Ok(Stage::Transform(Arc::new(processor)))
    }
}

impl SpanProcessor {
    fn new(config: SpanProcessorConfig) -> Result<Self, PatternError> {
        let (include, exclude) = (config.include.as_ref(), config.exclude.as_ref());
        let selection = Selection::new(include, exclude, Signal::Traces)?;
        Ok(Self { edits: Edits::new(config)?, selection })
    }
}

impl Lifecycle for SpanProcessor {}

impl Transform for SpanProcessor {
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected> {
        let mut editor = Editor {
            edits: &self.edits,
            visit: self.selection.visit(),
            growth: Growth::of(&payload),
            buffers: Buffers::default(),
        };
        let after = overlay::rewrite(payload.signal(), payload.chunks(), &mut editor);
        let items = payload.items();
        editor.growth.settle(payload, after.chunks, items)
    }
}

struct Editor<'a> {
    edits: &'a Edits,
    visit: Visit<'a>,
    growth: Growth,
    buffers: Buffers,
}

/// What is not selected stays as it is, with all that is inside.
const fn enter_if(is_selected: bool) -> Verdict {
    if is_selected { Verdict::Enter } else { Verdict::Keep }
}

impl Visitor for Editor<'_> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        // What is refused need not be edited any further.
        enter_if(self.growth.add(0) && self.visit.resource(place))
    }

    fn scope(&mut self, place: &mut Place<'_>) -> Verdict {
        enter_if(self.visit.scope(place))
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        if self.visit.entry(place) && self.growth.add(0) {
            self.growth.edit(&mut place.item, |item| self.edits.apply(item, &mut self.buffers));
        }
        Verdict::Keep
    }
}

#[cfg(test)]
mod tests;
