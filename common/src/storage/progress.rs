use std::collections::BTreeMap;

use super::position::Position;

/// Which records are through with something: all before the watermark, and some spans above it.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    watermark: Position,
    /// By the sequence they start at; they neither overlap nor touch.
    spans: BTreeMap<u64, Span>,
    /// How much the spans hold together.
    above: Position,
}

/// A stretch of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub from: Position,
    pub to: Position,
}

impl Span {
    pub(super) const fn amount(self) -> Position {
        self.to.since(self.from)
    }
}

impl Progress {
    pub(super) fn new(watermark: Position) -> Self {
        Self { watermark, ..Self::default() }
    }

    /// Returns a copy with no more than so many spans, the lowest.
    pub(super) fn with_first_spans(&self, count: usize) -> Self {
        let mut copy = Self::new(self.watermark);
        for (start, span) in self.spans.iter().take(count) {
            copy.above = copy.above.plus(span.amount());
            copy.spans.insert(*start, *span);
        }
        copy
    }

    pub(super) const fn watermark(&self) -> Position {
        self.watermark
    }

    pub(super) fn spans(&self) -> impl Iterator<Item = Span> {
        self.spans.values().copied()
    }

    /// Returns how much before `end` is not through.
    pub(super) const fn missing_before(&self, end: Position) -> Position {
        end.since(self.watermark).since(self.above)
    }

    /// Adds a span and returns how much of it is new.
    pub(super) fn insert(&mut self, span: Span) -> Position {
        let span = Span { from: span.from.later_of(self.watermark), to: span.to };
        if span.to.sequence <= span.from.sequence {
            return Position::default();
        }
        let new = span.amount().since(self.covered(span));
        let mut merged = span;
        let last = span.to.sequence;
        while let Some((&start, &other)) = self.spans.range(..=last).next_back()
            && other.to.sequence >= span.from.sequence
        {
            self.spans.remove(&start);
            self.above = self.above.since(other.amount());
            merged.from = merged.from.earlier_of(other.from);
            merged.to = merged.to.later_of(other.to);
        }
        if merged.from.sequence <= self.watermark.sequence {
            self.watermark = merged.to;
        } else {
            self.above = self.above.plus(merged.amount());
            self.spans.insert(merged.from.sequence, merged);
        }
        new
    }

    /// Returns how much of a span is through.
    pub(super) fn covered(&self, span: Span) -> Position {
        let below = self.watermark.earlier_of(span.to).since(span.from);
        let first = self.spans.range(..=span.from.sequence).next_back();
        let first = first.map_or(span.from.sequence, |(start, _)| *start);
        let others = self.spans.range(first..span.to.sequence.max(first));
        others.fold(below, |sum, (_, other)| {
            let from = other.from.later_of(span.from);
            sum.plus(other.to.earlier_of(span.to).since(from))
        })
    }

    /// Returns the first position from there on that is not through.
    pub(super) fn first_missing(&self, at: Position) -> Position {
        let at = at.later_of(self.watermark);
        let span = self.spans.range(..=at.sequence).next_back();
        span.map_or(at, |(_, span)| at.later_of(span.to))
    }

    /// Returns where the next span begins.
    pub(super) fn next_span(&self, after: Position) -> Option<Position> {
        let next = self.spans.range(after.sequence.saturating_add(1)..).next();
        next.map(|(_, span)| span.from)
    }
}

#[cfg(test)]
mod tests;
