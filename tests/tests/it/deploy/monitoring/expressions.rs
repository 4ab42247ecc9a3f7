//! Which metrics a PromQL expression names.

use std::collections::BTreeSet;

const KEYWORDS: [&str; 10] =
    ["and", "or", "unless", "bool", "offset", "inf", "nan", "group_left", "group_right", "atan2"];
/// What a list of labels in parentheses follows.
const BEFORE_LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// The names of metrics in an expression.
pub(super) fn metric_names(expression: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '{' => after(rest, '{', '}'),
            '[' => after(rest, '[', ']'),
            '"' => after_string(rest),
            '$' => word(&rest[1..]).1,
            '0'..='9' => number(rest),
            c if is_start(c) => {
                let (name, tail) = word(rest);
                let next = tail.trim_start();
                if BEFORE_LABELS.contains(&name) && next.starts_with('(') {
                    after(next, '(', ')')
                } else {
                    let is_function = next.starts_with('(') || BEFORE_LABELS.contains(&name);
                    // `sum by (x) (y)` has its labels before what it sums up.
                    let is_aggregation = BEFORE_LABELS.contains(&word(next).0);
                    let is_metric = !is_function && !KEYWORDS.contains(&name);
                    if is_metric && !(is_aggregation && is_aggregator(name)) {
                        names.insert(name.to_owned());
                    }
                    tail
                }
            }
            c => &rest[c.len_utf8()..],
        };
    }
    names
}

fn is_aggregator(name: &str) -> bool {
    ["sum", "max", "min", "avg", "count", "topk", "bottomk"].contains(&name)
}

fn is_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == ':'
}

fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !is_start(c) && !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Behind a number or a duration such as `1e3`, `0.5`, `5m`.
fn number(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.')
}

/// Behind the bracket that closes the first one; brackets in strings do not count.
fn after(text: &str, open: char, close: char) -> &str {
    let (mut rest, mut depth) = (text, 0);
    while let Some(c) = rest.chars().next() {
        rest = if c == '"' { after_string(rest) } else { &rest[c.len_utf8()..] };
        depth += i32::from(c == open) - i32::from(c == close);
        if depth == 0 {
            break;
        }
    }
    rest
}

fn after_string(text: &str) -> &str {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return &text[at + 1..],
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    ""
}

fn check(expression: &str, names: &[&str]) {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(metric_names(expression), names, "{expression}");
}

#[test]
fn functions_labels_durations_and_keywords_are_no_metrics() {
    check("sum by (job, le) (rate(x_total{a=\"b) c\", d=~\"$v\"}[5m]))", &["x_total"]);
    check("sum(x) without (job) / on (pod) group_left () max by (pod) (y)", &["x", "y"]);
    check(
        "(x unless x offset 5m) / 300 and on (job) z:a:rate5m or 1e3 > bool q",
        &["q", "x", "z:a:rate5m"],
    );
    check("label_replace(x / (y > 0), \"signal\", \"$1\", \"data_type\", \"(.+)\")", &["x", "y"]);
    check("a * on (job) group_left (version) b", &["a", "b"]);
    check("histogram_quantile(0.99, sum by (le) (h_bucket)) @ $__interval", &["h_bucket"]);
    check("absent(up{job=~\".*\"}) or vector(0)", &["up"]);
}
