//! What is done with the nodes that an XPath picks.

use super::{
    Found, XPath,
    token::Name,
    tree::{Id, Kind, ROOT, Tree, escape},
};
use crate::ottl::failure::Failure;

/// What may be inserted in all places together.
const MAX_INSERTED_BYTES: usize = 1 << 20;

/// What was picked, one after the other.
pub(super) fn get(tree: &Tree, path: &XPath) -> Result<String, Failure> {
    let mut out = String::new();
    for found in path.select(tree)? {
        match (&tree.node(found.id).kind, found.attribute) {
            (Kind::Element(_, attributes), Some(place)) => {
                escape(attributes.get(place).map_or("", |one| &one.value), &mut out);
            }
            (Kind::Element(..) | Kind::Text(_), None) => tree.write(found.id, true, &mut out)?,
            (Kind::CData(text), None) => escape(text, &mut out),
            _ => {}
        }
    }
    Ok(out)
}

/// The document without what was picked.
pub(super) fn remove(tree: &mut Tree, path: &XPath) -> Result<String, Failure> {
    let mut removed = Vec::new();
    for found in from_last(&mut path.select(tree)?) {
        if found.attribute.is_some() {
            take_attribute(tree, *found);
        } else if let Some(node) = tree.node_mut(found.id) {
            match &mut node.kind {
                Kind::Element(..) | Kind::Comment(_) | Kind::CData(_) => removed.push(found.id),
                Kind::Text(text) => text.clear(),
                _ => {}
            }
        }
    }
    tree.remove(&removed);
    tree.written()
}

/// So that the places of attributes stay right while others are taken away.
fn from_last(found: &mut [Found]) -> impl Iterator<Item = &Found> {
    found.sort_unstable();
    found.iter().rev()
}

/// Takes an attribute from its element, unless it has a prefix: then the Collector leaves it too.
fn take_attribute(tree: &mut Tree, found: Found) {
    if let Some(node) = tree.node_mut(found.id)
        && let Kind::Element(_, attributes) = &mut node.kind
        && let Some(place) = found.attribute
        && attributes.get(place).is_some_and(|one| one.name.prefix.is_empty())
    {
        attributes.remove(place);
    }
}

/// The document with another at the end of each element that was picked.
pub(super) fn insert(tree: &mut Tree, path: &XPath, text: &str) -> Result<String, Failure> {
    let inserted = Tree::parse(text)?;
    let places = path.select(tree)?;
    if places.len().saturating_mul(text.len()) > MAX_INSERTED_BYTES {
        let message = format!("more than {MAX_INSERTED_BYTES} bytes of XML would be inserted");
        return Err(Failure::new(message));
    }
    for found in places {
        match (&tree.node(found.id).kind, found.attribute) {
            (Kind::Element(..) | Kind::Root, None) => tree.graft(found.id, &inserted, ROOT),
            _ => return Err(Failure::new("the XPath picks something else than elements")),
        }
    }
    tree.written()
}

/// The document with the attributes that were picked as elements behind the other children.
pub(super) fn attributes_to_elements(tree: &mut Tree, path: &XPath) -> Result<String, Failure> {
    let mut found = path.select(tree)?;
    let made: Vec<_> = found.iter().filter_map(|one| attribute(tree, *one)).collect();
    for (parent, name, value) in made {
        let element = tree.add(parent, Kind::Element(name, Vec::new()));
        tree.add(element, Kind::Text(value));
    }
    from_last(&mut found).for_each(|one| take_attribute(tree, *one));
    tree.written()
}

fn attribute(tree: &Tree, found: Found) -> Option<(Id, Name, String)> {
    let Kind::Element(_, attributes) = &tree.node(found.id).kind else { return None };
    let attribute = attributes.get(found.attribute?)?;
    let name = Name { prefix: String::new(), local: attribute.name.local.clone() };
    Some((found.id, name, attribute.value.clone()))
}

/// The document with texts as elements where they stand beside others.
pub(super) fn text_to_elements(
    tree: &mut Tree,
    path: &XPath,
    name: &str,
) -> Result<String, Failure> {
    for found in path.select(tree)? {
        if found.attribute.is_none() {
            wrap_texts(tree, found.id, name);
        }
    }
    tree.written()
}

fn wrap_texts(tree: &mut Tree, parent: Id, name: &str) {
    if !matches!(tree.node(parent).kind, Kind::Element(..) | Kind::Root) {
        return;
    }
    let children = tree.node(parent).children.clone();
    let (mut texts, mut elements) = (0_usize, 0_usize);
    for child in &children {
        match tree.node(*child).kind {
            Kind::Element(..) => {
                wrap_texts(tree, *child, name);
                elements += 1;
            }
            Kind::Text(_) => texts += 1,
            _ => {}
        }
    }
    if texts == 0 || texts + elements <= 1 {
        return;
    }
    for child in children {
        let name = Name { prefix: String::new(), local: name.to_owned() };
        let Some(node) = tree.node_mut(child) else { continue };
        if let Kind::Text(text) = &mut node.kind {
            let text = std::mem::take(text);
            node.kind = Kind::Element(name, Vec::new());
            tree.add(child, Kind::Text(text));
        }
    }
}
