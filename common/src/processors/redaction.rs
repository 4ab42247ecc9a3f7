//! Removes attributes that are not allowed, and masks values that may not be seen.
//!
//! An attribute stays only if its key is in `allowed_keys`, unless `allow_all_keys` is set; what stays is
//! masked where a pattern of `blocked_values` matches, or whole if its key matches one of
//! `blocked_key_patterns`. `ignored_keys` and `ignored_key_patterns` come before all, and a value that
//! matches one of `allowed_values` is never masked.
//!
//! ```yaml
//! redaction:
//!   allowed_keys: [http.request.method, url.path, note]
//!   ignored_keys: [service.name]
//!   blocked_key_patterns: ['(?i)token', password$]
//!   blocked_values: ['4[0-9]{12}(?:[0-9]{3})?', '[0-9]{3}-[0-9]{2}-[0-9]{4}']
//!   allowed_values: ['@example\.com$']
//!   redact_all_types: true
//!   hash_function: sha3
//!   summary: info
//! ```
//!
//! It works on the attributes of resources, scopes, spans, span events, log records and data points, and
//! on bodies of log records, there in maps and lists at every depth. Only texts are looked at, in
//! attributes, unless `redact_all_types` is set. A match becomes `****`, or its digest in hex if
//! `hash_function` is `md5`, `sha1`, `sha3`, `hmac-sha256` or `hmac-sha512`, the latter two with an
//! `hmac_key` of 32 or 64 bytes at least, such as `${env:REDACTION_KEY}`. With `summary: info` the
//! attributes `redaction.{redacted,masked,allowed,ignored}.count` tell what was done, and
//! `redaction.body.*` what was done to the body; `debug` adds the names of the keys. `url_sanitizer` and
//! `db_sanitizer` are not available.
//!
//! Accepts: when the next component accepts. Holds: nothing. Rejects: what would become several times
//! as large while memory is short.

mod body;
mod config;
mod mask;
mod rules;
mod summary;

use std::sync::Arc;

pub use self::config::{
    DatabaseSanitizerSettings, HashFunction, RedactionProcessorConfig, SanitizedSystem,
    UrlSanitizerSettings,
};
use self::{
    rules::Rules,
    summary::{ATTRIBUTE_NAMES, BODY_NAMES, Tally},
};
use crate::{
    component::{BuildError, Context, Lifecycle, Processor, Stage},
    otlp::{
        any_value::OwnedValue,
        edit::{AttributeEdit, Draft},
        field_numbers::{log_record, span, span_event},
        overlay::{self, Place, Verdict, Visitor},
    },
    pipeline::{Edge, Growth, Payload, Rejected, Transform},
    settings::PatternError,
    signal::{Signal, SignalSet},
};

/// The `redaction` processor.
pub struct RedactionProcessor {
    rules: Rules,
}

impl Processor for RedactionProcessor {
    const NAME: &'static str = "redaction";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = RedactionProcessorConfig;
    const IS_STATELESS: bool = true;

    fn build(config: Self::Config, _context: Context, _next: Edge) -> Result<Stage, BuildError> {
        let processor = Self::new(config)
            .map_err(|error| BuildError::with_source("a pattern cannot be used", error))?;
        Ok(Stage::Transform(Arc::new(processor)))
    }
}

impl RedactionProcessor {
    fn new(config: RedactionProcessorConfig) -> Result<Self, PatternError> {
        Ok(Self { rules: Rules::new(config)? })
    }
}

impl Lifecycle for RedactionProcessor {}

impl Transform for RedactionProcessor {
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected> {
        let tally = Tally::new(self.rules.summary);
        let mut editor = Editor { rules: &self.rules, tally, growth: Growth::of(&payload) };
        let after = overlay::rewrite(payload.signal(), payload.chunks(), &mut editor);
        let items = payload.items();
        editor.growth.settle(payload, after.chunks, items)
    }
}

struct Editor<'a> {
    rules: &'a Rules,
    tally: Tally,
    growth: Growth,
}

impl Editor<'_> {
    fn attributes(&mut self, draft: &mut Draft<'_>) {
        let Self { rules, tally, growth } = self;
        draft.edit_attributes(|key, value| {
            if rules.ignores(key) {
                tally.ignored += 1;
                return AttributeEdit::Keep;
            }
            if !rules.allows_key(key) {
                tally.redacted.note(key, growth);
                return AttributeEdit::Remove;
            }
            let text = rules.text_of(value);
            if rules.allows_value(&text) {
                tally.allowed.note(key, growth);
                return AttributeEdit::Keep;
            }
            let masked = if rules.masks_key(key) {
                Some(rules.masked_whole(&text, growth))
            } else {
                rules.masked(&text, growth)
            };
            match masked {
                None => AttributeEdit::Keep,
                Some(masked) => {
                    tally.masked.note(key, growth);
                    AttributeEdit::Value(OwnedValue::Str(masked))
                }
            }
        });
        tally.settle(draft, &ATTRIBUTE_NAMES, growth);
    }

    fn body(&mut self, place: &mut Place<'_>) {
        let Self { rules, tally, growth } = self;
        let after = body::redacted(place.log_record().body(), rules, tally, growth);
        if let Some(after) = after {
            place.item.set_value(log_record::BODY, &after);
        }
        tally.settle(&mut place.item, &BODY_NAMES, growth);
    }

    /// What is refused need not be edited any further.
    fn has_room(&mut self) -> bool {
        self.growth.add(0)
    }
}

impl Visitor for Editor<'_> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        if !self.has_room() {
            return Verdict::Keep;
        }
        self.attributes(&mut place.resource.message);
        Verdict::Enter
    }

    fn scope(&mut self, place: &mut Place<'_>) -> Verdict {
        self.attributes(&mut place.scope.message);
        Verdict::Enter
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        if !self.has_room() {
            return Verdict::Keep;
        }
        self.attributes(&mut place.item);
        match place.signal() {
            Signal::Traces => {
                place.item.edit_messages(span::EVENTS, span_event::ATTRIBUTES, |event| {
                    self.attributes(event)
                })
            }
            Signal::Logs => self.body(place),
            Signal::Metrics => {}
        }
        Verdict::Keep
    }
}

#[cfg(test)]
mod tests;
