//! From grok patterns to regular expressions.

use super::{library, services};
use crate::settings::Pattern;

/// How deep definitions may stand in each other.
const MAX_DEPTH: usize = 32;
/// What they may be as a regular expression.
const MAX_BYTES: usize = 512 << 10;
/// Stands for a point in the name of a group.
const POINT: &str = "___";

/// What a group is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int,
    Double,
    Bool,
}

/// A pattern, compiled.
#[derive(Debug)]
pub(super) struct Grok {
    pub(super) pattern: Pattern,
    /// The names of the groups and what they are read as, in their order.
    pub(super) groups: Vec<Option<(String, Kind)>>,
}

/// Patterns by their names: those of a user, then those of the library.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    own: Vec<(String, String)>,
}

impl Definitions {
    pub(super) fn add(&mut self, name: &str, pattern: &str) {
        self.own.push((name.to_owned(), pattern.to_owned()));
    }

    fn find(&self, name: &str) -> Option<&str> {
        let own = self.own.iter().rev().find(|(known, _)| known == name);
        let known = || library::find(name).or_else(|| services::find(name));
        own.map(|(_, pattern)| pattern.as_str()).or_else(known)
    }
}

impl Grok {
    /// Compiles a pattern.
    pub(super) fn new(
        pattern: &str,
        is_named_only: bool,
        definitions: &Definitions,
    ) -> Result<Self, String> {
        let mut expansion =
            Expansion { definitions, is_named_only, out: String::new(), kinds: Vec::new() };
        expansion.put(pattern, 0)?;
        let pattern = Pattern::new(&expansion.out).map_err(|error| {
            // The expression may be long, and is not what the user wrote.
            let text = error.to_string();
            text.rsplit_once("is not a regular expression")
                .map_or(text.clone(), |(_, why)| format!("the pattern is not one{why}"))
        })?;
        let groups: Vec<_> = pattern
            .groups()
            .iter()
            .map(|name| {
                let kind = expansion.kinds.iter().rev().find(|(known, _)| known == name);
                let kind = kind.map_or(Kind::Text, |(_, kind)| *kind);
                (!name.is_empty()).then(|| (name.replace(POINT, "."), kind))
            })
            .collect();
        if is_named_only && groups.iter().all(Option::is_none) {
            return Err("the pattern names no group, such as %{IP:client.ip}".to_owned());
        }
        Ok(Self { pattern, groups })
    }
}

struct Expansion<'d> {
    definitions: &'d Definitions,
    is_named_only: bool,
    out: String,
    kinds: Vec<(String, Kind)>,
}

impl Expansion<'_> {
    fn put(&mut self, pattern: &str, depth: usize) -> Result<(), String> {
        let mut rest = pattern;
        while let Some((before, behind)) = rest.split_once("%{") {
            self.out.push_str(before);
            match behind.split_once('}').and_then(|(inside, rest)| Some((parts(inside)?, rest))) {
                Some((parts, behind)) => {
                    self.reference(&parts, depth)?;
                    rest = behind;
                }
                None => {
                    self.out.push_str("%{");
                    rest = behind;
                }
            }
        }
        self.out.push_str(rest);
        if self.out.len() > MAX_BYTES {
            return Err(format!("the pattern takes more than {MAX_BYTES} bytes written out"));
        }
        Ok(())
    }

    fn reference(&mut self, parts: &[&str], depth: usize) -> Result<(), String> {
        let [syntax, ..] = *parts else { return Ok(()) };
        let definition = self.definitions.find(syntax).ok_or_else(|| {
            format!("there is no grok pattern {syntax}; it can be one of pattern_definitions")
        })?;
        if depth >= MAX_DEPTH {
            return Err(format!("the grok pattern {syntax} stands in itself"));
        }
        let definition = definition.to_owned();
        let name = parts.get(1).unwrap_or(&syntax).replace('.', POINT);
        if let Some(kind) = parts.get(2) {
            let kind = match *kind {
                "string" => Kind::Text,
                "int" | "long" => Kind::Int,
                "float" | "double" => Kind::Double,
                "bool" | "boolean" => Kind::Bool,
                other => {
                    return Err(format!(
                        "a group is read as int, long, float, double, bool, boolean or string, \
                         not as {other}"
                    ));
                }
            };
            self.kinds.push((name.clone(), kind));
        }
        if self.is_named_only && parts.len() == 1 {
            self.out.push('(');
        } else {
            self.out.push_str("(?P<");
            self.out.push_str(&name);
            self.out.push('>');
        }
        self.put(&definition, depth + 1)?;
        self.out.push(')');
        Ok(())
    }
}

/// The name of a pattern, that of the group and its type.
fn parts(inside: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = inside.split(':').collect();
    let is_word = |text: &str, others: &[u8]| {
        let is_part =
            |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || others.contains(&byte);
        !text.is_empty() && text.bytes().all(is_part)
    };
    let others: [&[u8]; 3] = [b"", b"+.", b""];
    let is_right =
        parts.len() <= 3 && parts.iter().zip(others).all(|(part, others)| is_word(part, others));
    is_right.then_some(parts)
}
