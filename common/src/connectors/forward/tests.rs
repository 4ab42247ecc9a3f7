use bytes::Bytes;

use super::{ForwardConnector, ForwardConnectorConfig};
use crate::{
    component::{Connector, ConnectorOutputs, Kind},
    pipeline::{Accepted, Books, Charge, Payload, Reason},
    signal::Signal,
    testing::{RecordingSink, ScriptedConsumer, context},
};

fn payload() -> Payload {
    Payload::new(Signal::Traces, Bytes::from_static(b"x"), 3, Charge::NONE)
}

fn build(edges: Vec<crate::pipeline::Edge>) -> std::sync::Arc<dyn crate::component::Holder> {
    let pipelines = edges
        .into_iter()
        .zip(0..)
        .map(|(edge, index)| (format!("traces/{index}").parse().unwrap(), edge));
    let outputs = ConnectorOutputs { pipelines: pipelines.collect() };
    let context = context(Kind::Connector, "forward", Signal::Traces);
    ForwardConnector::build(ForwardConnectorConfig::default(), context, outputs).unwrap()
}

#[tokio::test]
async fn sends_to_every_pipeline() {
    let (one, other) = (RecordingSink::default(), RecordingSink::default());
    let books = Books::unread();
    let forward = build(vec![one.edge(&books), other.edge(&books)]);
    assert_eq!(forward.consume(payload()).await, Ok(Accepted::FULLY));
    assert_eq!((one.items(), other.items()), (3, 3));
}

#[tokio::test]
async fn hands_back_what_its_only_pipeline_rejects() {
    let next = ScriptedConsumer::default().then_reject(Reason::Overloaded);
    let forward = build(vec![next.edge(&Books::unread())]);
    assert_eq!(forward.consume(payload()).await.unwrap_err().reason, Reason::Overloaded);
}

#[test]
fn says_that_it_feeds_nothing() {
    let context = context(Kind::Connector, "forward", Signal::Traces);
    let built = ForwardConnector::build(
        ForwardConnectorConfig::default(),
        context,
        ConnectorOutputs::default(),
    );
    let error = built.err().unwrap();
    assert_eq!(error.to_string(), "forward feeds no pipeline, name it as a receiver");
}
