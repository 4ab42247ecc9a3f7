//! Gives serde what it asks for, with upstream's strict types.

use serde::{
    Deserializer,
    de::{
        Unexpected, Visitor,
        value::{StrDeserializer, StringDeserializer},
    },
};

use super::{
    ANY_BUT_NULL, BOTH, OPTIONAL, OPTIONAL_SOME, Path, SECRET, Session, Union,
    access::{Elements, Entries, OneVariant, Repeated, Split},
    error::DecodeError,
};
use crate::settings::{Node, Scalar, Value};

/// What null stands for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Null {
    /// The default that the surrounding struct has for the field.
    FieldDefault,
    /// Zero, an empty text, or a section with all its defaults.
    Zero,
}

/// Reads one node.
#[derive(Clone, Copy)]
pub(super) struct Reader<'p, 'de> {
    pub(super) node: &'de Node,
    pub(super) path: &'p Path<'p>,
    pub(super) session: &'p Session,
    pub(super) null: Null,
    /// Set if other structs read the same map.
    pub(super) union: Option<&'p Union>,
    /// Whether the key `enabled` belongs to the optional section, not to its struct.
    pub(super) hides_enabled: bool,
}

impl<'p, 'de> Reader<'p, 'de> {
    pub(super) const fn new(node: &'de Node, path: &'p Path<'p>, session: &'p Session) -> Self {
        Self { node, path, session, null: Null::Zero, union: None, hides_enabled: false }
    }

    fn expected(&self, what: &str) -> DecodeError {
        DecodeError::wrong(format!("expected {what}, got {}", self.node.describe()))
    }

    fn null_or<T>(&self, zero: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
        match self.null {
            Null::FieldDefault => Err(DecodeError::null()),
            Null::Zero => zero(),
        }
    }

    fn number<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.scalar() {
            _ if self.node.is_null() => self.null_or(|| visitor.visit_u64(0)),
            Some(Scalar::Int(value)) => visit_int(visitor, value),
            // As upstream does it: the fraction is cut off.
            #[expect(clippy::cast_possible_truncation, reason = "checked against the range")]
            Some(Scalar::Float(value)) if value.abs() < 1e18 => visit_int(visitor, value as i128),
            _ => Err(self.expected("a whole number")),
        }
    }

    fn float<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.scalar() {
            _ if self.node.is_null() => self.null_or(|| visitor.visit_f64(0.0)),
            Some(Scalar::Float(value)) => visitor.visit_f64(value),
            #[expect(clippy::cast_precision_loss, reason = "as upstream does it")]
            Some(Scalar::Int(value)) => visitor.visit_f64(value as f64),
            _ => Err(self.expected("a number")),
        }
    }

    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.as_str() {
            Some(text) => visitor.visit_str(text),
            None if self.node.is_null() => self.null_or(|| visitor.visit_str("")),
            None if self.node.scalar().is_some() => {
                let got = self.node.describe();
                Err(DecodeError::wrong(format!("expected a string, got {got}; put it in quotes")))
            }
            None => Err(self.expected("a string")),
        }
    }

    fn secret<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.scalar().is_some() && self.node.as_str().is_none() {
            return Err(DecodeError::wrong("expected a string; put the value in quotes"));
        }
        self.text(visitor)
    }

    fn section<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let Some(enabled) = self.node.get("enabled") else {
            return visitor.visit_newtype_struct(self);
        };
        self.hides_enabled = true;
        match enabled.scalar() {
            Some(Scalar::Bool(true)) => visitor.visit_newtype_struct(self),
            Some(Scalar::Bool(false)) => visitor.visit_seq(Repeated::new(self, 1)),
            _ if enabled.is_null() => visitor.visit_newtype_struct(self),
            _ => {
                let got = enabled.describe();
                let message = format!("expected 'true' or 'false' for 'enabled', got {got}");
                let path = Path::Key(self.path, "enabled");
                Err(DecodeError::wrong(message).at(enabled, &path, self.session))
            }
        }
    }

    fn both<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.union.is_some() {
            return visitor.visit_seq(Repeated::new(self, 2));
        }
        let union = Union::of(&[]);
        let reader = Reader { union: Some(&union), ..self };
        let value = visitor.visit_seq(Repeated::new(reader, 2))?;
        let known = union.known.borrow();
        self.session.report_unknown(self.node, self.path, &known, self.hides_enabled);
        Ok(value)
    }
}

fn visit_int<'de, V: Visitor<'de>>(visitor: V, value: i128) -> Result<V::Value, DecodeError> {
    if let Ok(value) = u64::try_from(value) {
        return visitor.visit_u64(value);
    }
    match i64::try_from(value) {
        Ok(value) => visitor.visit_i64(value),
        Err(_) => {
            let unexpected = Unexpected::Other("a number beyond 64 bits");
            Err(serde::de::Error::invalid_value(unexpected, &visitor))
        }
    }
}

macro_rules! forward {
    ($to:ident: $($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            self.$to(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_, 'de> {
    type Error = DecodeError;

    forward! { number:
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }
    forward! { float: deserialize_f32 deserialize_f64 }
    forward! { text:
        deserialize_char deserialize_str deserialize_string deserialize_identifier
        deserialize_bytes deserialize_byte_buf
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match (&self.node.value, self.node.scalar()) {
            (Value::List(_), _) => self.deserialize_seq(visitor),
            (Value::Map(_), _) => self.deserialize_map(visitor),
            (_, Some(Scalar::Bool(value))) => visitor.visit_bool(value),
            (_, Some(Scalar::Int(value))) => visit_int(visitor, value),
            (_, Some(Scalar::Float(value))) => visitor.visit_f64(value),
            (_, Some(Scalar::String(text))) => {
                visitor.visit_str(self.node.raw.as_deref().unwrap_or(text))
            }
            (_, None) => visitor.visit_unit(),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.scalar() {
            Some(Scalar::Bool(value)) => visitor.visit_bool(value),
            _ if self.node.is_null() => self.null_or(|| visitor.visit_bool(false)),
            _ => Err(self.expected("true or false")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.is_null() { visitor.visit_unit() } else { Err(self.expected("nothing")) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Map(_) => {
                if self.union.is_none() {
                    self.session.report_unknown(self.node, self.path, &[], self.hides_enabled);
                }
                visitor.visit_unit()
            }
            _ => Err(self.expected(&format!("an empty map for {name}"))),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match name {
            ANY_BUT_NULL if self.node.is_null() => self.null_or(|| visitor.visit_unit()),
            ANY_BUT_NULL => self.deserialize_any(visitor),
            SECRET => self.secret(visitor),
            OPTIONAL if self.node.is_null() => visitor.visit_none(),
            OPTIONAL_SOME if self.node.is_null() => self.null_or(|| visitor.visit_none()),
            OPTIONAL | OPTIONAL_SOME => self.section(visitor),
            BOTH => self.both(visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::List(list) => visitor.visit_seq(Elements::new(self, list)),
            Value::Null => self.null_or(|| visitor.visit_seq(Split::new(""))),
            Value::Scalar { .. } => match self.node.as_str() {
                Some(text) => visitor.visit_seq(Split::new(text)),
                None => Err(self.expected("a list")),
            },
            Value::Map(_) => Err(self.expected("a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::Map(entries) => visitor.visit_map(Entries::of_map(self, entries)),
            Value::Null => self.null_or(|| visitor.visit_map(Entries::of_map(self, &[]))),
            _ => Err(self.expected("a map")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::Map(entries) => {
                let hides_enabled = self.hides_enabled && !fields.contains(&"enabled");
                match self.union {
                    Some(union) => union.add(fields),
                    None => {
                        self.session.report_unknown(self.node, self.path, fields, hides_enabled);
                    }
                }
                visitor.visit_map(Entries::of_struct(self, entries, fields))
            }
            Value::Null => self.null_or(|| visitor.visit_map(Entries::of_map(self, &[]))),
            _ => Err(self.expected("a map")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if let Value::Scalar { .. } = &self.node.value
            && let Some(text) = self.node.as_str()
        {
            return visitor.visit_enum(StrDeserializer::new(text));
        }
        match &self.node.value {
            Value::Null => self.null_or(|| {
                let empty: StringDeserializer<DecodeError> =
                    serde::de::IntoDeserializer::into_deserializer(String::new());
                visitor.visit_enum(empty)
            }),
            Value::Map(entries) => match entries.as_slice() {
                [entry] => visitor.visit_enum(OneVariant::new(self, entry)),
                _ => Err(self.expected(&format!("one key of {}", variants.join(", ")))),
            },
            _ => Err(self.expected(&format!("one of {}", variants.join(", ")))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }
}
