use std::fmt::Debug;

use proptest::{collection::vec, prelude::*, sample::select};
use regex::Regex;

use super::{condition, statement, value};
use crate::ottl::{
    lex::MAX_BYTES,
    math::Operator,
    syntax::{
        Argument, Call, Comparison, Condition, Expr, ExprKind, Field, Lambda, LambdaBody, Path,
        Statement,
    },
};

mod accepted;
mod mistakes;
mod print;

/// What is said, without where it stands.
fn shape(read: &impl Debug) -> String {
    Regex::new(r"\d+\.\.\d+").unwrap().replace_all(&format!("{read:?}"), "_").into_owned()
}

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, extent: 0..0 }
}

fn word() -> impl Strategy<Value = String> {
    select(vec!["a", "name", "span_id", "where", "nilly", "x1", "e5"]).prop_map_into()
}

fn constant() -> impl Strategy<Value = ExprKind> {
    prop_oneof![
        Just(ExprKind::Nil),
        any::<bool>().prop_map(ExprKind::Bool),
        (0..i64::MAX).prop_map(ExprKind::Int),
        (0.0..f64::MAX).prop_map(ExprKind::Double),
        (0.0..1e-5_f64).prop_map(ExprKind::Double),
        any::<String>().prop_map(ExprKind::Text),
        vec(any::<u8>(), 1..4).prop_map(ExprKind::Bytes),
        select(vec!["FOO", "SPAN_KIND_SERVER", "A1"]).prop_map(|word| ExprKind::Enum(word.into())),
    ]
}

fn key(inner: impl Strategy<Value = ExprKind>) -> impl Strategy<Value = Expr> {
    prop_oneof![
        any::<String>().prop_map(ExprKind::Text),
        (0..9_i64).prop_map(ExprKind::Int),
        inner.prop_filter("not a key", is_operand),
    ]
    .prop_map(expr)
}

fn is_operand(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Int(_)
            | ExprKind::Double(_)
            | ExprKind::Path(_)
            | ExprKind::Call(_)
            | ExprKind::Math(..)
            | ExprKind::Negative(_)
    )
}

fn number() -> impl Strategy<Value = ExprKind> {
    prop_oneof![(0..9_i64).prop_map(ExprKind::Int), (0.0..9.0).prop_map(ExprKind::Double)]
}

fn path(inner: BoxedStrategy<ExprKind>) -> impl Strategy<Value = ExprKind> {
    let field = (word(), vec(key(inner), 0..2));
    let field = field.prop_map(|(name, keys)| Field { name, extent: 0..0, keys });
    vec(field, 1..3).prop_map(|fields| ExprKind::Path(Path { fields }))
}

fn call(
    name: &'static [&'static str],
    inner: BoxedStrategy<ExprKind>,
) -> impl Strategy<Value = Call> {
    let function = select(vec!["Sha", "IsMatch"]).prop_map(|name| ExprKind::Function(name.into()));
    let value = prop_oneof![8 => inner.clone(), 1 => lambda(inner.clone()), 1 => function];
    let argument = value.prop_map(|kind| Argument { name: None, value: expr(kind) });
    let named = (word(), inner.clone());
    let named =
        named.prop_map(|(name, kind)| Argument { name: Some((name, 0..0)), value: expr(kind) });
    (select(name), vec(argument, 0..3), vec(named, 0..2), vec(key(inner), 0..2)).prop_map(
        |(name, mut arguments, named, keys)| {
            arguments.extend(named);
            Call { name: name.into(), name_extent: 0..0, arguments, keys, extent: 0..0 }
        },
    )
}

fn lambda(inner: BoxedStrategy<ExprKind>) -> impl Strategy<Value = ExprKind> {
    let condition = conditions(inner.clone())
        .prop_filter("reads as a value", |condition| {
            !matches!(condition, Condition::Value(Expr { kind: ExprKind::Call(_), .. }))
        })
        .prop_map(LambdaBody::Condition);
    let body = prop_oneof![inner.prop_map(|kind| LambdaBody::Value(expr(kind))), condition];
    (vec(select(vec!["a", "_"]), 0..3), body).prop_map(|(params, body)| {
        let params = params.into_iter().map(Into::into).collect();
        ExprKind::Lambda(Lambda { params, body: Box::new(body) })
    })
}

fn math(inner: BoxedStrategy<ExprKind>) -> impl Strategy<Value = ExprKind> {
    let operand = prop_oneof![number(), inner.prop_filter("no operand", is_operand)];
    let operand = operand.prop_map(|kind| Box::new(expr(kind))).boxed();
    let operator =
        select(vec![Operator::Add, Operator::Subtract, Operator::Multiply, Operator::Divide]);
    prop_oneof![
        operand.clone().prop_map(ExprKind::Negative),
        (operand.clone(), operator, operand).prop_map(|(l, o, r)| ExprKind::Math(l, o, r)),
    ]
}

const CONVERTERS: &[&str] = &["IsMatch", "SHA256", "A1b"];
const EDITORS: &[&str] = &["set", "delete_key", "replaceAll"];

fn values() -> BoxedStrategy<ExprKind> {
    let leaf = prop_oneof![
        constant(),
        word().prop_map(|name| {
            ExprKind::Path(Path { fields: vec![Field { name, extent: 0..0, keys: Vec::new() }] })
        })
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let exprs = vec(inner.clone().prop_map(expr), 0..3);
        let entries = vec((any::<String>(), inner.clone().prop_map(expr)), 0..3);
        prop_oneof![
            exprs.prop_map(ExprKind::List),
            entries.prop_map(ExprKind::Map),
            path(inner.clone()),
            call(CONVERTERS, inner.clone()).prop_map(ExprKind::Call),
            math(inner),
        ]
    })
    .boxed()
}

fn conditions(value: BoxedStrategy<ExprKind>) -> BoxedStrategy<Condition> {
    let comparison = select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let compare = (value.clone(), comparison, value.clone());
    let leaf = prop_oneof![
        compare.prop_map(|(left, by, right)| Condition::Compare(expr(left), by, expr(right))),
        any::<bool>().prop_map(|bool| Condition::Value(expr(ExprKind::Bool(bool)))),
        select(CONVERTERS).prop_map(|name| {
            let name = name.to_owned();
            let (arguments, keys) = (Vec::new(), Vec::new());
            let call = Call { name, name_extent: 0..0, arguments, keys, extent: 0..0 };
            Condition::Value(expr(ExprKind::Call(call)))
        }),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Condition::Or),
            vec(inner.clone(), 2..4).prop_map(Condition::And),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
    .boxed()
}

fn statements() -> impl Strategy<Value = Statement> {
    let editor = call(EDITORS, values()).prop_map(|call| Call { keys: Vec::new(), ..call });
    (editor, proptest::option::of(conditions(values())))
        .prop_map(|(editor, condition)| Statement { editor, condition })
}

fn any_tokens() -> impl Strategy<Value = String> {
    const TOKENS: &[&str] = &[
        "(", ")", "[", "]", "{", "}", ",", ".", ":", "=", "==", "=>", "<", "+", "-", "*", "/", "a",
        "b", "F", "Foo", "FOO", "\"x\"", "\"\\", "'", "1", "2.5", ".5", "0x0a", "08", "nil",
        "true", "not", "and", "or", "where", "_", " ", "\n", "é", "set(", "F(", "(a) =>",
    ];
    vec(prop_oneof![9 => select(TOKENS).prop_map_into(), 1 => any::<String>()], 0..24)
        .prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_the_same(written in statements()) {
        let text = print::statement(&written);
        let read = statement(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(shape(&read), shape(&written), "{}", text);
    }

    #[test]
    fn any_tokens_are_read_or_refused(text in any_tokens()) {
        let refused = [statement(&text).err(), condition(&text).err(), value(&text).err()];
        for error in refused.into_iter().flatten() {
            prop_assert!(text.get(error.extent.clone()).is_some());
            prop_assert_eq!(error.to_string().lines().count(), 3, "{}", error);
        }
    }
}

#[test]
fn extents_are_those_of_the_text() {
    let text = "set(a.b[\"k\"], -Len(c)[0] * (1 + 2), n = {}) where not d == [1]";
    let read = statement(text).unwrap();
    let said = |extent: &std::ops::Range<usize>| &text[extent.clone()];
    let editor = &read.editor;
    assert_eq!(said(&editor.name_extent), "set");
    assert_eq!(said(&editor.extent), "set(a.b[\"k\"], -Len(c)[0] * (1 + 2), n = {})");
    let values: Vec<&str> = editor.arguments.iter().map(|a| said(&a.value.extent)).collect();
    assert_eq!(values, ["a.b[\"k\"]", "-Len(c)[0] * (1 + 2)", "{}"]);
    let ExprKind::Math(left, _, right) = &editor.arguments[1].value.kind else { panic!() };
    assert_eq!((said(&left.extent), said(&right.extent)), ("-Len(c)[0]", "(1 + 2)"));
    let (name, extent) = editor.arguments[2].name.as_ref().unwrap();
    assert_eq!((name.as_str(), said(extent)), ("n", "n"));
    let ExprKind::Path(path) = &editor.arguments[0].value.kind else { panic!() };
    assert_eq!(said(&path.fields[1].extent), "b");
    assert_eq!(said(&path.fields[1].keys[0].extent), "\"k\"");
    let Some(Condition::Not(inner)) = &read.condition else { panic!() };
    let Condition::Compare(left, _, right) = &**inner else { panic!() };
    assert_eq!((said(&left.extent), said(&right.extent)), ("d", "[1]"));
}

#[test]
fn nesting_has_a_limit() {
    for (open, inside, close) in [
        ("(", "true", ")"),
        ("not (", "true", ")"),
        ("F((a) => ", "true", ")"),
        ("F(", "", ")"),
        ("F()[", "1", "]"),
    ] {
        let text =
            |levels: usize| format!("{}{inside}{}", open.repeat(levels), close.repeat(levels));
        condition(&text(31)).unwrap_or_else(|error| panic!("{error}"));
        for levels in [65, 10_000] {
            let error = condition(&text(levels)).unwrap_err();
            assert_eq!(error.message, "nested more than the 64 levels allowed", "{open}");
        }
    }
    for (open, inside, close) in
        [("[", "", "]"), ("{\"a\":", "1", "}"), ("(", "1", ")"), ("-(", "1", ")")]
    {
        let text =
            |levels: usize| format!("{}{inside}{}", open.repeat(levels), close.repeat(levels));
        value(&text(64)).unwrap_or_else(|error| panic!("{error}"));
        for levels in [65, 10_000] {
            let error = value(&text(levels)).unwrap_err();
            assert_eq!(error.message, "nested more than the 64 levels allowed", "{open}");
        }
    }
}

#[test]
fn operators_have_a_limit() {
    value(&format!("1{}", " + 1".repeat(256))).unwrap();
    let error = value(&format!("1{}", " * 1".repeat(100_000))).unwrap_err();
    assert_eq!(error.message, "more than the 256 operators allowed");
}

#[test]
fn conditions_in_a_row_have_no_limit() {
    let Condition::Or(any) = condition(&format!("true{}", " or true".repeat(10_000))).unwrap()
    else {
        panic!();
    };
    assert_eq!(any.len(), 10_001);
}

#[test]
fn long_texts_are_refused() {
    let error = statement(&format!("set(a, \"{}\")", "é".repeat(MAX_BYTES))).unwrap_err();
    assert_eq!(error.message, "2097162 bytes are more than the 1048576 allowed");
}

#[test]
fn lambdas_in_lambdas_take_no_longer_the_deeper_they_are() {
    for close in [")))", ") and true))", ")) == 1)"] {
        let text = format!("{}b{}", "F((a) => (G(".repeat(16), close.repeat(16));
        value(&text).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn long_texts_do_not_take_long() {
    let many = 30_000;
    value(&format!("[{}]", "a ".repeat(many))).unwrap();
    value(&format!("[{}]", "A ".repeat(many))).unwrap();
    value(&format!("[{}", "a ".repeat(many))).unwrap_err();
    statement(&"a ".repeat(many)).unwrap_err();
    value(&format!("(a) => {}true{}", "(".repeat(many), ")".repeat(many))).unwrap_err();
    value(&format!("(a) => {}{}", "(".repeat(many), "[".repeat(many))).unwrap_err();
    value(&format!("[{}]", "() => (a) ".repeat(many / 5))).unwrap();
    condition(&format!("true{}", " or (true)".repeat(many / 5))).unwrap();
    condition(&"(a == 1 or ".repeat(many / 5)).unwrap_err();
}
