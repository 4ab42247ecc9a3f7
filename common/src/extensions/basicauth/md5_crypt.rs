//! The password hash of old Unix and Apache: MD5, a thousand times over.

use md5::{Digest as _, Md5};

const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ROUNDS: usize = 1000;
const MAX_SALT_BYTES: usize = 8;
const DIGEST_CHARS: usize = 22;
/// Which bytes of a digest make four characters, the first of them the most significant.
const GROUPS: [[usize; 3]; 5] = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]];

/// A hash `$1$salt$digest` or `$apr1$salt$digest`.
pub(super) struct Md5Crypt {
    magic: &'static str,
    salt: Box<str>,
    digest: Box<[u8]>,
}

impl Md5Crypt {
    /// Reads a hash; nothing if this is none.
    pub(super) fn parse(field: &str) -> Option<Self> {
        let magic = ["$apr1$", "$1$"].into_iter().find(|magic| field.starts_with(magic))?;
        let (salt, digest) = field.strip_prefix(magic)?.split_once('$')?;
        let is_valid = salt.len() <= MAX_SALT_BYTES
            && digest.len() == DIGEST_CHARS
            && digest.bytes().all(|byte| ALPHABET.contains(&byte));
        is_valid.then(|| Self { magic, salt: salt.into(), digest: digest.as_bytes().into() })
    }

    /// The characters behind the salt.
    pub(super) fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// What they would be for this password.
    pub(super) fn digest_of(&self, password: &[u8]) -> Vec<u8> {
        let salt = self.salt.as_bytes();
        let mut digest = first_digest(password, salt, self.magic);
        for round in 0..ROUNDS {
            let mut hash = Md5::new();
            let (first, last) =
                if round % 2 == 1 { (password, &digest[..]) } else { (&digest[..], password) };
            hash.update(first);
            if round % 3 != 0 {
                hash.update(salt);
            }
            if round % 7 != 0 {
                hash.update(password);
            }
            hash.update(last);
            digest = hash.finalize().into();
        }
        encode(&digest)
    }
}

fn first_digest(password: &[u8], salt: &[u8], magic: &str) -> [u8; 16] {
    let mut hash = Md5::new();
    for part in [password, salt, password] {
        hash.update(part);
    }
    let inner: [u8; 16] = hash.finalize().into();
    let mut hash = Md5::new();
    for part in [password, magic.as_bytes(), salt] {
        hash.update(part);
    }
    let stretched: Vec<u8> = inner.iter().copied().cycle().take(password.len()).collect();
    hash.update(&stretched);
    let mut bits = password.len();
    while bits > 0 {
        let first = if bits % 2 == 1 { 0 } else { password.first().copied().unwrap_or_default() };
        hash.update([first]);
        bits /= 2;
    }
    hash.finalize().into()
}

fn encode(digest: &[u8; 16]) -> Vec<u8> {
    let byte = |place: usize| u32::from(digest.get(place).copied().unwrap_or_default());
    let mut text = Vec::with_capacity(DIGEST_CHARS);
    let mut push = |mut number: u32, chars: usize| {
        for _ in 0..chars {
            let place = usize::try_from(number % 64).unwrap_or_default();
            text.push(ALPHABET.get(place).copied().unwrap_or_default());
            number /= 64;
        }
    };
    for [high, middle, low] in GROUPS {
        push((byte(high) << 16) | (byte(middle) << 8) | byte(low), 4);
    }
    push(byte(11), 2);
    text
}

#[cfg(test)]
mod tests;
