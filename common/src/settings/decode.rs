//! Reads a component's settings from its part of the document, and reports all that is wrong there.
//!
//! Serde stops at the first error. So a value that fails is noted and left out, its default takes its
//! place, and the settings are read again, until they pass or nothing is left to leave out.

mod access;
mod deserializer;
mod error;

use std::{cell::RefCell, collections::HashSet, fmt};

use serde::de::DeserializeOwned;

use self::{deserializer::Reader, error::DecodeError};
use super::{Finding, Node, finding::nearest};

/// Asks for any type, with null meaning the default.
pub(super) const ANY_BUT_NULL: &str = "$any_but_null";
/// Asks for a text that no message may repeat.
pub(super) const SECRET: &str = "$secret";
/// Asks for a section that is off unless written.
pub(super) const OPTIONAL: &str = "$optional";
/// Asks for a section that is on unless switched off.
pub(super) const OPTIONAL_SOME: &str = "$optional_some";
/// Asks for two structs from one map.
pub(super) const BOTH: &str = "$both";

const MAX_ATTEMPTS: usize = 512;
const MAX_FINDINGS: usize = 100;

/// Reads settings; `path` is where they stand, for messages.
///
/// # Errors
/// All findings, if there is one.
pub fn decode<T: DeserializeOwned>(node: &Node, path: &str) -> Result<T, Vec<Finding>> {
    run(node, path, None, Others::Unknown)
}

/// Reads settings from a map that has other keys too, which somebody else reads.
///
/// # Errors
/// All findings, if there is one.
pub fn decode_leaving<T: DeserializeOwned>(
    node: &Node,
    path: &str,
    keys: &[&'static str],
) -> Result<T, Vec<Finding>> {
    run(node, path, Some(Union::of(keys)), Others::Unknown)
}

/// Reads settings from a map and leaves all keys that are not its own to somebody else.
///
/// # Errors
/// All findings, if there is one.
pub fn decode_own<T: DeserializeOwned>(node: &Node, path: &str) -> Result<T, Vec<Finding>> {
    run(node, path, Some(Union::of(&[])), Others::Left)
}

#[derive(PartialEq)]
enum Others {
    Unknown,
    Left,
}

fn run<T: DeserializeOwned>(
    root: &Node,
    path: &str,
    union: Option<Union>,
    others: Others,
) -> Result<T, Vec<Finding>> {
    let session = Session::default();
    let path = Path::Root(path);
    for _ in 0..MAX_ATTEMPTS {
        let mut reader = Reader::new(root, &path, &session);
        reader.union = union.as_ref();
        let error = match T::deserialize(reader) {
            Ok(settings) => {
                if let Some(union) = &union
                    && others == Others::Unknown
                {
                    session.report_unknown(root, &path, &union.known.borrow(), false);
                }
                let findings = session.findings.take();
                return if findings.is_empty() { Ok(settings) } else { Err(findings) };
            }
            Err(error) => error.at(root, &path, &session),
        };
        if !session.leave_out(error, root) {
            break;
        }
    }
    let mut findings = session.findings.take();
    if findings.is_empty() {
        findings.push(Finding::error(&root.position, path.to_string(), "cannot be read"));
    }
    Err(findings)
}

/// What is known from earlier attempts at the same settings.
#[derive(Default)]
struct Session {
    findings: RefCell<Vec<Finding>>,
    // Nodes do not move while they are read, so their address is their name.
    left_out: RefCell<HashSet<usize>>,
    reported: RefCell<HashSet<usize>>,
}

impl Session {
    fn is_left_out(&self, node: &Node) -> bool {
        self.left_out.borrow().contains(&name_of(node))
    }

    fn add(&self, finding: Finding) {
        let mut findings = self.findings.borrow_mut();
        if findings.len() < MAX_FINDINGS {
            findings.push(finding);
        }
    }

    /// Notes what failed, and says whether another attempt makes sense.
    fn leave_out(&self, error: DecodeError, root: &Node) -> bool {
        let Some((node, finding)) = error.into_finding() else {
            return false;
        };
        if let Some(finding) = finding {
            self.add(finding);
        }
        node != name_of(root) && self.left_out.borrow_mut().insert(node)
    }

    fn report_unknown(&self, node: &Node, path: &Path<'_>, known: &[&str], hides_enabled: bool) {
        for entry in node.entries() {
            let key = entry.key.as_str();
            if known.contains(&key) || (hides_enabled && key == "enabled") {
                continue;
            }
            if !self.reported.borrow_mut().insert(name_of(&entry.value)) {
                continue;
            }
            let suggestion = nearest(key, known.iter().copied());
            let message = match suggestion {
                None if known.is_empty() => {
                    format!("unknown key {key:?}, no keys are expected here")
                }
                None => format!("unknown key {key:?}, expected one of {}", known.join(", ")),
                Some(_) => format!("unknown key {key:?}"),
            };
            let finding = Finding::error(&entry.position, path.to_string(), message);
            self.add(finding.with_suggestion(suggestion));
        }
    }
}

fn name_of(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}

/// The keys of several structs that share a map, filled in as they are read.
struct Union {
    known: RefCell<Vec<&'static str>>,
}

impl Union {
    fn of(keys: &[&'static str]) -> Self {
        Self { known: RefCell::new(keys.to_vec()) }
    }

    fn add(&self, keys: &[&'static str]) {
        let mut known = self.known.borrow_mut();
        for key in keys {
            if !known.contains(key) {
                known.push(key);
            }
        }
    }
}

/// The way from the root to a value.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root(&'p str),
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(path) => f.write_str(path),
            Self::Key(Path::Root(""), key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}::{key}"),
            Self::Index(Path::Root(""), index) => write!(f, "{index}"),
            Self::Index(parent, index) => write!(f, "{parent}::{index}"),
        }
    }
}

#[cfg(test)]
mod tests;
