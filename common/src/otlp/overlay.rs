//! One rewrite of a whole request, however many edits.
//!
//! A [`Visitor`] is led through resources, scopes, metrics and items. At each [`Place`] it reads and
//! edits drafts of the item and of all its parents; what it wrote earlier is what it reads later.
//! Parents that are edited are set right after all that is in them, since a span may set its resource's
//! attributes. What is not edited is copied as ranges; chunks without an edit are shared.

mod children;
mod output;
mod partition;
mod place;
#[cfg(test)]
mod tests;
mod walk;

use bytes::Bytes;
use smallvec::SmallVec;

pub use partition::{Grain, Partition, extract, partition};
pub use place::{Parent, Place};

use crate::signal::Signal;

/// What becomes of a resource, scope, metric or item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It stays, and what is inside is visited. The same as `Keep` for an item.
    Enter,
    /// It stays with all that is inside.
    Keep,
    /// It goes with all that is inside.
    Drop,
}

/// What visits a request. A parent comes before what is inside it.
pub trait Visitor {
    /// At a resource.
    fn resource(&mut self, _place: &mut Place<'_>) -> Verdict {
        Verdict::Enter
    }

    /// At a scope.
    fn scope(&mut self, _place: &mut Place<'_>) -> Verdict {
        Verdict::Enter
    }

    /// At a metric, whose draft may be changed into another metric altogether.
    fn metric(&mut self, _place: &mut Place<'_>) -> Verdict {
        Verdict::Enter
    }

    /// At a span, log record or data point.
    fn item(&mut self, _place: &mut Place<'_>) -> Verdict {
        Verdict::Keep
    }
}

/// A request after a visit.
#[derive(Clone, Debug, Default)]
pub struct Rewritten {
    /// The encoded requests; none if nothing is left.
    pub chunks: SmallVec<[Bytes; 1]>,
    /// Items that are gone, among them such as were added before.
    pub removed: usize,
    /// Items that were not in the request.
    pub added: usize,
}

impl Rewritten {
    /// How many items there are now, of so many before.
    #[must_use]
    pub const fn items(&self, before: usize) -> usize {
        // What was added may have been removed again.
        (before + self.added).saturating_sub(self.removed)
    }
}

/// Leads a visitor through a request and makes its edits.
///
/// Parents that lose all that is in them go too; those that came empty stay.
pub fn rewrite(signal: Signal, chunks: &[Bytes], visitor: &mut impl Visitor) -> Rewritten {
    let mut walk = walk::Walk::new(signal, visitor);
    let mut after = SmallVec::with_capacity(chunks.len());
    for chunk in chunks {
        match walk.chunk(chunk) {
            None => after.push(chunk.clone()),
            Some(changed) if changed.is_empty() => {}
            Some(changed) => after.push(changed.into()),
        }
    }
    Rewritten { chunks: after, removed: walk.removed, added: walk.added() }
}
