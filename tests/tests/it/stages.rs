//! What components say of themselves without being built is what they are when they are built.

use std::sync::Arc;

use common::{
    component::{Context, Extensions, Host, Kind, Offer, Registry, Stage, Tasks},
    config::yaml,
    net::Listeners,
    pipeline::{Books, Budget, Edge, Fatal},
    settings::Node,
    signal::Signal,
    storage::OpenStores,
    telemetry::{BuildInfo, Metrics, Telemetry},
};
use tests::reference::{self, Documented};
use tokio::sync::watch;

fn registry() -> Registry {
    let shared = common::registry();
    logs_collector::register(metrics_collector::register(traces_collector::register(shared)))
}

fn context(one: &Documented) -> Context {
    let host = Host {
        telemetry: Telemetry { metrics: Metrics::default() },
        budget: Budget::new(u64::MAX),
        build_info: BuildInfo {
            command: "combined-collector".into(),
            description: "Combined Collector".into(),
            version: "0.0.0".into(),
        },
        default_host: "localhost".into(),
        readiness: watch::Sender::new(false),
        listeners: Listeners::default(),
        fatal: Fatal::default(),
        overview: watch::Sender::new(Arc::default()),
        open_stores: OpenStores::default(),
    };
    let signals = [Signal::Traces, Signal::Metrics, Signal::Logs];
    let registry = registry();
    let found = registry.find_processor(&one.name).map(|found| found.signals());
    let signal = signals.into_iter().find(|signal| found.is_some_and(|set| set.contains(*signal)));
    Context {
        id: one.name.parse().unwrap(),
        kind: one.kind,
        pipeline: signal.map(|signal| signal.name().parse().unwrap()),
        signal,
        books: Books::unread(),
        tasks: Tasks::default(),
        extensions: Extensions::default(),
        host,
    }
}

/// Its settings as each of its documented YAML blocks has them.
fn settings(one: &Documented) -> Vec<Node> {
    let parsed = |block: &String| yaml::parse(block, &"module doc".into()).unwrap();
    let blocks = one.yaml_blocks();
    blocks.iter().map(parsed).flat_map(|node| node.get(&one.name).cloned()).collect()
}

#[tokio::test]
async fn a_processor_is_stateless_if_it_answers_at_once_and_a_batch_if_it_does_not() {
    let registry = registry();
    let mut debts = Vec::new();
    for one in reference::components().iter().filter(|one| one.kind == Kind::Processor) {
        let factory = registry.find_processor(&one.name).unwrap();
        for settings in settings(one) {
            let stage = factory.build(&settings, context(one), Edge::new(Books::unread())).unwrap();
            let is_transform = matches!(stage, Stage::Transform(_));
            if is_transform != factory.is_stateless() {
                debts.push(format!("{}: IS_STATELESS must be {is_transform}", one.path));
            }
            if is_transform && factory.sending_batch(&settings).is_some() {
                debts.push(format!("{}: what merges cannot answer at once", one.path));
            }
        }
    }
    assert!(debts.is_empty(), "{}", debts.join("\n"));
}

#[tokio::test]
async fn an_extension_offers_what_it_says() {
    let registry = registry();
    let mut debts = Vec::new();
    for one in reference::components().iter().filter(|one| one.kind == Kind::Extension) {
        let factory = registry.find_extension(&one.name).unwrap();
        for settings in settings(one) {
            let built = factory.build(&settings, context(one)).unwrap();
            if built.storage.is_some() != factory.offers().contains(&Offer::Storage) {
                debts.push(format!("{}: OFFERS and storage() disagree", one.path));
            }
        }
    }
    assert!(debts.is_empty(), "{}", debts.join("\n"));
}
