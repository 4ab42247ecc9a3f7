//! What a statement says, before anything is known of functions, contexts and fields.
//!
//! Source: the OTTL grammar of the Collector's `pkg/ottl`.

use std::ops::Range;

use super::math::Operator;

/// Where something stands in the text, in bytes.
pub type Extent = Range<usize>;

/// `editor(...) where condition`.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What is done.
    pub editor: Call,
    /// When it is done; always if there is none.
    pub condition: Option<Condition>,
}

/// What is true or false.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// One of them holds. At least two.
    Or(Vec<Self>),
    /// All of them hold. At least two.
    And(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// Two values compared.
    Compare(Expr, Comparison, Expr),
    /// A call of a converter that gives a boolean, or `true` or `false`.
    Value(Expr),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A value, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub extent: Extent,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `nil`
    Nil,
    /// `true` or `false`
    Bool(bool),
    /// `42`
    Int(i64),
    /// `4.2`
    Double(f64),
    /// `"text"`
    Text(String),
    /// `0x0a1b`
    Bytes(Vec<u8>),
    /// `[1, 2]`
    List(Vec<Expr>),
    /// `{"a": 1}`
    Map(Vec<(String, Expr)>),
    /// A bare upper-case word, such as `SPAN_KIND_SERVER`.
    Enum(String),
    /// A field of what is being worked on.
    Path(Path),
    /// A call of a converter, with what is taken from its result.
    Call(Call),
    /// `left + right`
    Math(Box<Expr>, Operator, Box<Expr>),
    /// `-value`
    Negative(Box<Expr>),
    /// The name of a function that is handed on, as in `replace_pattern(..., SHA256)`.
    Function(String),
    /// `(a, _) => value`
    Lambda(Lambda),
}

/// `(a, _) => value`
#[derive(Clone, Debug, PartialEq)]
pub struct Lambda {
    /// The names of its arguments; `_` for one that is not used.
    pub params: Vec<String>,
    /// What it gives.
    pub body: Box<LambdaBody>,
}

/// What a lambda gives.
#[derive(Clone, Debug, PartialEq)]
pub enum LambdaBody {
    /// A value.
    Value(Expr),
    /// Whether something is so.
    Condition(Condition),
}

/// `name(arguments)[keys]`
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The name of the function.
    pub name: String,
    /// Where the name stands.
    pub name_extent: Extent,
    /// What it is given.
    pub arguments: Vec<Argument>,
    /// What is taken from its result.
    pub keys: Vec<Key>,
    /// Where all of it stands.
    pub extent: Extent,
}

/// An argument, which may have its name before it: `name = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The name and where it stands.
    pub name: Option<(String, Extent)>,
    /// The value.
    pub value: Expr,
}

/// `context.field[key].field`, its context not yet told from its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// At least one.
    pub fields: Vec<Field>,
}

/// A part of a path between two points.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub extent: Extent,
    /// What is in brackets behind it.
    pub keys: Vec<Key>,
}

/// What is in brackets: a text, a number, or what gives one of them.
pub type Key = Expr;
