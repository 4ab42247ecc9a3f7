//! What is known of the request: `otelcol.client` and `otelcol.grpc`.

use crate::{
    otlp::any_value::OwnedValue,
    ottl::value::{Map, Value},
    pipeline::RequestContext,
};

/// A property of the request. None can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ottl) enum RequestField {
    /// The address of the client.
    Address,
    /// What its authenticator knows of it.
    AuthAttributes,
    /// The metadata that came with it.
    Metadata,
}

impl RequestField {
    /// The property that the parts of a path behind `otelcol` name, and how many of them do.
    pub(in crate::ottl) fn find(parts: &[&str]) -> Option<(Self, usize)> {
        Some(match parts {
            ["client", "addr", ..] => (Self::Address, 2),
            ["client", "auth", "attributes", ..] => (Self::AuthAttributes, 3),
            ["client" | "grpc", "metadata", ..] => (Self::Metadata, 2),
            _ => return None,
        })
    }

    /// The names of all properties.
    pub(in crate::ottl) const NAMES: [&'static str; 4] =
        ["client.addr", "client.auth.attributes", "client.metadata", "grpc.metadata"];

    pub(super) fn get(self, request: &RequestContext) -> Value<'static> {
        match self {
            Self::Address => {
                request.peer().map_or(Value::Nil, |peer| Value::from(peer.to_string()))
            }
            Self::AuthAttributes => {
                let attributes = request.identity().iter();
                let entries = attributes.map(|(name, value)| (name.to_owned(), value.into()));
                Value::Map(Map::new(entries.collect()))
            }
            Self::Metadata => {
                let mut entries: Vec<(String, OwnedValue)> = Vec::new();
                for (name, value) in request.all_metadata() {
                    match super::keys::entry(&mut entries, name) {
                        OwnedValue::Array(values) => values.push((&**value).into()),
                        empty => *empty = OwnedValue::Array(vec![(&**value).into()]),
                    }
                }
                Value::Map(Map::new(entries))
            }
        }
    }
}
