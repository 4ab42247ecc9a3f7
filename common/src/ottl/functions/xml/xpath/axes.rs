//! Where steps go.

use super::{Axis, Found, Test};
use crate::ottl::functions::xml::tree::{Id, Kind, ROOT, Tree};

/// The nodes on an axis, from near to far.
pub(super) fn along(tree: &Tree, from: Found, axis: Axis) -> Vec<Found> {
    let node = |id: Id| Found { id, attribute: None };
    let is_attribute = from.attribute.is_some();
    let mut found = Vec::new();
    match axis {
        Axis::Itself => found.push(from),
        Axis::Parent if is_attribute => found.push(node(from.id)),
        Axis::Parent if from.id == ROOT => {}
        Axis::Parent => found.push(node(tree.node(from.id).parent)),
        Axis::Ancestor | Axis::AncestorOrSelf => {
            if axis == Axis::AncestorOrSelf {
                found.push(from);
            }
            let mut at = from.id;
            if is_attribute {
                found.push(node(at));
            }
            while at != ROOT {
                at = tree.node(at).parent;
                found.push(node(at));
            }
        }
        Axis::DescendantOrSelf => {
            found.push(from);
            if !is_attribute {
                descend(tree, from.id, &mut found);
            }
        }
        _ if is_attribute => {}
        Axis::Child => found.extend(children(tree, from.id).map(node)),
        Axis::Descendant => descend(tree, from.id, &mut found),
        Axis::Attribute => {
            if let Kind::Element(_, attributes) = &tree.node(from.id).kind {
                let places = 0..attributes.len();
                found.extend(places.map(|place| Found { id: from.id, attribute: Some(place) }));
            }
        }
        Axis::FollowingSibling | Axis::PrecedingSibling if from.id == ROOT => {}
        Axis::FollowingSibling => {
            let siblings = tree.node(tree.node(from.id).parent).children.iter();
            let behind = siblings.copied().skip_while(|id| *id != from.id).skip(1);
            found.extend(behind.filter(|id| !is_blank(tree, *id)).map(node));
        }
        Axis::PrecedingSibling => {
            let siblings = tree.node(tree.node(from.id).parent).children.iter();
            let before = siblings.copied().take_while(|id| *id != from.id);
            found.extend(before.filter(|id| !is_blank(tree, *id)).map(node));
            found.reverse();
        }
    }
    found
}

fn descend(tree: &Tree, from: Id, found: &mut Vec<Found>) {
    for id in children(tree, from) {
        found.push(Found { id, attribute: None });
        descend(tree, id, found);
    }
}

/// The children; of texts that are white space only the first one, where it comes first of all.
fn children(tree: &Tree, id: Id) -> impl Iterator<Item = Id> {
    let all = tree.node(id).children.iter().copied().enumerate();
    all.filter(|(place, id)| *place == 0 || !is_blank(tree, *id)).map(|(_, id)| id)
}

fn is_blank(tree: &Tree, id: Id) -> bool {
    matches!(&tree.node(id).kind, Kind::Text(text) if text.trim().is_empty())
}

/// Whether a node on an axis is one that a step asks for.
pub(super) fn fits(tree: &Tree, found: Found, axis: Axis, test: &Test) -> bool {
    let kind = &tree.node(found.id).kind;
    let is_attribute = found.attribute.is_some();
    match test {
        Test::Node => true,
        Test::Text => {
            !is_attribute && matches!(kind, Kind::Text(_) | Kind::CData(_) | Kind::Directive(_))
        }
        Test::Comment => !is_attribute && matches!(kind, Kind::Comment(_)),
        Test::AnyName | Test::Name { .. } if is_attribute != (axis == Axis::Attribute) => false,
        Test::AnyName => is_attribute || matches!(kind, Kind::Element(..) | Kind::Instruction(..)),
        Test::Name { prefix, local } => name(tree, found)
            .is_some_and(|(known_prefix, known)| known_prefix == prefix && known == local),
    }
}

/// The prefix and the name of a node.
pub(super) fn name(tree: &Tree, found: Found) -> Option<(&str, &str)> {
    match (&tree.node(found.id).kind, found.attribute) {
        (Kind::Element(name, _), None) => Some((&name.prefix, &name.local)),
        (Kind::Element(_, attributes), Some(place)) => {
            let name = &attributes.get(place)?.name;
            Some((&name.prefix, &name.local))
        }
        (Kind::Instruction(target, _), None) => Some(("", target)),
        _ => None,
    }
}
