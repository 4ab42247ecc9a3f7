//! Writes what was read so that it reads the same again.

use crate::ottl::{
    math::Operator,
    syntax::{Call, Comparison, Condition, Expr, ExprKind, LambdaBody, Statement},
};

pub(super) fn statement(statement: &Statement) -> String {
    let editor = call(&statement.editor);
    match &statement.condition {
        Some(condition) => format!("{editor} where {}", self::condition(condition)),
        None => editor,
    }
}

pub(super) fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Or(any) => join(any, " or "),
        Condition::And(all) => join(all, " and "),
        Condition::Not(inner) => format!("not ({})", self::condition(inner)),
        Condition::Compare(left, comparison, right) => {
            format!("{} {} {}", value(left), sign(*comparison), value(right))
        }
        Condition::Value(inner) => value(inner),
    }
}

fn join(conditions: &[Condition], sign: &str) -> String {
    let parts = conditions.iter().map(|part| format!("({})", condition(part)));
    parts.collect::<Vec<_>>().join(sign)
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn operator(operator: Operator) -> char {
    match operator {
        Operator::Add => '+',
        Operator::Subtract => '-',
        Operator::Multiply => '*',
        Operator::Divide => '/',
    }
}

pub(super) fn value(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Nil => "nil".into(),
        ExprKind::Bool(bool) => bool.to_string(),
        ExprKind::Int(int) => int.to_string(),
        ExprKind::Double(double) => match format!("{double:?}").split_once('e') {
            Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.e{exponent}"),
            _ => format!("{double:?}"),
        },
        ExprKind::Text(text) => quoted(text),
        ExprKind::Bytes(bytes) => {
            format!("0x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
        ExprKind::List(values) => {
            format!("[{}]", values.iter().map(self::value).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", quoted(key), self::value(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        ExprKind::Enum(word) | ExprKind::Function(word) => word.clone(),
        ExprKind::Path(path) => {
            let fields =
                path.fields.iter().map(|field| format!("{}{}", field.name, keys(&field.keys)));
            fields.collect::<Vec<_>>().join(".")
        }
        ExprKind::Call(inner) => call(inner),
        ExprKind::Math(left, sign, right) => {
            format!("({} {} {})", self::value(left), operator(*sign), self::value(right))
        }
        ExprKind::Negative(inner) => format!("-({})", self::value(inner)),
        ExprKind::Lambda(lambda) => {
            let body = match &*lambda.body {
                LambdaBody::Value(inner) => self::value(inner),
                LambdaBody::Condition(inner) => format!("({})", condition(inner)),
            };
            format!("({}) => {body}", lambda.params.join(", "))
        }
    }
}

fn call(call: &Call) -> String {
    let arguments = call.arguments.iter().map(|argument| match &argument.name {
        Some((name, _)) => format!("{name} = {}", value(&argument.value)),
        None => value(&argument.value),
    });
    let arguments = arguments.collect::<Vec<_>>().join(", ");
    format!("{}({arguments}){}", call.name, keys(&call.keys))
}

fn keys(keys: &[Expr]) -> String {
    keys.iter().map(|key| format!("[{}]", value(key))).collect()
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if char.is_ascii_control() => quoted += &format!("\\x{:02x}", u32::from(char)),
            char => quoted.push(char),
        }
    }
    quoted + "\""
}
