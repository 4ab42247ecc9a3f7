//! A small part of OTTL, written and run without looking at how we do it.

use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, KeyValue, KeyValueList, any_value::Value,
};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::testing::mirror::entry;

/// What statements change: attributes, those of its resource, and a text.
pub(super) struct Thing<'a> {
    pub own: &'a mut Vec<KeyValue>,
    pub resource: &'a mut Vec<KeyValue>,
    pub text: &'a mut String,
}

/// A statement.
#[derive(Clone, Debug)]
pub(super) struct Line {
    edit: Edit,
    on: Side,
    only_if: Option<Test>,
}

#[derive(Clone, Copy, Debug)]
enum Side {
    Own,
    Resource,
}

#[derive(Clone, Debug)]
enum Edit {
    Set(Key, Literal),
    Copy(Key, Side, Key),
    SetText(&'static str),
    Delete(Key),
    Keep(Vec<Key>),
    DeleteMatching,
    Merge(Vec<(Key, Literal)>, &'static str),
    Limit(usize, bool),
    Truncate(usize),
    Replace(Key),
    Append(Key, Literal),
}

#[derive(Clone, Debug)]
enum Test {
    Has(Side, Key),
    Equals(Side, Key, Literal),
    Less(Side, Key, i64),
    Text(&'static str),
    Not(Box<Test>),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
}

type Key = &'static str;

#[derive(Clone, Debug)]
enum Literal {
    Str(&'static str),
    Int(i64),
    Double(f64),
    Bool(bool),
}

const TEXTS: [&str; 4] = ["", "a", "baab", "grüße aus a"];

fn key() -> impl Strategy<Value = Key> {
    select(vec!["a", "b", "c", "d.e"])
}

fn text() -> impl Strategy<Value = &'static str> {
    select(TEXTS.to_vec())
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        3 => text().prop_map(Literal::Str),
        3 => (-2..3_i64).prop_map(Literal::Int),
        1 => select(vec![-2.5, 0.5, 1.0]).prop_map(Literal::Double),
        1 => any::<bool>().prop_map(Literal::Bool),
    ]
}

/// Attributes whose keys are there once.
pub(super) fn unique() -> impl Strategy<Value = Vec<KeyValue>> {
    let scalar = || literal().prop_map(|literal| literal.value());
    let value = prop_oneof![
        6 => scalar(),
        1 => vec(scalar(), 0..3).prop_map(|values| AnyValue {
            value: Some(Value::ArrayValue(ArrayValue { values })),
        }),
        1 => (key(), scalar()).prop_map(|(key, value)| AnyValue {
            value: Some(Value::KvlistValue(KeyValueList { values: vec![entry(key, &value)] })),
        }),
    ];
    vec((key(), value), 0..5).prop_map(|entries| {
        let mut attributes: Vec<KeyValue> = Vec::new();
        for (key, value) in entries {
            if get(&attributes, key).is_none() {
                attributes.push(entry(key, &value));
            }
        }
        attributes
    })
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![3 => Just(Side::Own), 1 => Just(Side::Resource)]
}

fn test() -> impl Strategy<Value = Test> {
    let leaf = prop_oneof![
        (side(), key()).prop_map(|(side, key)| Test::Has(side, key)),
        (side(), key(), literal()).prop_map(|(side, key, value)| Test::Equals(side, key, value)),
        (side(), key(), -2..3_i64).prop_map(|(side, key, value)| Test::Less(side, key, value)),
        text().prop_map(Test::Text),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let pair = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            inner.clone().prop_map(|test| Test::Not(Box::new(test))),
            pair().prop_map(|(a, b)| Test::And(a, b)),
            pair().prop_map(|(a, b)| Test::Or(a, b)),
        ]
    })
}

/// Any statement.
pub(super) fn line() -> impl Strategy<Value = Line> {
    let strategies = vec!["insert", "update", "upsert"];
    let edit = prop_oneof![
        4 => (key(), literal()).prop_map(|(key, value)| Edit::Set(key, value)),
        2 => (key(), side(), key()).prop_map(|(to, side, from)| Edit::Copy(to, side, from)),
        1 => text().prop_map(Edit::SetText),
        2 => key().prop_map(Edit::Delete),
        1 => vec(key(), 0..3).prop_map(Edit::Keep),
        1 => Just(Edit::DeleteMatching),
        2 => (vec((key(), literal()), 0..3), select(strategies)).prop_map(|(entries, strategy)| {
            let mut unique: Vec<(Key, Literal)> = Vec::new();
            for (key, value) in entries {
                if unique.iter().all(|(known, _)| *known != key) {
                    unique.push((key, value));
                }
            }
            Edit::Merge(unique, strategy)
        }),
        1 => (1..4_usize, any::<bool>()).prop_map(|(limit, first)| Edit::Limit(limit, first)),
        1 => (0..6_usize).prop_map(Edit::Truncate),
        2 => key().prop_map(Edit::Replace),
        2 => (key(), literal()).prop_map(|(key, value)| Edit::Append(key, value)),
    ];
    (edit, side(), proptest::option::of(test())).prop_map(|(edit, on, only_if)| Line {
        edit,
        on,
        only_if,
    })
}

impl Literal {
    fn value(&self) -> AnyValue {
        AnyValue {
            value: Some(match self {
                Self::Str(text) => Value::StringValue((*text).to_owned()),
                Self::Int(int) => Value::IntValue(*int),
                Self::Double(double) => Value::DoubleValue(*double),
                Self::Bool(bit) => Value::BoolValue(*bit),
            }),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Str(text) => format!("{text:?}"),
            Self::Int(int) => int.to_string(),
            Self::Double(double) => format!("{double:?}"),
            Self::Bool(bit) => bit.to_string(),
        }
    }
}

impl Side {
    const fn path(self) -> &'static str {
        match self {
            Self::Own => "attributes",
            Self::Resource => "resource.attributes",
        }
    }

    fn at(self, key: &str) -> String {
        format!("{}[{key:?}]", self.path())
    }
}

impl Test {
    fn text(&self, field: &str) -> String {
        match self {
            Self::Has(side, key) => format!("{} != nil", side.at(key)),
            Self::Equals(side, key, value) => format!("{} == {}", side.at(key), value.text()),
            Self::Less(side, key, value) => format!("{} < {value}", side.at(key)),
            Self::Text(text) => format!("{field} == {text:?}"),
            Self::Not(test) => format!("not ({})", test.text(field)),
            Self::And(a, b) => format!("({}) and ({})", a.text(field), b.text(field)),
            Self::Or(a, b) => format!("({}) or ({})", a.text(field), b.text(field)),
        }
    }
}

impl Line {
    /// The statement in OTTL.
    pub(super) fn text(&self, field: &str) -> String {
        let map = self.on.path();
        let at = |key: &Key| self.on.at(key);
        let edit = match &self.edit {
            Edit::Set(key, value) => format!("set({}, {})", at(key), value.text()),
            Edit::Copy(key, side, from) => format!("set({}, {})", at(key), side.at(from)),
            Edit::SetText(text) => format!("set({field}, {text:?})"),
            Edit::Delete(key) => format!("delete_key({map}, {key:?})"),
            Edit::Keep(keys) => format!("keep_keys({map}, {keys:?})"),
            Edit::DeleteMatching => format!("delete_matching_keys({map}, \"^[ab]$\")"),
            Edit::Merge(entries, strategy) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| format!("{key:?}: {}", value.text()))
                    .collect();
                format!("merge_maps({map}, {{{}}}, {strategy:?})", entries.join(", "))
            }
            Edit::Limit(limit, false) => format!("limit({map}, {limit}, [])"),
            Edit::Limit(limit, true) => format!("limit({map}, {limit}, [\"c\"])"),
            Edit::Truncate(limit) => format!("truncate_all({map}, {limit})"),
            Edit::Replace(key) => format!("replace_pattern({}, \"a+\", \"x\")", at(key)),
            Edit::Append(key, value) => format!("append({}, {})", at(key), value.text()),
        };
        match &self.only_if {
            None => edit,
            Some(test) => format!("{edit} where {}", test.text(field)),
        }
    }
}

fn get(attributes: &[KeyValue], key: &str) -> Option<Value> {
    attributes.iter().find(|entry| entry.key == key)?.value.clone()?.value
}

fn set(attributes: &mut Vec<KeyValue>, key: &str, value: Value) {
    let value = AnyValue { value: Some(value) };
    match attributes.iter_mut().find(|entry| entry.key == key) {
        Some(found) => found.value = Some(value),
        None => attributes.push(entry(key, &value)),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::IntValue(int) => Some(*int as f64),
        Value::DoubleValue(double) => Some(*double),
        _ => None,
    }
}

/// The longest part of so many bytes that ends with a whole character.
fn cut(text: &str, limit: usize) -> String {
    let ends = text.char_indices().map(|(start, char)| start + char.len_utf8());
    text[..ends.take_while(|end| *end <= limit).last().unwrap_or(0)].to_owned()
}

/// The text with an x for each run of the letter a.
fn replaced(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            'a' if out.ends_with('x') => {}
            'a' => out.push('x'),
            other => out.push(other),
        }
    }
    out
}

impl Thing<'_> {
    fn side(&mut self, side: Side) -> &mut Vec<KeyValue> {
        match side {
            Side::Own => &mut *self.own,
            Side::Resource => &mut *self.resource,
        }
    }

    fn holds(&mut self, test: &Test) -> bool {
        match test {
            Test::Has(side, key) => get(self.side(*side), key).is_some(),
            Test::Equals(side, key, literal) => {
                let (Some(found), Some(wanted)) =
                    (get(self.side(*side), key), literal.value().value)
                else {
                    return false;
                };
                match (number(&found), number(&wanted)) {
                    (Some(found), Some(wanted)) => found == wanted,
                    _ => found == wanted,
                }
            }
            Test::Less(side, key, than) => get(self.side(*side), key)
                .and_then(|found| number(&found))
                .is_some_and(|found| found < *than as f64),
            Test::Text(text) => self.text == text,
            Test::Not(test) => !self.holds(test),
            Test::And(a, b) => self.holds(a) && self.holds(b),
            Test::Or(a, b) => self.holds(a) || self.holds(b),
        }
    }

    /// Runs one statement.
    pub(super) fn run(&mut self, line: &Line) {
        if line.only_if.as_ref().is_some_and(|test| !self.holds(test)) {
            return;
        }
        let copied = match &line.edit {
            Edit::Copy(_, side, from) => get(self.side(*side), from),
            Edit::SetText(text) => {
                *self.text = (*text).to_owned();
                return;
            }
            _ => None,
        };
        let map = self.side(line.on);
        match &line.edit {
            Edit::Set(key, literal) => set(map, key, literal.value().value.unwrap()),
            Edit::Copy(key, ..) => copied.into_iter().for_each(|value| set(map, key, value)),
            Edit::SetText(_) => {}
            Edit::Delete(key) => map.retain(|entry| entry.key != *key),
            Edit::Keep(keys) => map.retain(|entry| keys.contains(&entry.key.as_str())),
            Edit::DeleteMatching => map.retain(|entry| !["a", "b"].contains(&entry.key.as_str())),
            Edit::Merge(entries, strategy) => {
                for (key, literal) in entries {
                    let is_there = get(map, key).is_some();
                    if *strategy == "upsert" || is_there == (*strategy == "update") {
                        set(map, key, literal.value().value.unwrap());
                    }
                }
            }
            Edit::Limit(limit, has_first) => {
                let is_first = |entry: &KeyValue| *has_first && entry.key == "c";
                let mut left = limit - usize::from(map.iter().any(is_first));
                if map.len() > *limit {
                    map.retain(|entry| {
                        is_first(entry) || left.checked_sub(1).map(|less| left = less).is_some()
                    });
                }
            }
            Edit::Truncate(limit) => each_text(map, |text| cut(text, *limit)),
            Edit::Replace(key) => {
                if let Some(Value::StringValue(text)) = get(map, key) {
                    set(map, key, Value::StringValue(replaced(&text)));
                }
            }
            Edit::Append(key, literal) => {
                let mut values = match get(map, key) {
                    None => Vec::new(),
                    Some(Value::ArrayValue(array)) => array.values,
                    // A map cannot become an element, so the statement fails.
                    Some(Value::KvlistValue(_)) => return,
                    Some(other) => vec![AnyValue { value: Some(other) }],
                };
                values.push(literal.value());
                set(map, key, Value::ArrayValue(ArrayValue { values }));
            }
        }
    }
}

fn each_text(map: &mut [KeyValue], change: impl Fn(&str) -> String) {
    for entry in map {
        if let Some(AnyValue { value: Some(Value::StringValue(text)) }) = &mut entry.value {
            *text = change(text);
        }
    }
}
