//! What XPath gives on a document.

use std::{cell::Cell, collections::HashSet};

use super::{Comparison, Expr, Found, Function, Origin, Step, axes};
use crate::ottl::{
    failure::Failure,
    functions::xml::tree::{Kind, ROOT, Tree},
};

/// Nodes that are looked at and bytes that are compared for one path: a path may visit the same nodes
/// over and over.
const MAX_WORK: usize = 4 << 20;

type Result<T> = std::result::Result<T, Failure>;

enum Value {
    Nodes(Vec<Found>),
    Text(String),
    Number(f64),
    Bool(bool),
}

/// What is looked at: a node, its place among others from 1, and how many these are.
#[derive(Clone, Copy)]
struct At {
    node: Found,
    position: usize,
    count: usize,
}

struct Evaluation<'t> {
    tree: &'t Tree,
    work: Cell<usize>,
}

pub(super) fn select(expr: &Expr, tree: &Tree) -> Result<Vec<Found>> {
    let evaluation = Evaluation { tree, work: Cell::new(0) };
    let root = Found { id: ROOT, attribute: None };
    match evaluation.eval(expr, At { node: root, position: 1, count: 1 })? {
        Value::Nodes(nodes) => Ok(nodes),
        _ => Err(Failure::new("the XPath gives no nodes")),
    }
}

impl Evaluation<'_> {
    fn charge(&self, work: usize) -> Result<()> {
        self.work.set(self.work.get().saturating_add(work));
        if self.work.get() > MAX_WORK {
            return Err(Failure::new("the XPath is too much work on this document"));
        }
        Ok(())
    }

    fn eval(&self, expr: &Expr, at: At) -> Result<Value> {
        Ok(match expr {
            Expr::Path(origin, steps) => Value::Nodes(self.path(origin, steps, at)?),
            Expr::Union(parts) => {
                let mut nodes = Vec::new();
                for part in parts {
                    nodes.extend(self.nodes(part, at)?);
                }
                Value::Nodes(distinct(nodes))
            }
            Expr::Or(parts) => Value::Bool(self.any(parts, at, true)?),
            Expr::And(parts) => Value::Bool(!self.any(parts, at, false)?),
            Expr::Compare(a, comparison, b) => {
                let (a, b) = (self.eval(a, at)?, self.eval(b, at)?);
                Value::Bool(self.compare(&a, *comparison, &b)?)
            }
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Number(number) => Value::Number(*number),
            Expr::Call(function, arguments) => self.call(*function, arguments, at)?,
        })
    }

    /// Whether any part is what is wanted.
    fn any(&self, parts: &[Expr], at: At, wanted: bool) -> Result<bool> {
        for part in parts {
            if truth(&self.eval(part, at)?) == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn nodes(&self, expr: &Expr, at: At) -> Result<Vec<Found>> {
        match self.eval(expr, at)? {
            Value::Nodes(nodes) => Ok(nodes),
            _ => Err(Failure::new("a part of the XPath gives no nodes where it must")),
        }
    }

    fn path(&self, origin: &Origin, steps: &[Step], at: At) -> Result<Vec<Found>> {
        let mut nodes = match origin {
            Origin::Root => vec![Found { id: ROOT, attribute: None }],
            Origin::Here => vec![at.node],
            Origin::Expr(expr, predicates) => {
                let mut nodes = self.nodes(expr, at)?;
                for predicate in predicates {
                    nodes = self.chosen(nodes, predicate)?;
                }
                nodes
            }
        };
        for step in steps {
            let mut next = Vec::new();
            for node in nodes {
                next.extend(self.step(node, step)?);
            }
            nodes = distinct(next);
        }
        Ok(nodes)
    }

    fn step(&self, from: Found, step: &Step) -> Result<Vec<Found>> {
        let mut nodes = axes::along(self.tree, from, step.axis);
        self.charge(nodes.len() + 1)?;
        nodes.retain(|node| axes::fits(self.tree, *node, step.axis, &step.test));
        for predicate in &step.predicates {
            nodes = self.chosen(nodes, predicate)?;
        }
        Ok(nodes)
    }

    /// The nodes that a predicate holds for.
    fn chosen(&self, nodes: Vec<Found>, predicate: &Expr) -> Result<Vec<Found>> {
        self.charge(nodes.len())?;
        let count = nodes.len();
        let mut chosen = Vec::new();
        for (node, position) in nodes.into_iter().zip(1..) {
            let is_chosen = match self.eval(predicate, At { node, position, count })? {
                Value::Number(number) => number == position as f64,
                other => truth(&other),
            };
            if is_chosen {
                chosen.push(node);
            }
        }
        Ok(chosen)
    }

    /// The text of a node: of an element all that is in it.
    fn text_of(&self, node: Found) -> Result<String> {
        let mut text = String::new();
        match (&self.tree.node(node.id).kind, node.attribute) {
            (Kind::Element(_, attributes), Some(place)) => {
                text.push_str(attributes.get(place).map_or("", |one| &one.value));
            }
            (Kind::Element(..), None) => {
                let visited = self.tree.text(node.id, &mut text);
                self.charge(visited)?;
            }
            (Kind::Comment(inside) | Kind::Text(inside), _) => text.push_str(inside),
            _ => {}
        }
        self.charge(text.len())?;
        Ok(text)
    }

    fn texts(&self, nodes: &[Found]) -> Result<Vec<String>> {
        nodes.iter().map(|node| self.text_of(*node)).collect()
    }

    fn as_text(&self, value: &Value) -> Result<String> {
        Ok(match value {
            Value::Nodes(nodes) => match nodes.first() {
                Some(first) => self.text_of(*first)?,
                None => String::new(),
            },
            Value::Text(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(bit) => bit.to_string(),
        })
    }

    fn as_number(&self, value: &Value) -> Result<f64> {
        Ok(match value {
            Value::Number(number) => *number,
            Value::Bool(bit) => f64::from(u8::from(*bit)),
            other => number(&self.as_text(other)?),
        })
    }

    fn compare(&self, a: &Value, comparison: Comparison, b: &Value) -> Result<bool> {
        let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let numbers = |a: f64, b: f64| holds(comparison, a.partial_cmp(&b));
        Ok(match (a, b) {
            (Value::Bool(_), _) | (_, Value::Bool(_)) if is_equality => {
                (truth(a) == truth(b)) == (comparison == Comparison::Equal)
            }
            (Value::Nodes(a), Value::Nodes(b)) => {
                let (a, b) = (self.texts(a)?, self.texts(b)?);
                self.charge(a.len().saturating_mul(b.len()))?;
                a.iter().any(|a| b.iter().any(|b| texts_compare(a, comparison, b)))
            }
            (Value::Nodes(nodes), Value::Text(text)) => {
                self.texts(nodes)?.iter().any(|one| texts_compare(one, comparison, text))
            }
            (Value::Text(text), Value::Nodes(nodes)) => {
                self.texts(nodes)?.iter().any(|one| texts_compare(text, comparison, one))
            }
            (Value::Nodes(nodes), other) => {
                let other = self.as_number(other)?;
                self.texts(nodes)?.iter().any(|one| numbers(number(one), other))
            }
            (other, Value::Nodes(nodes)) => {
                let other = self.as_number(other)?;
                self.texts(nodes)?.iter().any(|one| numbers(other, number(one)))
            }
            (Value::Text(a), Value::Text(b)) => texts_compare(a, comparison, b),
            (a, b) => numbers(self.as_number(a)?, self.as_number(b)?),
        })
    }

    fn call(&self, function: Function, arguments: &[Expr], at: At) -> Result<Value> {
        let argument = |place: usize| match arguments.get(place) {
            Some(argument) => self.eval(argument, at),
            // What is looked at, where an argument may be left out.
            None => Ok(Value::Nodes(vec![at.node])),
        };
        let text = |place| self.as_text(&argument(place)?);
        Ok(match function {
            Function::Boolean => Value::Bool(truth(&argument(0)?)),
            Function::Concat => {
                let parts = (0..arguments.len()).map(text).collect::<Result<Vec<_>>>()?;
                Value::Text(parts.concat())
            }
            Function::Contains => Value::Bool(text(0)?.contains(&text(1)?)),
            Function::Count => match argument(0)? {
                Value::Nodes(nodes) => Value::Number(nodes.len() as f64),
                _ => return Err(Failure::new("count() in the XPath is given no nodes")),
            },
            Function::EndsWith => Value::Bool(text(0)?.ends_with(&text(1)?)),
            Function::False => Value::Bool(false),
            Function::Last => Value::Number(at.count as f64),
            Function::LocalName | Function::Name => match argument(0)? {
                Value::Nodes(nodes) => {
                    let name = nodes.first().and_then(|node| axes::name(self.tree, *node));
                    Value::Text(match name {
                        Some((prefix, local))
                            if function == Function::Name && !prefix.is_empty() =>
                        {
                            format!("{prefix}:{local}")
                        }
                        name => name.map_or("", |(_, local)| local).to_owned(),
                    })
                }
                _ => return Err(Failure::new("name() in the XPath is given no nodes")),
            },
            Function::NormalizeSpace => {
                let text = text(0)?;
                Value::Text(text.split_whitespace().collect::<Vec<_>>().join(" "))
            }
            Function::Not => Value::Bool(!truth(&argument(0)?)),
            Function::Number => Value::Number(self.as_number(&argument(0)?)?),
            Function::Position => Value::Number(at.position as f64),
            Function::StartsWith => Value::Bool(text(0)?.starts_with(&text(1)?)),
            Function::String => Value::Text(text(0)?),
            Function::StringLength => Value::Number(text(0)?.chars().count() as f64),
            Function::True => Value::Bool(true),
        })
    }
}

fn distinct(mut nodes: Vec<Found>) -> Vec<Found> {
    if nodes.len() > 1 {
        let mut seen = HashSet::with_capacity(nodes.len());
        nodes.retain(|node| seen.insert(*node));
    }
    nodes
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Nodes(nodes) => !nodes.is_empty(),
        Value::Text(text) => !text.is_empty(),
        Value::Number(number) => *number != 0.0 && !number.is_nan(),
        Value::Bool(bit) => *bit,
    }
}

fn number(text: &str) -> f64 {
    let text = text.trim();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    if is_number { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

fn holds(comparison: Comparison, order: Option<std::cmp::Ordering>) -> bool {
    match comparison {
        Comparison::Equal => order.is_some_and(std::cmp::Ordering::is_eq),
        Comparison::NotEqual => order.is_none_or(std::cmp::Ordering::is_ne),
        Comparison::Less => order.is_some_and(std::cmp::Ordering::is_lt),
        Comparison::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
        Comparison::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
        Comparison::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
    }
}

fn texts_compare(a: &str, comparison: Comparison, b: &str) -> bool {
    match comparison {
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
        _ => holds(comparison, number(a).partial_cmp(&number(b))),
    }
}
