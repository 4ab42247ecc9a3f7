//! What components say of themselves without being built is what they are when they are built.

use common::{
    component::{Context, Kind, Offer, Stage},
    config::yaml,
    pipeline::{Books, Edge},
    settings::Node,
    signal::Signal,
};
use tests::{
    product::{self, registry},
    reference::{self, Documented},
};

fn context(one: &Documented) -> Context {
    let signals = [Signal::Traces, Signal::Metrics, Signal::Logs];
    let registry = registry();
    let found = registry.find_processor(&one.name).map(|found| found.signals());
    let signal = signals.into_iter().find(|signal| found.is_some_and(|set| set.contains(*signal)));
    product::context(one.kind, &one.name, signal)
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
