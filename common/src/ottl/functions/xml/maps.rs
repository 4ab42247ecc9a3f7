//! XML as maps: `ParseXML` and `ParseSimplifiedXML`.

use std::collections::HashMap;

use super::{
    token::{Token, Tokens},
    tree::{Id, Kind, ROOT, Tree},
};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{failure::Failure, value::last_of_each_key},
};

type Entries = Vec<(String, OwnedValue)>;

/// Elements in elements of which each takes a map and a list: deeper values cannot be stored.
const MAX_ELEMENTS: usize = 32;

struct Element {
    tag: String,
    attributes: Entries,
    text: String,
    children: Vec<OwnedValue>,
}

/// The one element of a document with its attributes, its text and its children.
pub(super) fn parse(text: &str) -> Result<Entries, Failure> {
    let mut tokens = Tokens::new(text);
    let mut open: Vec<(super::token::Name, Element)> = Vec::new();
    while let Some(token) = tokens.next()? {
        let ended = match token {
            Token::Start(name, attributes, is_closed) => {
                if open.len() >= MAX_ELEMENTS {
                    return Err(Failure::new(format!(
                        "the XML is nested more than {MAX_ELEMENTS} deep"
                    )));
                }
                let texts =
                    attributes.into_iter().map(|one| (one.name.local, OwnedValue::Str(one.value)));
                let element = Element {
                    tag: name.local.clone(),
                    attributes: last_of_each_key(texts.collect()),
                    text: String::new(),
                    children: Vec::new(),
                };
                open.push((name, element));
                is_closed
            }
            Token::End(name) => {
                if open.last().is_none_or(|(begun, _)| *begun != name) {
                    return tokens.wrong("a tag ends an element that it did not begin");
                }
                true
            }
            Token::Text(text) | Token::CData(text) => {
                if let Some((_, element)) = open.last_mut() {
                    element.text.push_str(text.trim());
                }
                false
            }
            Token::Comment(_) | Token::Instruction(..) | Token::Directive(_) => false,
        };
        if ended && let Some((_, element)) = open.pop() {
            let entries = element.into_entries();
            match open.last_mut() {
                Some((_, parent)) => parent.children.push(OwnedValue::KvList(entries)),
                None if tokens.is_at_end() => return Ok(entries),
                None => return tokens.wrong("something stands behind the element"),
            }
        }
    }
    tokens.wrong("an element is missing or has no end")
}

impl Element {
    fn into_entries(self) -> Entries {
        let mut entries = vec![("tag".to_owned(), OwnedValue::Str(self.tag))];
        if !self.text.is_empty() {
            entries.push(("content".to_owned(), OwnedValue::Str(self.text)));
        }
        if !self.attributes.is_empty() {
            entries.push(("attributes".to_owned(), OwnedValue::KvList(self.attributes)));
        }
        if !self.children.is_empty() {
            entries.push(("children".to_owned(), OwnedValue::Array(self.children)));
        }
        entries
    }
}

/// Elements by their names, without attributes: a text, a map, or a list of those of one name.
pub(super) fn parse_simplified(text: &str) -> Result<Entries, Failure> {
    simplified(&Tree::parse(text)?, ROOT, 0)
}

fn simplified(tree: &Tree, parent: Id, depth: usize) -> Result<Entries, Failure> {
    if depth >= MAX_ELEMENTS {
        return Err(Failure::new(format!("the XML is nested more than {MAX_ELEMENTS} deep")));
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let elements = || {
        let children = tree.node(parent).children.iter();
        children.filter_map(|id| match &tree.node(*id).kind {
            Kind::Element(name, _) => Some((name.local.as_str(), *id)),
            _ => None,
        })
    };
    elements().for_each(|(name, _)| *counts.entry(name).or_default() += 1);
    let mut entries: Entries = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (name, id) in elements().filter(|(_, id)| !tree.node(*id).children.is_empty()) {
        let value = match leaf(tree, id) {
            Some(text) => Some(OwnedValue::Str(text.to_owned())),
            None => {
                let inside = simplified(tree, id, depth + 1)?;
                (!inside.is_empty()).then_some(OwnedValue::KvList(inside))
            }
        };
        if counts.get(name).is_none_or(|count| *count == 1) {
            entries.extend(value.map(|value| (name.to_owned(), value)));
            continue;
        }
        let place = *places.entry(name).or_insert_with(|| {
            entries.push((name.to_owned(), OwnedValue::Array(Vec::new())));
            entries.len() - 1
        });
        if let Some((_, OwnedValue::Array(list))) = entries.get_mut(place) {
            list.extend(value);
        }
    }
    Ok(entries)
}

/// The first text of an element that has no element in it.
fn leaf(tree: &Tree, id: Id) -> Option<&str> {
    let children = || tree.node(id).children.iter().map(|child| &tree.node(*child).kind);
    if children().any(|kind| matches!(kind, Kind::Element(..))) {
        return None;
    }
    let mut texts = children().filter_map(|kind| match kind {
        Kind::Text(text) | Kind::CData(text) => Some(text.as_str()),
        _ => None,
    });
    texts.next().filter(|text| !text.is_empty())
}
