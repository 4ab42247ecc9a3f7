use std::sync::Arc;

use super::{RoutingConnector, RoutingConnectorConfig};
use crate::{
    component::{BuildError, Connector, ConnectorOutputs, Holder, Kind},
    pipeline::{Consumer, Details, Edge, Payload, Reason, RequestContext},
    settings::{Issues, Settings},
    testing::{Bench, ScriptedConsumer, numbered_logs, numbers_of, settings},
};

const TENANTS: &str = r#"
    default_pipelines: [logs/a]
    table:
      - {context: request, condition: 'request["X-Tenant"] == "b"', pipelines: [logs/b]}
      - {context: request, condition: 'request["X-Tenant"] == "all"', pipelines: [logs/a, logs/b]}"#;

fn build(
    bench: &Bench,
    yaml: &str,
    consumers: &[(&str, &ScriptedConsumer)],
) -> Result<Arc<dyn Holder>, BuildError> {
    let context = bench.context(Kind::Connector, "routing");
    let pipelines = consumers.iter();
    let pipelines =
        pipelines.map(|(id, consumer)| (id.parse().unwrap(), consumer.edge(&context.books)));
    let outputs = ConnectorOutputs { pipelines: pipelines.collect() };
    let config: RoutingConnectorConfig = settings::read(yaml).unwrap();
    RoutingConnector::build(config, context, outputs)
}

struct Rig {
    bench: Bench,
    edge: Edge,
    a: ScriptedConsumer,
    b: ScriptedConsumer,
}

fn rig(yaml: &str) -> Rig {
    let (bench, a, b) =
        (Bench::default(), ScriptedConsumer::default(), ScriptedConsumer::default());
    let consumer: Arc<dyn Consumer> =
        build(&bench, yaml, &[("logs/a", &a), ("logs/b", &b)]).unwrap();
    let edge = bench.edge_into(consumer, "routing");
    Rig { bench, edge, a, b }
}

fn of_tenant(tenant: &str) -> Payload {
    let metadata = vec![("x-tenant".into(), tenant.into())];
    let context = RequestContext::new(Details { metadata, ..Details::default() });
    numbered_logs(0..3).with_context(context)
}

#[tokio::test]
async fn a_tenant_goes_to_its_own_pipeline_and_the_others_to_the_default() {
    let rig = rig(TENANTS);
    for tenant in ["b", "other", "all"] {
        rig.edge.send(of_tenant(tenant)).await.unwrap();
    }
    rig.edge.send(numbered_logs(0..1)).await.unwrap();
    assert_eq!(rig.a.accepted().sizes(), [3, 3, 1]);
    assert_eq!(rig.b.accepted().sizes(), [3, 3]);
    let flow = rig.bench.flow("routing");
    assert_eq!((flow.offered, flow.created, flow.passed_on), (10, 3, 13));
    assert!(flow.is_balanced());
}

#[tokio::test]
async fn a_blocked_tenant_leaves_the_others_alone() {
    let rig = rig(TENANTS);
    rig.b.set_full(true);
    rig.b.reject_all(Some(Reason::Overloaded));
    assert!(rig.edge.has_room(1));
    assert!(rig.edge.send(of_tenant("b")).await.is_err());
    rig.edge.send(of_tenant("a")).await.unwrap();
    // What goes to both is refused before one of them takes it.
    assert_eq!(rig.edge.send(of_tenant("all")).await.unwrap_err().reason, Reason::Overloaded);
    assert_eq!((rig.a.offered().len(), rig.b.offered().len()), (1, 1));
    rig.a.set_full(true);
    assert!(!rig.edge.has_room(1));
    assert!(rig.bench.flow("routing").is_balanced());
}

#[tokio::test]
async fn a_refusal_of_one_pipeline_leaves_all_with_the_client() {
    let rig = rig(TENANTS);
    rig.b.reject_all(Some(Reason::Unavailable));
    let rejected = rig.edge.send(of_tenant("all")).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Unavailable);
    let flow = rig.bench.flow("routing");
    assert_eq!((flow.refused, flow.created, flow.passed_on), (3, 3, 3));
    assert!(flow.is_balanced());
}

#[tokio::test]
async fn what_no_route_takes_is_dropped_and_counted() {
    let rig = rig(&TENANTS.replace("default_pipelines: [logs/a]", ""));
    rig.edge.send(of_tenant("other")).await.unwrap();
    rig.edge.send(of_tenant("b")).await.unwrap();
    let flow = rig.bench.flow("routing");
    assert_eq!((flow.offered, flow.dropped, flow.passed_on), (6, 3, 3));
    assert!(flow.is_balanced());
}

#[test]
fn a_pipeline_that_is_not_fed_is_an_error() {
    let one = ScriptedConsumer::default();
    let error = build(&Bench::default(), TENANTS, &[("logs/a", &one)]).err().unwrap();
    let expected = "table::0: pipeline \"logs/b\" is not fed by this connector";
    assert!(error.to_string().starts_with(expected), "{error}");
}

fn issues(yaml: &str) -> Vec<String> {
    let mut issues = Issues::default();
    settings::read::<RoutingConnectorConfig>(yaml).unwrap().validate(&mut issues);
    let texts = issues.list.into_iter().map(|issue| {
        let severity = if issue.is_warning { "warning: " } else { "" };
        format!("{severity}{}: {}", issue.path, issue.message)
    });
    texts.collect()
}

#[test]
fn settings_are_checked() {
    assert_eq!(issues("{}"), ["table: must have at least one route"]);
    assert_eq!(
        issues("table: [{}, {condition: a, statement: b, pipelines: [logs]}]"),
        [
            "table::0::pipelines: must name at least one pipeline",
            "table::0: must have a `condition` or a `statement`",
            "table::1: must have either a `condition` or a `statement`, not both",
        ]
    );
    let request = "{context: request, condition: 'request.tenant', pipelines: [logs]}";
    let found = issues(&format!("table: [{request}]"));
    assert!(found[0].starts_with("table::0::condition: must be `request[\"key\"] == \"value\"`"));
    let statement = "{context: request, statement: route(), pipelines: [logs]}";
    assert_eq!(
        issues(&format!("table: [{statement}]")),
        ["table::0::statement: the context `request` takes a `condition`"]
    );
}

#[test]
fn what_stands_above_already_is_told_however_it_is_written() {
    let yaml = "table:
        - {condition: 'log.severity_number == 1', pipelines: [logs]}
        - {context: log, condition: ' log.severity_number == 1 ', pipelines: [logs]}
        - {statement: 'route() where log.severity_number == 1', pipelines: [logs]}
        - {condition: 'log.severity_number == 2', pipelines: [logs]}";
    let expected = "the same stands above already; this route is ignored";
    let warning = |index| format!("warning: table::{index}: {expected}");
    assert_eq!(issues(yaml), [warning(1), warning(2)]);
}

#[test]
fn what_another_signal_has_is_an_error() {
    let one = ScriptedConsumer::default();
    let yaml = "table: [{condition: span.name == \"x\", pipelines: [logs/a]}]";
    let error = build(&Bench::default(), yaml, &[("logs/a", &one)]).err().unwrap();
    assert_eq!(error.to_string(), "table::0: there is no span in logs");
}

#[tokio::test]
async fn parts_go_where_they_belong_and_the_books_are_balanced() {
    let rig = rig("
        default_pipelines: [logs/b]
        table: [{condition: 'log.time_unix_nano < 3', pipelines: [logs/a]}]");
    rig.edge.send(numbered_logs(0..5)).await.unwrap();
    let numbers = |consumer: &ScriptedConsumer| -> Vec<u64> {
        consumer.accepted().payloads().iter().flat_map(numbers_of).collect()
    };
    assert_eq!((numbers(&rig.a), numbers(&rig.b)), (vec![0, 1, 2], vec![3, 4]));
    let flow = rig.bench.flow("routing");
    assert_eq!((flow.offered, flow.created, flow.passed_on), (5, 0, 5));
}
