//! Digests of texts: `SHA256`, `FNV` and their like.

mod murmur3;

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512, digest};
use twox_hash::{XxHash3_64, XxHash3_128};

use super::{Arguments, Converter, Function, converter};
use crate::ottl::{error::Error, value::Value};

pub(super) const FUNCTIONS: &[Function] = &[
    converter("SHA256", &["target"], "the SHA-256 of a text in hex", |given| {
        of(given, |bytes| hex(digest(&SHA256, bytes).as_ref()))
    }),
    converter("SHA1", &["target"], "the SHA-1 of a text in hex", |given| {
        of(given, |bytes| hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref()))
    }),
    converter("SHA512", &["target"], "the SHA-512 of a text in hex", |given| {
        of(given, |bytes| hex(digest(&SHA512, bytes).as_ref()))
    }),
    converter("MD5", &["target"], "the MD5 of a text in hex", |given| {
        of(given, |bytes| hex(&Md5::digest(bytes)))
    }),
    converter("FNV", &["target"], "the FNV-1a of a text, of 64 bits, as an integer", |given| {
        of(given, |bytes| Value::Int(fnv(bytes) as i64))
    }),
    converter("Murmur3Hash", &["target"], "the Murmur3 of a text, of 32 bits, in hex", |given| {
        of(given, |bytes| hex(&murmur3::of_32_bits(bytes).to_le_bytes()))
    }),
    converter("Murmur3Hash128", &["target"], "the same of 128 bits, for x64", |given| {
        of(given, |bytes| hex(&murmur3::of_128_bits(bytes)))
    }),
    converter("XXH3", &["target"], "the XXH3 of a text, of 64 bits, in hex", |given| {
        of(given, |bytes| hex(&XxHash3_64::oneshot(bytes).to_be_bytes()))
    }),
    converter("XXH128", &["target"], "the XXH3 of a text, of 128 bits, in hex", |given| {
        of(given, |bytes| hex(&XxHash3_128::oneshot(bytes).to_be_bytes()))
    }),
];

fn of(arguments: &Arguments<'_>, digest: fn(&[u8]) -> Value<'static>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    Ok(Converter::pure(move |view| Ok(digest(target.text(view)?.as_bytes()))))
}

fn hex(bytes: &[u8]) -> Value<'static> {
    Value::from(HEXLOWER.encode(bytes))
}

fn fnv(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}
