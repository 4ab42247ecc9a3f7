use super::*;
use crate::testing::settings::{lines, node};

#[test]
fn issues_find_their_place_in_the_settings() {
    let settings = node("endpoint: x\nsending_queue:\n  batch: {min: 5}\nlist: [a, b]\n").unwrap();
    let mut issues = Issues::default();
    issues.error("", "needs more");
    issues.within("sending_queue", |issues| issues.error("batch::max", "must be at least 5"));
    issues.warn("list::1", "is odd");
    assert_eq!(
        lines(&issues.into_findings(&settings, "exporters::x")),
        "test.yaml:1:1: exporters::x: needs more\n\
         test.yaml:3:10: exporters::x::sending_queue::batch::max: must be at least 5\n\
         test.yaml:4:11: exporters::x::list::1: is odd"
    );
}
