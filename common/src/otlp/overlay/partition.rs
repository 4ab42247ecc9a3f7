//! One request parted in two, by what is said of each of its resources, metrics or items.
//!
//! What goes to one side stands there under copies of its resource, scope and metric, in its order. A side
//! that gets everything shares the bytes. Parents that came empty go with both.

use bytes::Bytes;

use super::{Place, Rewritten, Verdict, Visitor, rewrite};
use crate::{otlp::envelope::Part, signal::Signal};

/// What goes to one side or the other as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Resources, with all that is in them.
    Resource,
    /// Metrics, with all their points. Requests of other signals have none.
    Metric,
    /// Spans, log records and data points.
    Item,
}

/// The two sides of a request.
#[derive(Clone, Debug, Default)]
pub struct Partition {
    /// What was chosen.
    pub chosen: Part,
    /// All else.
    pub rest: Part,
}

/// Parts a request of so many items. What the choice edits is edited among the chosen only.
pub fn partition(
    signal: Signal,
    chunks: &[Bytes],
    items: usize,
    grain: Grain,
    choose: impl FnMut(&mut Place<'_>) -> bool,
) -> Partition {
    let (chosen, choices) = choose_from(signal, chunks, items, grain, choose);
    let rest = if !choices.contains(&true) {
        Part { chunks: chunks.iter().cloned().collect(), items }
    } else if choices.contains(&false) {
        let mut replay = Replay { grain, choices: choices.into_iter() };
        part(rewrite(signal, chunks, &mut replay), items)
    } else {
        Part::default()
    };
    Partition { chosen, rest }
}

/// Takes a copy of what is chosen of a request of so many items.
pub fn extract(
    signal: Signal,
    chunks: &[Bytes],
    items: usize,
    grain: Grain,
    choose: impl FnMut(&mut Place<'_>) -> bool,
) -> Part {
    choose_from(signal, chunks, items, grain, choose).0
}

fn choose_from(
    signal: Signal,
    chunks: &[Bytes],
    items: usize,
    grain: Grain,
    choose: impl FnMut(&mut Place<'_>) -> bool,
) -> (Part, Vec<bool>) {
    let mut choice = Choice { grain, choose, choices: Vec::new() };
    let chosen = part(rewrite(signal, chunks, &mut choice), items);
    if choice.choices.contains(&true) {
        (chosen, choice.choices)
    } else {
        (Part::default(), choice.choices)
    }
}

fn part(rewritten: Rewritten, items: usize) -> Part {
    Part { items: rewritten.items(items), chunks: rewritten.chunks }
}

/// Asks, and keeps what was chosen.
struct Choice<F> {
    grain: Grain,
    choose: F,
    /// One for each that was asked about, in their order.
    choices: Vec<bool>,
}

impl<F: FnMut(&mut Place<'_>) -> bool> Choice<F> {
    fn at(&mut self, grain: Grain, place: &mut Place<'_>) -> Verdict {
        if grain != self.grain {
            return Verdict::Enter;
        }
        let is_chosen = (self.choose)(place);
        self.choices.push(is_chosen);
        if is_chosen { Verdict::Keep } else { Verdict::Drop }
    }
}

impl<F: FnMut(&mut Place<'_>) -> bool> Visitor for Choice<F> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        self.at(Grain::Resource, place)
    }

    fn metric(&mut self, place: &mut Place<'_>) -> Verdict {
        self.at(Grain::Metric, place)
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        self.at(Grain::Item, place)
    }
}

/// Keeps what was not chosen before.
struct Replay {
    grain: Grain,
    choices: std::vec::IntoIter<bool>,
}

impl Replay {
    fn at(&mut self, grain: Grain) -> Verdict {
        if grain != self.grain {
            return Verdict::Enter;
        }
        match self.choices.next() {
            Some(true) => Verdict::Drop,
            _ => Verdict::Keep,
        }
    }
}

impl Visitor for Replay {
    fn resource(&mut self, _: &mut Place<'_>) -> Verdict {
        self.at(Grain::Resource)
    }

    fn metric(&mut self, _: &mut Place<'_>) -> Verdict {
        self.at(Grain::Metric)
    }

    fn item(&mut self, _: &mut Place<'_>) -> Verdict {
        self.at(Grain::Item)
    }
}

#[cfg(test)]
mod tests;
