//! What is sent as one: items of one record, or of several that were merged.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::time::Instant;

use crate::{
    delivery::partitions::Part,
    pipeline::{Payload, RequestContext, Waits},
    storage::Claim,
};

/// A record that was taken out of the log for sending.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) claim: Arc<Claim>,
    /// Items that are not yet dealt with.
    left: AtomicU64,
}

impl Record {
    pub(super) fn new(claim: Arc<Claim>) -> Self {
        let left = AtomicU64::new(u64::from(claim.items()));
        Self { claim, left }
    }

    /// Notes that items were dealt with; says whether they were the last.
    pub(super) fn settle(&self, items: u64) -> bool {
        self.left.fetch_sub(items, Ordering::AcqRel) == items
    }
}

/// Items on their way, without their bytes: those are read again for each try.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) parts: VecDeque<Part<Arc<Record>>>,
    pub(super) context: RequestContext,
    /// How large it was when it was made.
    pub(super) bytes: usize,
    /// The waits between its tries, once there was one.
    pub(super) waits: Option<Waits>,
    pub(super) first_tried: Option<Instant>,
}

impl Parcel {
    pub(super) fn new(parts: Vec<Part<Arc<Record>>>, payload: &Payload) -> Self {
        let context = payload.context().clone();
        Self { parts: parts.into(), context, bytes: payload.size(), waits: None, first_tried: None }
    }

    pub(super) fn items(&self) -> u64 {
        self.parts.iter().map(|part| part.items).sum()
    }
}
