//! The lists, and what is remembered. What single agents give: `tests/golden/processing`.

use std::sync::Arc;

use super::rules::{AGENTS, Lists, SYSTEMS, rules};

#[test]
fn every_rule_is_a_pattern() {
    let all = rules(AGENTS).into_iter().chain(rules(SYSTEMS));
    let wrong = all.filter(|rule| rule.pattern().is_none()).count();
    assert_eq!(wrong, 0);
}

#[test]
fn a_rule_is_passed_over_only_where_it_cannot_match() {
    let agents = [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 Version/17.6",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "MyShop/3 CFNetwork/1410.0.3 Darwin/22.6.0",
    ];
    let mut matches = 0;
    for rule in rules(AGENTS).iter().chain(&rules(SYSTEMS)) {
        for agent in agents {
            let is_match = rule.pattern().is_some_and(|pattern| pattern.is_match(agent));
            assert!(!is_match || agent.contains(rule.needed), "{} in {agent}", rule.needed);
            matches += usize::from(is_match);
        }
    }
    assert!(matches > 10, "{matches}");
}

#[test]
fn what_comes_again_is_looked_up_once() {
    let lists = Lists::new();
    let found = lists.find("curl/8.5.0");
    assert_eq!((found.agent.name.as_str(), found.agent.version.as_str()), ("curl", "8.5.0"));
    assert!(Arc::ptr_eq(&found, &lists.find("curl/8.5.0")));
}

#[test]
fn a_very_long_one_is_not_remembered() {
    let (lists, long) = (Lists::new(), "x".repeat(2000));
    let found = lists.find(&long);
    assert_eq!(found.agent.name, "Other");
    assert!(!Arc::ptr_eq(&found, &lists.find(&long)));
}
