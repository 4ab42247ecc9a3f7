//! Digests that stand for secrets where they are compared.
//!
//! The key is random and never leaves the process: a digest says nothing about its text, and how long two of
//! them take to be told apart says nothing about how alike the texts are.

use ring::{hmac, rand::SystemRandom};

use crate::component::BuildError;

/// Makes digests that can be compared with each other.
pub(super) struct DigestKey(hmac::Key);

/// Stands for a secret; equal to another only if the secrets are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct KeyedDigest([u8; 32]);

impl DigestKey {
    /// A new key.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(super) fn random() -> Result<Self, BuildError> {
        hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .map(Self)
            .map_err(|_| BuildError::new("the system gives no random numbers"))
    }

    /// What stands for a secret.
    pub(super) fn digest(&self, secret: &[u8]) -> KeyedDigest {
        let tag = hmac::sign(&self.0, secret);
        let mut digest = [0; 32];
        for (to, from) in digest.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        KeyedDigest(digest)
    }

    /// Whether two secrets are the same, in a time that depends on their lengths only.
    pub(super) fn are_equal(&self, left: &[u8], right: &[u8]) -> bool {
        self.digest(left) == self.digest(right)
    }
}

impl KeyedDigest {
    /// A number that is the same for the same secret, below `count`.
    pub(super) fn pick(&self, count: usize) -> Option<usize> {
        let number = self.0.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        let count = u64::try_from(count).ok().filter(|count| *count > 0)?;
        usize::try_from(number % count).ok()
    }
}

#[cfg(test)]
mod tests;
