//! A document as a tree, as Go's `xmlquery` builds and writes it.

use std::collections::{HashMap, HashSet};

use super::token::{Attribute, Name, Token, Tokens};
use crate::ottl::failure::Failure;

/// How deep elements may stand in each other.
const MAX_DEPTH: usize = 512;
/// What may be written.
const MAX_OUTPUT_BYTES: usize = 8 << 20;

/// The number of a node.
pub(super) type Id = usize;

/// The node in which all others are.
pub(super) const ROOT: Id = 0;

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Root,
    /// `<?xml version="1.0"?>`
    Declaration(Vec<Attribute>),
    Element(Name, Vec<Attribute>),
    Text(String),
    CData(String),
    Comment(String),
    Directive(String),
    Instruction(String, String),
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) parent: Id,
    pub(super) kind: Kind,
    pub(super) children: Vec<Id>,
}

#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

/// How often prefixes are declared around what is read.
#[derive(Default)]
struct Prefixes(HashMap<String, usize>);

impl Prefixes {
    fn count(&mut self, attributes: &[Attribute], is_begun: bool) {
        for declared in attributes.iter().filter(|one| one.name.prefix == "xmlns") {
            let count = self.0.entry(declared.name.local.clone()).or_default();
            *count = if is_begun { *count + 1 } else { count.saturating_sub(1) };
        }
    }

    fn know(&self, name: &Name) -> bool {
        let is_declared = || self.0.get(&name.prefix).is_some_and(|count| *count > 0);
        matches!(name.prefix.as_str(), "" | "xml") || is_declared()
    }
}

static NOTHING: Node = Node { parent: ROOT, kind: Kind::Root, children: Vec::new() };

impl Tree {
    pub(super) fn empty() -> Self {
        Self { nodes: vec![Node { parent: ROOT, kind: Kind::Root, children: Vec::new() }] }
    }

    /// Reads a document, which has an element at least. What stands before the first element or
    /// instruction is left out.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let mut tree = Self::empty();
        let mut tokens = Tokens::new(text);
        let mut open = vec![ROOT];
        let mut prefixes = Prefixes::default();
        let mut has_begun = false;
        while let Some(token) = tokens.next()? {
            let parent = open.last().copied().unwrap_or(ROOT);
            match token {
                Token::Start(name, attributes, is_closed) => {
                    has_begun = true;
                    prefixes.count(&attributes, true);
                    if !prefixes.know(&name) {
                        return tokens.wrong("a prefix is not declared");
                    }
                    if open.len() > MAX_DEPTH {
                        let message = format!("the XML is nested more than {MAX_DEPTH} deep");
                        return Err(Failure::new(message));
                    }
                    if is_closed {
                        prefixes.count(&attributes, false);
                        tree.add(parent, Kind::Element(name, attributes));
                    } else {
                        open.push(tree.add(parent, Kind::Element(name, attributes)));
                    }
                }
                Token::End(name) => match &tree.node(parent).kind {
                    Kind::Element(begun, attributes) if *begun == name => {
                        prefixes.count(attributes, false);
                        open.pop();
                    }
                    _ => return tokens.wrong("a tag ends an element that it did not begin"),
                },
                Token::Instruction(target, content) => {
                    // Without a declaration at the start, the first instruction is taken for one.
                    let is_kept = has_begun || text.starts_with("<?xml");
                    has_begun = true;
                    if is_kept {
                        tree.add(parent, instruction(target, &content));
                    }
                }
                _ if !has_begun => {}
                Token::Text(text) => drop(tree.add(parent, Kind::Text(text))),
                Token::CData(text) => drop(tree.add(parent, Kind::CData(text))),
                Token::Comment(text) => drop(tree.add(parent, Kind::Comment(text))),
                Token::Directive(text) => drop(tree.add(parent, Kind::Directive(text))),
            }
        }
        if open.len() > 1 {
            return tokens.wrong("an element has no end");
        }
        let is_element = |id: &Id| matches!(tree.node(*id).kind, Kind::Element(..));
        if !tree.node(ROOT).children.iter().any(is_element) {
            return tokens.wrong("there is no element");
        }
        Ok(tree)
    }

    /// A node; the number is one that the tree gave.
    pub(super) fn node(&self, id: Id) -> &Node {
        self.nodes.get(id).unwrap_or(&NOTHING)
    }

    pub(super) fn node_mut(&mut self, id: Id) -> Option<&mut Node> {
        self.nodes.get_mut(id)
    }

    /// Adds a node behind the other children of a node.
    pub(super) fn add(&mut self, parent: Id, kind: Kind) -> Id {
        let id = self.nodes.len();
        self.nodes.push(Node { parent, kind, children: Vec::new() });
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.children.push(id);
        }
        id
    }

    /// Adds what stands in another tree.
    pub(super) fn graft(&mut self, parent: Id, other: &Self, from: Id) {
        for child in &other.node(from).children {
            let id = self.add(parent, other.node(*child).kind.clone());
            self.graft(id, other, *child);
        }
    }

    /// Takes nodes from among the children of their parents.
    pub(super) fn remove(&mut self, ids: &[Id]) {
        let removed: HashSet<Id> = ids.iter().copied().collect();
        let parents: HashSet<Id> = ids.iter().map(|id| self.node(*id).parent).collect();
        for parent in parents {
            if let Some(node) = self.nodes.get_mut(parent) {
                node.children.retain(|child| !removed.contains(child));
            }
        }
    }

    /// The text in a node and below it. Tells how many nodes were looked at.
    pub(super) fn text(&self, id: Id, out: &mut String) -> usize {
        match &self.node(id).kind {
            Kind::Text(text) | Kind::CData(text) => out.push_str(text),
            Kind::Comment(_) => {}
            _ => {
                let children = self.node(id).children.iter();
                return 1 + children.map(|child| self.text(*child, out)).sum::<usize>();
            }
        }
        1
    }

    /// The whole document as a text.
    pub(super) fn written(&self) -> Result<String, Failure> {
        let mut out = String::new();
        for child in &self.node(ROOT).children {
            self.write(*child, true, &mut out)?;
        }
        Ok(out)
    }

    /// A node as a text; white space around texts is left out if `xml:space="default"` says so.
    pub(super) fn write(&self, id: Id, keeps_space: bool, out: &mut String) -> Result<(), Failure> {
        if out.len() > MAX_OUTPUT_BYTES {
            return Err(Failure::new(format!("the XML takes more than {MAX_OUTPUT_BYTES} bytes")));
        }
        match &self.node(id).kind {
            Kind::Root => {}
            Kind::Text(text) => escape(if keeps_space { text } else { text.trim() }, out),
            Kind::CData(text) => put(out, &["<![CDATA[", text, "]]>"]),
            Kind::Comment(text) => put(out, &["<!--", text, "-->"]),
            Kind::Directive(text) => put(out, &["<!", text, ">"]),
            Kind::Instruction(target, text) if text.is_empty() => put(out, &["<?", target, "?>"]),
            Kind::Instruction(target, text) => put(out, &["<?", target, " ", text, "?>"]),
            Kind::Declaration(attributes) => {
                out.push_str("<?xml");
                write_attributes(attributes, out);
                out.push_str("?>");
            }
            Kind::Element(name, attributes) => {
                let is_space =
                    |one: &&Attribute| one.name.prefix == "xml" && one.name.local == "space";
                let keeps_space =
                    match attributes.iter().find(is_space).map(|one| one.value.as_str()) {
                        Some("preserve") => true,
                        Some("default") => false,
                        _ => keeps_space,
                    };
                out.push('<');
                write_name(name, out);
                write_attributes(attributes, out);
                out.push('>');
                for child in &self.node(id).children {
                    self.write(*child, keeps_space, out)?;
                }
                out.push_str("</");
                write_name(name, out);
                out.push('>');
            }
        }
        Ok(())
    }
}

fn put(out: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| out.push_str(part));
}

fn instruction(target: String, content: &str) -> Kind {
    if target != "xml" {
        return Kind::Instruction(target, content.trim().to_owned());
    }
    let mut attributes: Vec<Attribute> = Vec::new();
    let mut seen = HashSet::new();
    for pair in content.split(' ') {
        if let Some((key, value)) = pair.trim().split_once('=').filter(|(key, _)| !key.is_empty())
            && seen.insert(key)
        {
            let name = Name { prefix: String::new(), local: key.to_owned() };
            attributes.push(Attribute { name, value: value.trim_matches(['"', '\'']).to_owned() });
        }
    }
    Kind::Declaration(attributes)
}

fn write_name(name: &Name, out: &mut String) {
    if !name.prefix.is_empty() {
        out.push_str(&name.prefix);
        out.push(':');
    }
    out.push_str(&name.local);
}

fn write_attributes(attributes: &[Attribute], out: &mut String) {
    for attribute in attributes {
        out.push(' ');
        write_name(&attribute.name, out);
        out.push_str("=\"");
        escape(&attribute.value, out);
        out.push('"');
    }
}

/// As Go's `html.EscapeString` does.
pub(super) fn escape(text: &str, out: &mut String) {
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&#39;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            _ => out.push(char),
        }
    }
}
