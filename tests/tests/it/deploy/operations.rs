//! `docs/operations.md` quotes what collectors really say.

use tests::source_tree::{self, SourceFile};

/// The words that the page tells people to look for, in the log or in answers.
const WORDS: [&str; 18] = [
    "Config updated, applying what changed",
    "Config applied.",
    "Config refused, the old one goes on",
    "Memory usage is above soft limit. Refusing data.",
    "Exporting failed. Rejecting data.",
    "Exporting failed. Will retry the request after interval.",
    "Exporting failed. Dropping data.",
    "data refused due to high memory usage",
    "sending queue is full",
    "a TLS handshake failed",
    "interrupted due to shutdown",
    "Starting shutdown...",
    "Health Check state change",
    "not run by this collector",
    "Starting GRPC server",
    "cannot listen on",
    "invalid configuration:",
    "are not served by this",
];

fn page() -> String {
    SourceFile::read("docs/operations.md").unwrap().text
}

fn product() -> Vec<SourceFile> {
    source_tree::files("rs").into_iter().filter(|file| !file.is_test()).collect()
}

fn is_said(product: &[SourceFile], words: &str) -> bool {
    product.iter().any(|file| file.text.contains(words))
}

#[test]
fn its_log_lines_and_answers_are_in_the_code() {
    let (page, product) = (page(), product());
    for words in WORDS {
        assert!(page.contains(words), "{words:?} is not on the page any more");
        assert!(is_said(&product, words), "no collector says {words:?}");
    }
    assert!(!is_said(&product, "Config mostly applied"));
}

#[test]
fn its_metrics_are_in_the_code() {
    let (page, product) = (page(), product());
    let names = page.split(|c: char| !c.is_ascii_lowercase() && c != '_');
    let names: Vec<&str> = names.filter(|name| name.starts_with("otelcol_")).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        // What differs by signal is one name in the code.
        let stem = name.trim_end_matches("_spans");
        assert!(is_said(&product, &format!("\"{stem}\"")), "no collector has {name}");
    }
}

#[test]
fn its_figures_are_those_of_the_benchmarks() {
    let page = page();
    let sizing =
        page.split("## Sizing").nth(1).and_then(|text| text.split("\n## ").next()).unwrap();
    let benchmarks = ["22-otlp-grpc", "22-delivery", "23-peers"]
        .map(|name| SourceFile::read(&format!("docs/benchmarks/2026-11-{name}.md")).unwrap().text);
    let rates = sizing.lines().filter(|line| line.starts_with("| ")).skip(1);
    let rates = rates.filter_map(|line| line.split('|').nth(3)).map(str::trim);
    let rates: Vec<&str> = rates.filter(|rate| !rate.is_empty()).collect();
    assert!(rates.len() >= 10, "{rates:?}");
    for rate in rates {
        let thousands = rate.trim_end_matches(",000");
        let forms = [rate.to_owned(), format!("{thousands}k"), format!("| {thousands} (")];
        let is_quoted = |text: &String| forms.iter().any(|form| text.contains(form));
        let is_there = benchmarks.iter().any(is_quoted);
        assert!(is_there, "{rate} is in no benchmark");
    }
}
