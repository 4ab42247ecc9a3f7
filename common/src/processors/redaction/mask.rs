//! What takes the place of what is masked.

use md5::Md5;
use ring::{digest, hmac};
use sha3::{Digest, Sha3_256};

use super::config::HashFunction;
use crate::{
    pipeline::Growth,
    settings::{Pattern, Secret},
};

const STARS: &str = "****";

/// Turns a match into what is seen of it.
pub(super) enum Mask {
    Stars,
    Md5,
    Sha1,
    Sha3,
    Hmac(hmac::Key),
}

impl Mask {
    pub(super) fn new(function: HashFunction, key: &Secret) -> Self {
        let keyed = |algorithm| Self::Hmac(hmac::Key::new(algorithm, key.reveal().as_bytes()));
        match function {
            HashFunction::Stars => Self::Stars,
            HashFunction::Md5 => Self::Md5,
            HashFunction::Sha1 => Self::Sha1,
            HashFunction::Sha3 => Self::Sha3,
            HashFunction::HmacSha256 => keyed(hmac::HMAC_SHA256),
            HashFunction::HmacSha512 => keyed(hmac::HMAC_SHA512),
        }
    }

    /// The text with every match masked, if there is one.
    ///
    /// Where there is no room for it the text ends early, and `growth` refuses the payload.
    pub(super) fn replace(
        &self,
        text: &str,
        pattern: &Pattern,
        growth: &mut Growth,
    ) -> Option<String> {
        let mut out = String::new();
        let mut copied = None;
        for range in pattern.matches(text) {
            out.push_str(text.get(copied.unwrap_or(0)..range.start).unwrap_or_default());
            let before = out.len();
            self.put(text.get(range.clone()).unwrap_or_default(), &mut out);
            copied = Some(range.end);
            if !growth.add((out.len() - before).saturating_sub(range.len())) {
                break;
            }
        }
        out.push_str(text.get(copied?..).unwrap_or_default());
        Some(out)
    }

    fn put(&self, matched: &str, out: &mut String) {
        let matched = matched.as_bytes();
        match self {
            Self::Stars => out.push_str(STARS),
            Self::Md5 => put_hex(&Md5::digest(matched), out),
            Self::Sha1 => {
                put_hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, matched).as_ref(), out);
            }
            Self::Sha3 => put_hex(&Sha3_256::digest(matched), out),
            Self::Hmac(key) => put_hex(hmac::sign(key, matched).as_ref(), out),
        }
    }
}

fn put_hex(bytes: &[u8], out: &mut String) {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}
