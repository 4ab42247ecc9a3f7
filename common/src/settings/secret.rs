//! Texts that no log, error or printed config may show.

use std::{borrow::Cow, cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};

const REDACTED: &str = "[REDACTED]";

thread_local! {
    static IS_UNREDACTED: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, secrets of this thread are serialized as they are.
///
/// For `print-config --mode unredacted` alone; `Debug` and `Display` stay closed.
#[derive(Debug)]
pub struct Unredacted {
    before: bool,
    // Dropping it on another thread would close the wrong one.
    _not_send: std::marker::PhantomData<*const ()>,
}

impl Unredacted {
    /// Opens secrets to serialization.
    #[must_use]
    pub fn open() -> Self {
        let before = IS_UNREDACTED.replace(true);
        Self { before, _not_send: std::marker::PhantomData }
    }
}

impl Unredacted {
    /// Whether secrets of this thread are open.
    #[must_use]
    pub fn is_open() -> bool {
        IS_UNREDACTED.get()
    }
}

impl Drop for Unredacted {
    fn drop(&mut self) {
        IS_UNREDACTED.set(self.before);
    }
}

/// A password, token or key.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret {
    text: String,
}

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The text itself. Never put it in a log or an error.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Whether nothing is set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_shown = self.text.is_empty() || IS_UNREDACTED.get();
        serializer.serialize_str(if is_shown { &self.text } else { REDACTED })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(super::decode::SECRET, SecretVisitor)
    }
}

struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Secret, D::Error> {
        inner.deserialize_string(self)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret::new(text))
    }
}

/// A text without the passwords that stand in its URLs, `scheme://user:password@host`.
#[must_use]
pub fn without_passwords(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after.find(['/', '?', '#', '"', '\'', ' ']).unwrap_or(after.len());
        let (authority, behind) = after.split_at(end);
        shown.push_str(before);
        shown.push_str("://");
        match authority.rsplit_once('@').map(|(user, host)| (user.split_once(':'), host)) {
            Some((Some((user, _)), host)) => shown.push_str(&format!("{user}:{REDACTED}@{host}")),
            _ => shown.push_str(authority),
        }
        rest = behind;
    }
    if shown.is_empty() {
        return Cow::Borrowed(text);
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Names with secret values, such as headers: `{k: v}` or `[{name: k, value: v}]`.
///
/// The map form is in the order of the keys, the list form as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretMap {
    entries: Vec<(String, Secret)>,
}

impl SecretMap {
    /// Every name and its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.entries.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// How many names there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl FromIterator<(String, Secret)> for SecretMap {
    fn from_iter<I: IntoIterator<Item = (String, Secret)>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}

impl Serialize for SecretMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for SecretMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(super::decode::ANY_BUT_NULL, SecretMapVisitor)
    }
}

struct SecretMapVisitor;

impl<'de> Visitor<'de> for SecretMapVisitor {
    type Value = SecretMap;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of names to values, or a list of {name, value}")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<SecretMap, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_unit<E: de::Error>(self) -> Result<SecretMap, E> {
        Ok(SecretMap::default())
    }

    // The default would repeat the text.
    fn visit_str<E: de::Error>(self, _text: &str) -> Result<SecretMap, E> {
        Err(E::invalid_type(de::Unexpected::Other("a string"), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretMap, A::Error> {
        let mut entries: Vec<(String, Secret)> = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        Ok(SecretMap { entries })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SecretMap, A::Error> {
        let mut entries: Vec<(String, Secret)> = Vec::new();
        let mut duplicates: Vec<String> = Vec::new();
        while let Some(NamedSecret { name, value }) = list.next_element()? {
            if entries.iter().any(|(key, _)| *key == name) {
                duplicates.push(name);
            } else {
                entries.push((name, value));
            }
        }
        if duplicates.is_empty() {
            return Ok(SecretMap { entries });
        }
        let names = duplicates.join(" ");
        Err(de::Error::custom(format_args!("duplicate keys in map-style list: [{names}]")))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NamedSecret {
    name: String,
    value: Secret,
}

#[cfg(test)]
mod tests;
