//! Who is known, and the hashes of their passwords.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::digest::{self, SHA1_FOR_LEGACY_USE_ONLY};

use super::md5_crypt::Md5Crypt;
use crate::{extensions::keyed_digest::DigestKey, settings::Secret};

/// A higher cost would keep a core busy for many seconds with each request.
const MAX_BCRYPT_COST: u32 = 16;
/// Longer passwords are wrong without being looked at.
const MAX_PASSWORD_BYTES: usize = 4096;
const SHA1_BYTES: usize = 20;

/// All users by name.
#[derive(Default)]
pub(super) struct Table {
    places: HashMap<Box<str>, usize>,
    hashes: Vec<PasswordHash>,
}

/// A line that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it, without what it says.
    pub reason: &'static str,
}

impl Table {
    /// Reads texts one after the other, of which later lines replace earlier ones.
    pub(super) fn read(texts: &[&str]) -> (Self, Vec<BadLine>) {
        let mut table = Self::default();
        let mut bad_lines = Vec::new();
        for text in texts {
            for (index, line) in text.lines().enumerate() {
                if let Err(reason) = table.read_line(line.trim()) {
                    bad_lines.push(BadLine { line: index + 1, reason });
                }
            }
        }
        (table, bad_lines)
    }

    fn read_line(&mut self, line: &str) -> Result<(), &'static str> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (name, field) = line.split_once(':').ok_or("it has no colon, expected name:hash")?;
        if name.is_empty() {
            return Err("its name is empty");
        }
        let hash = PasswordHash::parse(field)?;
        if let Some(known) = self.places.get(name).and_then(|place| self.hashes.get_mut(*place)) {
            *known = hash;
        } else {
            self.places.insert(name.into(), self.hashes.len());
            self.hashes.push(hash);
        }
        Ok(())
    }

    /// Whether nobody is known.
    pub(super) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The place of a user's hash, and whether the user is known. A stranger is given the hash of somebody,
    /// always the same one, so that a name is not known by how long its answer takes.
    pub(super) fn find(&self, name: &[u8], key: &DigestKey) -> Option<(usize, bool)> {
        let stand_in = key.digest(name).pick(self.hashes.len())?;
        let place = std::str::from_utf8(name).ok().and_then(|name| self.places.get(name));
        Some((place.copied().unwrap_or(stand_in), place.is_some()))
    }

    /// The hash at a place.
    pub(super) fn hash(&self, place: usize) -> Option<&PasswordHash> {
        self.hashes.get(place)
    }
}

/// What is known of a password.
pub(super) enum PasswordHash {
    Bcrypt(Secret),
    Md5Crypt(Md5Crypt),
    Sha1 { digest: Vec<u8>, salt: Vec<u8> },
    Plain(Secret),
}

impl PasswordHash {
    /// Reads what stands behind the colon of a line.
    pub(super) fn parse(field: &str) -> Result<Self, &'static str> {
        let is_bcrypt = ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| field.starts_with(prefix));
        if is_bcrypt {
            return parse_bcrypt(field);
        }
        if field.starts_with("$apr1$") || field.starts_with("$1$") {
            let hash = Md5Crypt::parse(field).ok_or("its MD5 hash is malformed")?;
            return Ok(Self::Md5Crypt(hash));
        }
        if let Some(hash) = field.strip_prefix("{SHA}") {
            return parse_sha1(hash).filter(|(_, salt)| salt.is_empty()).map(sha1).ok_or(BAD_SHA);
        }
        if let Some(hash) = field.strip_prefix("{SSHA}") {
            return parse_sha1(hash).map(sha1).ok_or(BAD_SHA);
        }
        if is_foreign(field) {
            return Err("its hash is of a kind that is not available, expected bcrypt ($2y$), \
                        MD5 ($apr1$, $1$), {SSHA} or {SHA}");
        }
        if field.is_empty() {
            return Err("its password is empty");
        }
        Ok(Self::Plain(Secret::new(field)))
    }

    /// Whether a check takes so long that it must not hold up other requests.
    pub(super) const fn is_slow(&self) -> bool {
        matches!(self, Self::Bcrypt(_) | Self::Md5Crypt(_))
    }

    /// Whether this is the password.
    pub(super) fn matches(&self, password: &[u8], key: &DigestKey) -> bool {
        if password.len() > MAX_PASSWORD_BYTES {
            return false;
        }
        match self {
            Self::Bcrypt(hash) => bcrypt::verify(password, hash.reveal()).unwrap_or(false),
            Self::Md5Crypt(hash) => key.are_equal(hash.digest(), &hash.digest_of(password)),
            Self::Sha1 { digest, salt } => {
                let mut context = digest::Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
                context.update(password);
                context.update(salt);
                key.are_equal(digest, context.finish().as_ref())
            }
            Self::Plain(known) => key.are_equal(known.reveal().as_bytes(), password),
        }
    }
}

const BAD_SHA: &str = "its SHA-1 hash is malformed";

fn parse_bcrypt(field: &str) -> Result<PasswordHash, &'static str> {
    let parts: bcrypt::HashParts = field.parse().map_err(|_| "its bcrypt hash is malformed")?;
    if parts.get_cost() > MAX_BCRYPT_COST {
        return Err("the cost of its bcrypt hash is more than 16, which takes many seconds");
    }
    Ok(PasswordHash::Bcrypt(Secret::new(field)))
}

fn parse_sha1(text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut digest = STANDARD.decode(text).ok()?;
    let salt = (digest.len() >= SHA1_BYTES).then(|| digest.split_off(SHA1_BYTES))?;
    Some((digest, salt))
}

fn sha1((digest, salt): (Vec<u8>, Vec<u8>)) -> PasswordHash {
    PasswordHash::Sha1 { digest, salt }
}

/// Whether this has the form of a hash: `$` and a short word between dollars, such as `$6$` or `$argon2id$`.
fn is_foreign(field: &str) -> bool {
    let Some((word, rest)) = field.strip_prefix('$').and_then(|rest| rest.split_once('$')) else {
        return false;
    };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=12).contains(&word.len()) && word.bytes().all(is_letter) && !rest.is_empty()
}

#[cfg(test)]
mod tests;
