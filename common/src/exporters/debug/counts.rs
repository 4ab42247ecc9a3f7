//! What `basic` prints, counted without decoding.

use crate::{pipeline::Payload, signal::Signal, wire::Fields};

/// The counts of one payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) signal: Signal,
    pub(super) resources: usize,
    /// Metrics, for that signal only.
    pub(super) metrics: usize,
    pub(super) items: usize,
}

impl Counts {
    pub(super) fn of(signal: Signal, payload: &Payload) -> Self {
        let mut counts = Self { signal, resources: 0, metrics: 0, items: payload.items() };
        for chunk in payload.chunks() {
            for resource in children(chunk, 1) {
                counts.resources += 1;
                if signal == Signal::Metrics {
                    let scopes = children(resource, 2);
                    counts.metrics += scopes.map(|scope| children(scope, 2).count()).sum::<usize>();
                }
            }
        }
        counts
    }

    /// The record's message.
    pub(super) const fn title(&self) -> &'static str {
        match self.signal {
            Signal::Traces => "Traces",
            Signal::Metrics => "Metrics",
            Signal::Logs => "Logs",
        }
    }

    /// The record's fields.
    pub(super) fn json(&self) -> String {
        let Self { resources, metrics, items, .. } = self;
        match self.signal {
            Signal::Traces => format!("{{\"resource spans\": {resources}, \"spans\": {items}}}"),
            Signal::Metrics => format!(
                "{{\"resource metrics\": {resources}, \"metrics\": {metrics}, \"data points\": {items}}}"
            ),
            Signal::Logs => format!("{{\"resource logs\": {resources}, \"log records\": {items}}}"),
        }
    }
}

/// The messages in one field; a payload was validated, so nothing is behind a broken one.
fn children(message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    Fields::new(message)
        .map_while(Result::ok)
        .filter(move |field| field.number == number)
        .filter_map(|field| field.bytes())
}
