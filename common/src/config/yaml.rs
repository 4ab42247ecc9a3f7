//! Reads YAML into a tree that keeps positions.
//!
//! Only the first document of a stream counts. A key that contains `::` stands for nested keys.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use super::merge;
use crate::settings::{Entry, Finding, Node, Position, Style, Value};

/// The most bytes that one source may have.
pub const MAX_BYTES: usize = 16 << 20;
/// How deep values may be nested.
pub const MAX_DEPTH: usize = 100;
const MAX_NODES: usize = 500_000;

/// Reads the first document of a text; `source` is its name in messages.
///
/// # Errors
/// What is wrong with the text, and where.
pub fn parse(text: &str, source: &Arc<str>) -> Result<Node, Finding> {
    if text.len() > MAX_BYTES {
        let start = Position { source: Arc::clone(source), line: 1, column: 1 };
        let message = format!("{} bytes are more than the {MAX_BYTES} allowed", text.len());
        return Err(Finding::error(&start, "", message));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder::new(source);
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let message = format!("invalid YAML: {}", error.info());
            Finding::error(&builder.position(*error.marker()), "", message)
        })?;
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        builder.take(event, span)?;
    }
    Ok(builder.finish())
}

/// A finished value and what it costs to repeat it.
#[derive(Clone)]
struct Built {
    node: Node,
    nodes: usize,
    depth: usize,
    /// Whether it is the bare word `<<`, which as a key merges.
    is_merge_key: bool,
}

enum Frame {
    List { items: Vec<Node>, head: Head },
    Map { map: MapFrame, head: Head },
}

struct Head {
    position: Position,
    anchor: usize,
    nodes: usize,
    depth: usize,
}

#[derive(Default)]
struct MapFrame {
    entries: Vec<Entry>,
    keys: HashSet<String>,
    merged: Vec<Node>,
    pending: Option<(String, Position, bool)>,
}

struct Builder<'a> {
    source: &'a Arc<str>,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Built>,
    nodes: usize,
    lists: usize,
    root: Option<Node>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Arc<str>) -> Self {
        Self { source, stack: Vec::new(), anchors: HashMap::new(), nodes: 0, lists: 0, root: None }
    }

    fn position(&self, marker: Marker) -> Position {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Position {
            source: Arc::clone(self.source),
            line: number(marker.line()),
            column: number(marker.col().saturating_add(1)),
        }
    }

    fn finish(self) -> Node {
        let start = Position { source: Arc::clone(self.source), line: 1, column: 1 };
        self.root.unwrap_or(Node::new(Value::Null, start))
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Finding> {
        let position = self.position(span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = scalar(&text, style, tag.as_deref(), position);
                let is_merge_key = style == ScalarStyle::Plain && text == "<<";
                self.add(Built { node, nodes: 1, depth: 0, is_merge_key }, anchor)
            }
            Event::SequenceStart(anchor, _) => {
                self.lists += 1;
                self.open(Frame::List { items: Vec::new(), head: Head::new(position, anchor) })
            }
            Event::MappingStart(anchor, _) => {
                let head = Head::new(position, anchor);
                self.open(Frame::Map { map: MapFrame::default(), head })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(built) => self.add(built, 0),
                None => Err(Finding::error(&position, "", "an alias stands inside its own anchor")),
            },
            _ => Ok(()),
        }
    }

    fn open(&mut self, frame: Frame) -> Result<(), Finding> {
        let head = match &frame {
            Frame::List { head, .. } | Frame::Map { head, .. } => head,
        };
        if self.stack.len() >= MAX_DEPTH {
            return Err(too_deep(&head.position));
        }
        self.stack.push(frame);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Finding> {
        let (value, head) = match self.stack.pop() {
            Some(Frame::List { items, head }) => {
                self.lists = self.lists.saturating_sub(1);
                (Value::List(items), head)
            }
            Some(Frame::Map { map, mut head }) => {
                let splits_keys = self.lists == 0;
                if splits_keys {
                    head.depth += map.levels_of_keys();
                }
                (Value::Map(map.finish(splits_keys)), head)
            }
            None => return Ok(()),
        };
        let node = Node::new(value, head.position);
        let (nodes, depth) = (head.nodes + 1, head.depth + 1);
        self.add(Built { node, nodes, depth, is_merge_key: false }, head.anchor)
    }

    fn add(&mut self, built: Built, anchor: usize) -> Result<(), Finding> {
        // Aliases count for all that they repeat, or a few lines could fill the memory.
        self.nodes = self.nodes.saturating_add(built.nodes);
        if self.nodes > MAX_NODES {
            let message = format!("more than {MAX_NODES} values, with aliases written out");
            return Err(Finding::error(&built.node.position, "", message));
        }
        if self.stack.len() + built.depth > MAX_DEPTH {
            return Err(too_deep(&built.node.position));
        }
        if anchor > 0 {
            self.nodes = self.nodes.saturating_add(built.nodes);
            self.anchors.insert(anchor, built.clone());
        }
        match self.stack.last_mut() {
            None => {
                self.root = Some(built.node);
                Ok(())
            }
            Some(Frame::List { items, head }) => {
                head.count(&built);
                items.push(built.node);
                Ok(())
            }
            Some(Frame::Map { map, head }) => {
                head.count(&built);
                map.add(built)
            }
        }
    }
}

fn too_deep(position: &Position) -> Finding {
    Finding::error(position, "", format!("nested deeper than the {MAX_DEPTH} levels allowed"))
}

impl Head {
    const fn new(position: Position, anchor: usize) -> Self {
        Self { position, anchor, nodes: 0, depth: 0 }
    }

    fn count(&mut self, child: &Built) {
        self.nodes += child.nodes;
        self.depth = self.depth.max(child.depth);
    }
}

impl MapFrame {
    fn add(&mut self, built: Built) -> Result<(), Finding> {
        let Some((key, position, merges)) = self.pending.take() else {
            return self.add_key(built);
        };
        if !merges {
            self.entries.push(Entry { key, position, value: built.node });
            return Ok(());
        }
        match built.node.value {
            Value::Map(_) => self.merged.push(built.node),
            Value::List(items) if items.iter().all(|item| matches!(item.value, Value::Map(_))) => {
                self.merged.extend(items);
            }
            _ => {
                let message = "the merge key << takes a map or a list of maps";
                return Err(Finding::error(&built.node.position, "", message));
            }
        }
        Ok(())
    }

    fn add_key(&mut self, built: Built) -> Result<(), Finding> {
        let key = match built.node.value {
            Value::Scalar { text, .. } => text,
            Value::Null => "null".to_owned(),
            Value::List(_) | Value::Map(_) => {
                let message = format!("expected a string as key, got {}", built.node.describe());
                return Err(Finding::error(&built.node.position, "", message));
            }
        };
        // A level per separator: what is too deep must not even be built.
        if key.matches("::").count() > MAX_DEPTH {
            return Err(too_deep(&built.node.position));
        }
        if !built.is_merge_key && !self.keys.insert(key.clone()) {
            let first = self.entries.iter().find(|entry| entry.key == key);
            let line = first.map_or(0, |entry| entry.position.line);
            let message = format!("duplicate key {key:?}, first set on line {line}");
            return Err(Finding::error(&built.node.position, "", message));
        }
        self.pending = Some((key, built.node.position, built.is_merge_key));
        Ok(())
    }

    fn levels_of_keys(&self) -> usize {
        let levels = |entry: &Entry| entry.key.matches("::").count();
        let merged = self.merged.iter().flat_map(Node::entries);
        self.entries.iter().chain(merged).map(levels).max().unwrap_or(0)
    }

    fn finish(self, splits_keys: bool) -> Vec<Entry> {
        let Self { mut entries, mut keys, merged, .. } = self;
        for entry in merged.into_iter().flat_map(|map| match map.value {
            Value::Map(entries) => entries,
            _ => Vec::new(),
        }) {
            if keys.insert(entry.key.clone()) {
                entries.push(entry);
            }
        }
        if !splits_keys || !entries.iter().any(|entry| entry.key.contains("::")) {
            return entries;
        }
        let mut nested = Vec::new();
        for entry in entries {
            merge::insert(&mut nested, nest(entry));
        }
        nested
    }
}

/// Turns `a::b: v` into `a: {b: v}`.
fn nest(entry: Entry) -> Entry {
    let Entry { key, position, value } = entry;
    let mut parts = key.splitn(MAX_DEPTH / 2, "::").collect::<Vec<_>>().into_iter().rev();
    let last = parts.next().unwrap_or_default();
    let leaf = Entry { key: last.to_owned(), position: position.clone(), value };
    parts.fold(leaf, |inner, part| Entry {
        key: part.to_owned(),
        position: position.clone(),
        value: Node::new(Value::Map(vec![inner]), position.clone()),
    })
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, position: Position) -> Node {
    let core = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
    let is_plain = match core {
        Some("str") => false,
        Some("int" | "float" | "bool" | "null") => true,
        _ => style == ScalarStyle::Plain,
    };
    if is_plain && crate::settings::is_null(text) {
        return Node::new(Value::Null, position);
    }
    let style = if is_plain { Style::Plain } else { Style::Quoted };
    Node::new(Value::Scalar { text: text.to_owned(), style }, position)
}

#[cfg(test)]
mod tests;
