use super::*;
use crate::{
    connectors::routing::settings::{RouteContext, RouteSettings},
    pipeline::{Charge, Details, RequestContext},
    testing::otlp_text,
};

fn rule(context: Option<RouteContext>, condition: &str) -> Rule {
    let condition = condition.to_owned();
    Rule::new(&RouteSettings { context, condition, ..RouteSettings::default() }).unwrap()
}

fn named(name: &str) -> Rule {
    rule(None, &format!("IsMatch(span.name, \"^{name}\")"))
}

fn of_tenant(tenant: &str) -> Rule {
    rule(Some(RouteContext::Request), &format!("request[\"tenant\"] == \"{tenant}\""))
}

fn route(rule: Rule, action: Action, branches: &[usize]) -> Route {
    Route { rule, action, branches: branches.to_vec() }
}

fn table(routes: Vec<Route>, default: &[usize]) -> Table {
    let (error_mode, errors) = (ErrorMode::Ignore, Seldom::default());
    Table { routes, default: default.to_vec(), error_mode, errors }
}

const TWO: &str = "resource a=1\n  scope lib\n    span a1\n    span b1\n    span c1\nresource b=1\n  scope lib\n    span a2\n    span c2\n";

fn payload() -> Payload {
    let request = otlp_text::encode(Signal::Traces, TWO).unwrap();
    let metadata = vec![("tenant".into(), "acme".into())];
    Payload::new(Signal::Traces, request, 5, Charge::NONE)
        .with_context(RequestContext::new(Details { metadata, ..Details::default() }))
}

/// Who gets which spans, and how many go nowhere.
fn split(table: &Table) -> (Vec<(Vec<usize>, String)>, usize) {
    let split = table.split(payload()).unwrap();
    let names = |payload: &Payload| {
        let text = otlp_text::text(Signal::Traces, payload.chunks()).unwrap();
        assert_eq!(text.matches("span ").count(), payload.items());
        let names = text.lines().filter_map(|line| line.trim().strip_prefix("span "));
        names.collect::<Vec<_>>().join(" ")
    };
    let shares = split.shares.iter();
    let shares = shares.map(|share| (share.branches.to_vec(), names(&share.payload)));
    (shares.collect(), split.unrouted)
}

fn share(branches: &[usize], names: &str) -> (Vec<usize>, String) {
    (branches.to_vec(), names.to_owned())
}

#[test]
fn what_matches_a_route_is_moved_there_and_the_rest_goes_on() {
    let routes = vec![
        route(named("a"), Action::Move, &[0, 2]),
        route(named(""), Action::Move, &[1]),
        route(named("b"), Action::Move, &[3]),
    ];
    let expected = vec![share(&[0, 2], "a1 a2"), share(&[1], "b1 c1 c2")];
    assert_eq!(split(&table(routes, &[4])), (expected, 0));
}

#[test]
fn what_matches_nothing_goes_to_the_default_or_nowhere() {
    let routes = || vec![route(named("a"), Action::Move, &[0])];
    let (taken, left) = (share(&[0], "a1 a2"), share(&[1], "b1 c1 c2"));
    assert_eq!(split(&table(routes(), &[1])), (vec![taken.clone(), left], 0));
    assert_eq!(split(&table(routes(), &[])), (vec![taken], 3));
    assert_eq!(split(&table(vec![route(named("x"), Action::Move, &[0])], &[])), (vec![], 5));
}

#[test]
fn what_is_copied_is_left_for_later_routes() {
    let routes = |last: &[usize]| {
        let routes =
            vec![route(named("a"), Action::Copy, &[0]), route(named("a1"), Action::Move, &[1])];
        split(&table(routes, last))
    };
    let copies = vec![share(&[0], "a1 a2"), share(&[1], "a1")];
    let all = [copies.clone(), vec![share(&[2], "b1 c1 a2 c2")]].concat();
    assert_eq!(routes(&[2]), (all, 0));
    // Of four that are left, as many as were copied count as taken.
    assert_eq!(routes(&[]), (copies, 2));
}

#[test]
fn resources_go_as_a_whole() {
    let rule = rule(None, "resource.attributes[\"b\"] != nil");
    let table = table(vec![route(rule, Action::Move, &[0])], &[1]);
    assert_eq!(split(&table), (vec![share(&[0], "a2 c2"), share(&[1], "a1 b1 c1")], 0));
}

#[test]
fn a_request_goes_as_a_whole_and_shares_its_bytes() {
    let routes = vec![
        route(of_tenant("other"), Action::Move, &[0]),
        route(of_tenant("acme"), Action::Copy, &[1]),
        route(of_tenant("acme"), Action::Move, &[2]),
        route(named("a"), Action::Move, &[3]),
    ];
    let table = table(routes, &[4]);
    let all = "a1 b1 c1 a2 c2";
    assert_eq!(split(&table), (vec![share(&[1], all), share(&[2], all)], 0));
    let payload = payload();
    let bytes = payload.chunks()[0].as_ptr();
    for share in table.split(payload).unwrap().shares {
        assert_eq!(share.payload.chunks()[0].as_ptr(), bytes);
    }
}

#[test]
fn what_cannot_be_evaluated_does_not_match_or_refuses_the_whole() {
    let failing = rule(None, "span.name + 1 == 2");
    let mut table = table(vec![route(failing, Action::Move, &[0])], &[1]);
    for mode in [ErrorMode::Ignore, ErrorMode::Silent] {
        table.error_mode = mode;
        assert_eq!(split(&table), (vec![share(&[1], "a1 b1 c1 a2 c2")], 0));
    }
    table.error_mode = ErrorMode::Propagate;
    let rejected = table.split(payload()).err().unwrap();
    assert!(rejected.message.starts_with("\"span.name + 1 == 2\" failed: "), "{rejected}");
}
