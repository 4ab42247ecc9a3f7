//! How what comes out of a durable queue is merged: as the exporter says, or as the pipeline's `batch`
//! processor does, which runs here instead of before the queue.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use parking_lot::Mutex;

use crate::{
    component::{PipelineId, SendingBatch},
    delivery::{partitions::Rules, settings::QueueSettings},
    pipeline::{MetadataValues, Payload, Reason, Rejected},
};

/// The rules of one exporter, by where payloads come from.
pub(super) struct RuleBook {
    own: Option<Arc<Rules>>,
    moved: BTreeMap<String, Moved>,
}

struct Moved {
    rules: Arc<Rules>,
    cardinality_limit: usize,
    seen: Mutex<HashSet<MetadataValues>>,
}

impl RuleBook {
    pub(super) fn new(
        settings: &QueueSettings,
        batches: &BTreeMap<PipelineId, SendingBatch>,
    ) -> Self {
        let own = settings.batch.get();
        let own = own.map(|batch| Arc::new(Rules::new(batch, settings.batch_sizer(batch))));
        let moved = batches.iter().map(|(pipeline, batch)| {
            let moved = Moved {
                rules: Arc::new(Rules::moved(batch)),
                cardinality_limit: batch.metadata_cardinality_limit,
                seen: Mutex::default(),
            };
            (pipeline.to_string(), moved)
        });
        Self { own, moved: moved.collect() }
    }

    /// The rules for what came from a pipeline; none if it is sent as it is.
    pub(super) fn of(&self, origin: Option<&str>) -> Option<&Arc<Rules>> {
        self.own.as_ref().or_else(|| Some(&self.moved.get(origin?)?.rules))
    }

    /// Leaves of a payload's metadata what its batch will know, and keeps the number of combinations
    /// within the limit.
    pub(super) fn prepare(&self, origin: &str, payload: Payload) -> Result<Payload, Rejected> {
        let Some(rules) = self.of(Some(origin)) else {
            return Ok(payload);
        };
        let values = rules.keys.values_of(payload.context());
        let context = rules.keys.context_of(&values);
        if self.own.is_none()
            && let Some(moved) = self.moved.get(origin)
        {
            moved.admit(values)?;
        }
        Ok(payload.with_context(context))
    }
}

impl Moved {
    fn admit(&self, values: MetadataValues) -> Result<(), Rejected> {
        if self.cardinality_limit == 0 || self.rules.keys.is_empty() {
            return Ok(());
        }
        let mut seen = self.seen.lock();
        if seen.contains(&values) {
            return Ok(());
        }
        if seen.len() >= self.cardinality_limit {
            let message = "too many batcher metadata-value combinations";
            return Err(Rejected::new(Reason::Refused, message));
        }
        seen.insert(values);
        Ok(())
    }
}
