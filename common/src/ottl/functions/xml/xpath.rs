//! The part of XPath 1.0 that picks nodes: paths with predicates that ask for positions, names and texts.
//!
//! Not in it: arithmetic, variables, and the axes `following`, `preceding` and `namespace`. As in Go's
//! `xmlquery`, white space between elements is passed over, unless it comes first.

mod axes;
mod evaluate;
mod parse;

use super::tree::{Id, Tree};
use crate::ottl::failure::Failure;

/// A path.
#[derive(Debug)]
pub(super) struct XPath(Expr);

/// A node, or an attribute of it by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) id: Id,
    pub(super) attribute: Option<usize>,
}

#[derive(Debug)]
enum Expr {
    /// Steps from the root or from what is looked at.
    Path(Origin, Vec<Step>),
    Union(Vec<Self>),
    Or(Vec<Self>),
    And(Vec<Self>),
    Compare(Box<Self>, Comparison, Box<Self>),
    Text(String),
    Number(f64),
    Call(Function, Vec<Self>),
}

#[derive(Debug)]
enum Origin {
    Root,
    Here,
    /// What another expression gives, of which predicates choose.
    Expr(Box<Expr>, Vec<Expr>),
}

#[derive(Debug)]
struct Step {
    axis: Axis,
    test: Test,
    predicates: Vec<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Child,
    Descendant,
    DescendantOrSelf,
    Itself,
    Parent,
    Ancestor,
    AncestorOrSelf,
    Attribute,
    FollowingSibling,
    PrecedingSibling,
}

const AXES: [(&str, Axis); 10] = [
    ("child", Axis::Child),
    ("descendant", Axis::Descendant),
    ("descendant-or-self", Axis::DescendantOrSelf),
    ("self", Axis::Itself),
    ("parent", Axis::Parent),
    ("ancestor", Axis::Ancestor),
    ("ancestor-or-self", Axis::AncestorOrSelf),
    ("attribute", Axis::Attribute),
    ("following-sibling", Axis::FollowingSibling),
    ("preceding-sibling", Axis::PrecedingSibling),
];

#[derive(Debug, PartialEq, Eq)]
enum Test {
    Name { prefix: String, local: String },
    AnyName,
    Node,
    Text,
    Comment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Boolean,
    Concat,
    Contains,
    Count,
    EndsWith,
    False,
    Last,
    LocalName,
    Name,
    NormalizeSpace,
    Not,
    Number,
    Position,
    StartsWith,
    String,
    StringLength,
    True,
}

/// The functions by their names, with the least and the most arguments.
const FUNCTIONS: [(&str, Function, usize, usize); 17] = [
    ("boolean", Function::Boolean, 1, 1),
    ("concat", Function::Concat, 2, 32),
    ("contains", Function::Contains, 2, 2),
    ("count", Function::Count, 1, 1),
    ("ends-with", Function::EndsWith, 2, 2),
    ("false", Function::False, 0, 0),
    ("last", Function::Last, 0, 0),
    ("local-name", Function::LocalName, 0, 1),
    ("name", Function::Name, 0, 1),
    ("normalize-space", Function::NormalizeSpace, 0, 1),
    ("not", Function::Not, 1, 1),
    ("number", Function::Number, 1, 1),
    ("position", Function::Position, 0, 0),
    ("starts-with", Function::StartsWith, 2, 2),
    ("string", Function::String, 0, 1),
    ("string-length", Function::StringLength, 1, 1),
    ("true", Function::True, 0, 0),
];

impl XPath {
    /// Reads a path.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let expr = parse::parse(text)?;
        match expr {
            Expr::Path(..) | Expr::Union(_) => Ok(Self(expr)),
            _ => Err(format!("the XPath {text:?} gives no nodes")),
        }
    }

    /// `/`
    pub(super) const fn root() -> Self {
        Self(Expr::Path(Origin::Root, Vec::new()))
    }

    /// `//@*`
    pub(super) fn all_attributes() -> Self {
        let step = |axis, test| Step { axis, test, predicates: Vec::new() };
        let steps =
            vec![step(Axis::DescendantOrSelf, Test::Node), step(Axis::Attribute, Test::AnyName)];
        Self(Expr::Path(Origin::Root, steps))
    }

    /// The nodes that it picks, each once, as they are found: from step to step, and along each axis.
    pub(super) fn select(&self, tree: &Tree) -> Result<Vec<Found>, Failure> {
        evaluate::select(&self.0, tree)
    }
}
