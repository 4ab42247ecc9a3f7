//! What becomes of a case.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use common::{
    component::{ConnectorOutputs, Holder, Kind, Stage},
    otlp::{envelope, json},
    pipeline::{self, Accepted, Books, Charge, Consumer, Edge, Payload, Rejected},
    settings::Severity,
    signal::Signal,
};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::Value;
use tests::product;
use tokio::time::Instant;

use super::case::Case;

const MAX_OUTPUT_BYTES: usize = 16 << 20;
const PATIENCE: Duration = Duration::from_secs(5);

/// What a component did with a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Its settings were not accepted.
    Refused(String),
    /// It did not take the request.
    Failed(String),
    /// What it sent, by pipeline (a processor's is called after its signal); empty if nothing was left.
    Sent(BTreeMap<String, Vec<(Signal, Bytes)>>),
}

impl Outcome {
    /// What the golden file says.
    pub(super) fn of_golden(golden: &Value, case: &Case) -> Self {
        let read = |pipeline: &str, sent: &Value| {
            let signal = pipeline.split('/').next().unwrap_or_default().parse().unwrap();
            let bytes = json::from_json(signal, sent.to_string().as_bytes(), MAX_OUTPUT_BYTES);
            (signal, bytes.unwrap().into())
        };
        if golden.get("refused").is_some() {
            return Self::Refused(String::new());
        }
        if golden.get("failed").is_some() {
            return Self::Failed(String::new());
        }
        let mut sent = BTreeMap::new();
        if let Some(one) = golden.get("sent") {
            let name = case.signal.name();
            sent.insert(name.to_owned(), vec![read(name, one)]);
        }
        for (pipeline, payloads) in
            golden.get("to").and_then(Value::as_object).into_iter().flatten()
        {
            let payloads = payloads.as_array().into_iter().flatten();
            let payloads = payloads.map(|one| read(pipeline, one)).collect();
            sent.insert(pipeline.clone(), payloads);
        }
        Self::Sent(sent)
    }
}

pub(super) fn is_registered(case: &Case) -> bool {
    product::registry().find(kind(case), &case.component).is_some()
}

fn kind(case: &Case) -> Kind {
    if case.pipelines.is_empty() { Kind::Processor } else { Kind::Connector }
}

/// What our component does with it.
pub(super) async fn of(case: &Case) -> Outcome {
    let registry = product::registry();
    let factory = registry.find(kind(case), &case.component).unwrap();
    let findings = factory.check(&case.settings, "").findings;
    if let Some(error) = findings.iter().find(|found| found.severity == Severity::Error) {
        return Outcome::Refused(error.to_string());
    }
    let walked = envelope::walk(case.signal, case.input.clone()).unwrap();
    let payload = Payload::new(case.signal, walked.request, walked.items, Charge::NONE);
    let payload = payload.with_context(case.context.clone());
    if case.pipelines.is_empty() {
        process(case, payload).await
    } else {
        connect(case, payload).await
    }
}

async fn process(case: &Case, payload: Payload) -> Outcome {
    let registry = product::registry();
    let factory = registry.find_processor(&case.component).unwrap();
    let context = product::context(Kind::Processor, &case.component, Some(case.signal));
    let (recorder, edge) = Recorder::behind_edge();
    match factory.build(&case.settings, context, edge) {
        Err(error) => Outcome::Refused(error.to_string()),
        Ok(Stage::Transform(transform)) => match transform.transform(payload) {
            Err(rejected) => Outcome::Failed(rejected.to_string()),
            Ok(payload) => {
                recorder.keep(payload);
                sent([(case.signal.name().to_owned(), recorder)])
            }
        },
        Ok(Stage::Consumer(consumer)) => match offer(&*consumer, payload).await {
            Err(rejected) => Outcome::Failed(rejected.to_string()),
            Ok(_) => sent([(case.signal.name().to_owned(), recorder)]),
        },
    }
}

async fn connect(case: &Case, payload: Payload) -> Outcome {
    let registry = product::registry();
    let factory = registry.find_connector(&case.component).unwrap();
    let context = product::context(Kind::Connector, &case.component, Some(case.signal));
    let mut recorders = Vec::new();
    let mut outputs = ConnectorOutputs::default();
    for pipeline in &case.pipelines {
        let (recorder, edge) = Recorder::behind_edge();
        outputs.pipelines.push((pipeline.parse().unwrap(), edge));
        recorders.push((pipeline.clone(), recorder));
    }
    match factory.build(&case.settings, context, outputs) {
        Err(error) => Outcome::Refused(error.to_string()),
        Ok(connector) => match offer(&*connector, payload).await {
            Err(rejected) => Outcome::Failed(rejected.to_string()),
            Ok(_) => sent(recorders),
        },
    }
}

async fn offer(stage: &dyn Holder, payload: Payload) -> Result<Accepted, Rejected> {
    stage.start().await.unwrap();
    let outcome = stage.consume(payload).await;
    stage.stop(Instant::now() + PATIENCE).await;
    outcome
}

fn sent(recorders: impl IntoIterator<Item = (String, Recorder)>) -> Outcome {
    let taken = recorders.into_iter().map(|(pipeline, recorder)| (pipeline, recorder.taken()));
    Outcome::Sent(taken.filter(|(_, payloads)| !payloads.is_empty()).collect())
}

/// The end of a pipeline: takes everything and keeps it.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<(Signal, Bytes)>>>);

impl Recorder {
    fn behind_edge() -> (Self, Edge) {
        let recorder = Self::default();
        let edge = Edge::new(Books::unread());
        edge.connect(Arc::new(recorder.clone()), Books::unread());
        (recorder, edge)
    }

    fn keep(&self, payload: Payload) {
        if !payload.is_empty() {
            self.0.lock().push((payload.signal(), payload.contiguous()));
        }
    }

    fn taken(&self) -> Vec<(Signal, Bytes)> {
        std::mem::take(&mut self.0.lock())
    }
}

impl Consumer for Recorder {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, pipeline::Outcome> {
        self.keep(payload);
        Box::pin(std::future::ready(Ok(Accepted::FULLY)))
    }
}
