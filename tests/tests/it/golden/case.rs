//! The cases as they stand in their files.

use std::{collections::BTreeMap, net::SocketAddr, sync::LazyLock};

use bytes::Bytes;
use common::{
    config::yaml,
    otlp::json,
    pipeline::{Details, Identity, RequestContext},
    settings::{Node, Value as Content, decode},
    signal::Signal,
};
use serde_json::{Map, Value};
use tests::source_tree::{self, SourceFile};

const FOLDER: &str = "tests/golden/processing";
const MAX_INPUT_BYTES: usize = 1 << 20;

/// One file of cases with what Go gave for them, by name and in the same order.
pub(super) struct Area {
    pub name: String,
    pub cases: Vec<Case>,
    pub golden: Map<String, Value>,
}

/// A component's settings and what is sent through it.
pub(super) struct Case {
    pub name: String,
    pub component: String,
    pub signal: Signal,
    pub config: String,
    pub settings: Node,
    pub input: Bytes,
    pub context: RequestContext,
    /// The pipelines of a connector; none for a processor.
    pub pipelines: Vec<String>,
    pub is_unordered: bool,
    pub differs: Option<String>,
}

/// Read once for all tests.
pub(super) fn areas() -> &'static [Area] {
    static AREAS: LazyLock<Vec<Area>> = LazyLock::new(read);
    &AREAS
}

fn read() -> Vec<Area> {
    let files = source_tree::files("yaml").into_iter();
    let cases = files.filter(|file| file.path.rsplit_once('/').is_some_and(|(at, _)| at == FOLDER));
    cases.map(|file| area(&file)).collect()
}

fn area(file: &SourceFile) -> Area {
    let stem = file.path.trim_end_matches(".yaml");
    let name = stem.rsplit('/').next().unwrap_or_default().to_owned();
    let root = yaml::parse(&file.text, &file.path.as_str().into()).unwrap();
    let cases = list(root.get("cases")).iter().flat_map(|node| cases_of(node, &root)).collect();
    let golden =
        SourceFile::read(&format!("{stem}.golden.json")).map_or("{}".into(), |file| file.text);
    Area { name, cases, golden: serde_json::from_str(&golden).unwrap() }
}

fn list(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.value) {
        Some(Content::List(items)) => items,
        _ => &[],
    }
}

fn texts(node: Option<&Node>) -> Vec<String> {
    list(node).iter().map(|item| item.as_str().unwrap_or_default().to_owned()).collect()
}

/// One case, or one for each expression of `each`.
fn cases_of(node: &Node, file: &Node) -> Vec<Case> {
    let expressions = texts(node.get("each"));
    if expressions.is_empty() {
        return vec![case(node, file, texts(node.get("set")), None)];
    }
    let one = |text: String| case(node, file, vec![text.clone()], Some(text));
    expressions.into_iter().map(one).collect()
}

fn case(node: &Node, file: &Node, set: Vec<String>, expression: Option<String>) -> Case {
    let own_or_common = |key: &str| node.get(key).or_else(|| file.get(key));
    let text = |key: &str| own_or_common(key).and_then(Node::as_str).unwrap_or_default().to_owned();
    let name = expression.map_or_else(|| text("name"), |one| format!("{}: {one}", text("name")));
    let signal = text("signal").parse().unwrap_or_else(|_| panic!("{name}: no signal"));
    let settings = short_form(node, signal, set).or_else(|| node.get("config").cloned());
    let settings = settings.unwrap_or_else(|| panic!("{name}: no config"));
    Case {
        component: text("type"),
        signal,
        config: plain(&settings).to_string(),
        settings,
        input: input(own_or_common("input"), signal),
        context: node.get("client").map(client).unwrap_or_default(),
        pipelines: texts(node.get("pipelines")),
        is_unordered: node.get("unordered").is_some(),
        differs: node.get("differs").and_then(Node::as_str).map(str::to_owned),
        name,
    }
}

fn plain(node: &Node) -> Value {
    decode(node, "").unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// `set` and `where`: statements that keep each value, or whether each condition holds, in an attribute.
fn short_form(node: &Node, signal: Signal, set: Vec<String>) -> Option<Node> {
    let (key, item) = match signal {
        Signal::Traces => ("trace_statements", "span"),
        Signal::Metrics => ("metric_statements", "datapoint"),
        Signal::Logs => ("log_statements", "log"),
    };
    let values = set.into_iter().enumerate();
    let values =
        values.map(|(index, value)| format!("set({item}.attributes[\"set{index}\"], {value})"));
    let conditions = texts(node.get("where")).into_iter().enumerate().map(|(index, condition)| {
        format!("set({item}.attributes[\"where{index}\"], true) where {condition}")
    });
    let statements: Vec<String> = values.chain(conditions).collect();
    let text = serde_json::json!({"error_mode": "ignore", key: statements}).to_string();
    (!statements.is_empty()).then(|| yaml::parse(&text, &"short form".into()).unwrap())
}

/// The name of a file beside the cases, or the request itself; the signal's own if nothing is said.
fn input(node: Option<&Node>, signal: Signal) -> Bytes {
    let named = node.map_or(Some(signal.name()), Node::as_str);
    let text = match (named, node) {
        (Some(name), _) => SourceFile::read(&format!("{FOLDER}/inputs/{name}.json")).unwrap().text,
        (None, node) => node.map(plain).unwrap_or_default().to_string(),
    };
    json::from_json(signal, text.as_bytes(), MAX_INPUT_BYTES).unwrap().into()
}

fn client(node: &Node) -> RequestContext {
    let mut metadata = Vec::new();
    for entry in node.get("metadata").map_or(&[][..], Node::entries) {
        let values = texts(Some(&entry.value)).into_iter();
        metadata.extend(values.map(|value| (entry.key.as_str().into(), value.into())));
    }
    let mut identity = Identity::default();
    let known: BTreeMap<String, Value> =
        node.get("auth").map(|auth| decode(auth, "").unwrap()).unwrap_or_default();
    for (name, value) in known {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        identity = identity.with(&name, &text);
    }
    let address = node.get("address").and_then(Node::as_str);
    let peer = address.map(|ip| SocketAddr::new(ip.parse().unwrap(), 4317));
    RequestContext::new(Details { metadata, peer, identity })
}
