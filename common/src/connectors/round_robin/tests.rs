use std::sync::Arc;

use super::{RoundRobinConnector, RoundRobinConnectorConfig};
use crate::{
    component::{Connector, ConnectorOutputs, Holder, Kind},
    pipeline::{Consumer, Edge, Reason},
    testing::{Bench, RecordingSink, ScriptedConsumer, numbered_logs},
};

fn build(bench: &Bench, consumers: &[&ScriptedConsumer]) -> Arc<dyn Holder> {
    let context = bench.context(Kind::Connector, "round_robin");
    let pipelines = consumers.iter().zip(0..).map(|(consumer, index)| {
        (format!("logs/{index}").parse().unwrap(), consumer.edge(&context.books))
    });
    let outputs = ConnectorOutputs { pipelines: pipelines.collect() };
    RoundRobinConnector::build(RoundRobinConnectorConfig::default(), context, outputs).unwrap()
}

fn edge_into(bench: &Bench, connector: Arc<dyn Holder>) -> Edge {
    let consumer: Arc<dyn Consumer> = connector;
    bench.edge_into(consumer, "round_robin")
}

#[tokio::test]
async fn each_pipeline_takes_its_turn_and_the_second_is_the_first() {
    let consumers = [0; 3].map(|_| ScriptedConsumer::default());
    let bench = Bench::default();
    let edge = edge_into(&bench, build(&bench, &[&consumers[0], &consumers[1], &consumers[2]]));
    for items in [1, 2, 3, 4] {
        edge.send(numbered_logs(0..items)).await.unwrap();
    }
    let sizes = consumers.map(|consumer| RecordingSink::sizes(consumer.accepted()));
    assert_eq!(sizes, [vec![3], vec![1, 4], vec![2]]);
    let flow = bench.flow("round_robin");
    assert_eq!((flow.offered, flow.passed_on, flow.is_balanced()), (10, 10, true));
}

#[tokio::test]
async fn a_refusal_goes_back_to_the_client_and_the_turn_goes_on() {
    let healthy = ScriptedConsumer::default();
    let broken = ScriptedConsumer::default().then_reject(Reason::Overloaded);
    let bench = Bench::default();
    let edge = edge_into(&bench, build(&bench, &[&healthy, &broken]));
    let rejected = edge.send(numbered_logs(0..2)).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    edge.send(numbered_logs(0..2)).await.unwrap();
    assert_eq!(healthy.accepted().items(), 2);
    assert!(bench.flow("round_robin").is_balanced());
}

#[tokio::test]
async fn there_is_room_as_long_as_one_pipeline_has_some() {
    let (one, other) = (ScriptedConsumer::default(), ScriptedConsumer::default());
    let bench = Bench::default();
    let connector = build(&bench, &[&one, &other]);
    one.set_full(true);
    assert!(connector.has_room(1));
    other.set_full(true);
    assert!(!connector.has_room(1));
}

#[test]
fn says_that_it_feeds_nothing() {
    let context = Bench::default().context(Kind::Connector, "round_robin");
    let built = RoundRobinConnector::build(
        RoundRobinConnectorConfig::default(),
        context,
        ConnectorOutputs::default(),
    );
    let error = built.err().unwrap();
    assert_eq!(error.to_string(), "round_robin feeds no pipeline, name it as a receiver");
}
