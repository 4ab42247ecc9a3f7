//! Any text as attributes and labels of our own metrics: the page stays one that can be read, and says
//! what the labels say.

use common::telemetry::{
    BuildInfo, Metrics, Resource, exposition,
    metrics::EXPORTER_QUEUE_SIZE,
    settings::{PrometheusReader, ResourceAttribute, ResourceSettings},
};

/// One input.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (name, value) = text.split_once('\n').unwrap_or((text, text));
    let build =
        BuildInfo { command: "fuzz".into(), description: "fuzz".into(), version: "1".into() };
    let attribute = ResourceAttribute { name: name.to_owned(), value: value.into() };
    let settings = ResourceSettings { attributes: vec![attribute], schema_url: None };
    let metrics = Metrics::default();
    metrics.gauge(&EXPORTER_QUEUE_SIZE, &[value, name]).set(1);
    let resource = Resource::new(&build, &settings);
    let page = exposition::render(&metrics, &PrometheusReader::default(), &resource, &build);
    let mut series = page.split('\n').filter(|line| !line.starts_with('#') && !line.is_empty());
    let queue = series.find(|line| line.starts_with("otelcol_exporter_queue_size"));
    let labels = labels_of(queue.expect("the gauge was set"));
    assert!(labels.contains(&("exporter".to_owned(), value.to_owned())));
    assert!(labels.contains(&("data_type".to_owned(), name.to_owned())));
    for line in page.split('\n').filter(|line| line.contains('{')) {
        drop(labels_of(line));
    }
}

/// Reads a line as a scraper does.
fn labels_of(line: &str) -> Vec<(String, String)> {
    let (_, mut rest) = line.split_once('{').expect("labels");
    let mut labels = Vec::new();
    loop {
        let (name, after) = rest.split_once("=\"").expect("a label");
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(name.chars().all(is_name) && !name.starts_with(|c: char| c.is_ascii_digit()));
        let mut value = String::new();
        let mut chars = after.chars();
        loop {
            match chars.next().expect("a closing quote") {
                '"' => break,
                '\\' => value.push(match chars.next() {
                    Some('n') => '\n',
                    Some(c @ ('\\' | '"')) => c,
                    other => panic!("escape of {other:?}"),
                }),
                c => value.push(c),
            }
        }
        labels.push((name.to_owned(), value));
        match chars.next() {
            Some(',') => rest = chars.as_str(),
            Some('}') => {
                chars.as_str().trim().parse::<f64>().expect("a number");
                return labels;
            }
            other => panic!("{other:?} after a label"),
        }
    }
}
