//! A collector's own metrics, read from its Prometheus page.

use std::collections::BTreeMap;

/// One line of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric's name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

/// All lines of one page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples(pub Vec<Sample>);

impl Samples {
    /// Reads a page in the text format.
    #[must_use]
    pub fn parse(page: &str) -> Self {
        let is_sample = |line: &&str| !line.is_empty() && !line.starts_with('#');
        Self(page.lines().filter(is_sample).map(parse_line).collect())
    }

    /// The sum over all series of a metric that carry these labels; 0 if there is none.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.select(name, labels).map(|sample| sample.value).sum()
    }

    /// Whether a metric has a series at all.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|sample| sample.name == name)
    }

    /// The series of a metric that carry these labels.
    pub fn select<'a>(
        &'a self,
        name: &'a str,
        labels: &'a [(&'a str, &'a str)],
    ) -> impl Iterator<Item = &'a Sample> {
        self.0.iter().filter(move |sample| {
            sample.name == name
                && labels
                    .iter()
                    .all(|(key, value)| sample.labels.get(*key).is_some_and(|found| found == value))
        })
    }

    /// The item books of every stage.
    #[must_use]
    pub fn books(&self) -> BTreeMap<String, Book> {
        let mut books = BTreeMap::<String, Book>::new();
        for sample in self.select("otelcol_stage_items", &[]) {
            let book = books.entry(stage_of(sample)).or_default();
            match sample.labels.get("flow").map(String::as_str) {
                Some("in" | "created") => book.came += sample.value,
                _ => book.went += sample.value,
            }
        }
        for sample in self.select("otelcol_stage_held_items", &[]) {
            books.entry(stage_of(sample)).or_default().held += sample.value;
        }
        books
    }

    /// The stages whose books do not add up; empty on an idle collector.
    #[must_use]
    pub fn unbalanced(&self) -> Vec<String> {
        self.books()
            .into_iter()
            .filter(|(_, book)| !book.is_balanced())
            .map(|(stage, book)| format!("{stage}: {book:?}"))
            .collect()
    }
}

/// What came into a stage and where it went, in items.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Book {
    /// `in + created`.
    pub came: f64,
    /// `passed_on + merged + dropped + refused`.
    pub went: f64,
    /// What the stage holds.
    pub held: f64,
}

impl Book {
    /// Whether nothing is unaccounted for.
    #[must_use]
    pub fn is_balanced(self) -> bool {
        (self.came - self.went - self.held).abs() < 0.5
    }
}

fn stage_of(sample: &Sample) -> String {
    ["kind", "component", "pipeline", "otel_signal"]
        .map(|key| sample.labels.get(key).map_or("", String::as_str))
        .join(" ")
}

fn parse_line(line: &str) -> Sample {
    let (head, value) = match line.rfind('}') {
        Some(end) => (&line[..=end], &line[end + 1..]),
        None => line.split_once(' ').unwrap_or((line, "")),
    };
    let value = value.split_whitespace().next().and_then(|text| text.parse().ok());
    let value = value.unwrap_or_else(|| panic!("no value in the metrics line {line}"));
    let (name, labels) = match head.split_once('{') {
        Some((name, labels)) => (name, parse_labels(labels.trim_end_matches('}'))),
        None => (head, BTreeMap::new()),
    };
    Sample { name: name.to_owned(), labels, value }
}

fn parse_labels(mut text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while let Some((key, rest)) = text.split_once("=\"") {
        let mut value = String::new();
        let mut chars = rest.char_indices();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    end = at;
                    break;
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, escaped)) => value.push(escaped),
                    None => {}
                },
                plain => value.push(plain),
            }
        }
        labels.insert(key.trim_start_matches(',').to_owned(), value);
        text = rest.get(end + 1..).unwrap_or("");
    }
    labels
}
