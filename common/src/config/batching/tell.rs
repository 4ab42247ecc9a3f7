//! Where batches run, in words.

use crate::{
    component::{ComponentId, Kind},
    config::{Batching, Config},
    settings::{Finding, Position},
};

impl Batching {
    /// One line for each batch that does not run where its pipeline has it, and what follows from that.
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        let moved = self.moved.iter().map(|(pipeline, moved)| {
            let mut line = format!(
                "pipeline \"{pipeline}\": {} runs after the durable queue of {}",
                words(&moved.processors),
                quoted("exporter", &moved.exporters)
            );
            if !moved.others.is_empty() {
                line.push_str(&format!(", and before {}", quoted("", &moved.others)));
            }
            if let [.., last] = &*moved.processors
                && moved.processors.len() > 1
            {
                line.push_str(&format!(", with the settings of {last}"));
            }
            line
        });
        moved.chain(self.queue_lines()).collect()
    }

    /// The same, and a line for each batch that should have moved but cannot.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let staying = self.staying.iter().map(|staying| {
            format!(
                "pipeline \"{}\": {} runs before the durable queue of {}, because {} lies in between",
                staying.pipeline,
                staying.processor,
                quoted("exporter", &staying.exporters),
                named(&staying.between)
            )
        });
        self.changes().into_iter().chain(staying).collect()
    }

    fn queue_lines(&self) -> impl Iterator<Item = String> {
        self.queues.iter().flat_map(|queue| {
            let (exporter, signal) = (&queue.exporter, queue.signal);
            let size = (queue.requests != queue.items).then(|| {
                format!(
                    "exporter \"{exporter}\" for {signal}: the queue_size of {} requests is {} items, since \
                     its queue holds what is not batched yet",
                    queue.requests, queue.items
                )
            });
            let own = queue.has_own_batch.then(|| {
                format!("exporter \"{exporter}\" for {signal}: its own sending_queue::batch applies")
            });
            size.into_iter().chain(own)
        })
    }

    /// What is lost where a batch cannot move.
    #[must_use]
    pub fn warnings(&self, config: &Config) -> Vec<Finding> {
        let warn = |staying: &super::StayingBatch| {
            let pipeline = config.service.pipelines.get(&staying.pipeline);
            let reference = pipeline.and_then(|pipeline| {
                pipeline.processors.iter().find(|found| found.id == staying.processor)
            });
            let position: &Position =
                reference.map_or(&config.position, |reference| &reference.position);
            let message = format!(
                "processor \"{}\" cannot run after the durable queue of {}, because {} lies in between: it \
                 acknowledges data that is only in its memory, and a crash loses that data",
                staying.processor,
                quoted("exporter", &staying.exporters),
                named(&staying.between)
            );
            Finding::warning(position, format!("service::pipelines::{}", staying.pipeline), message)
        };
        self.staying.iter().map(warn).collect()
    }
}

fn words(ids: &[ComponentId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn quoted(kind: &str, ids: &[ComponentId]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    format!("{kind} {}", ids.join(", ")).trim_start().to_owned()
}

fn named(parts: &[(Kind, ComponentId)]) -> String {
    let parts: Vec<String> = parts.iter().map(|(kind, id)| format!("{kind} \"{id}\"")).collect();
    parts.join(", ")
}
