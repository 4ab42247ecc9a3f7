//! Requests shaped like real ones, prebuilt and precompressed.
//!
//! Spans, log records and data points carry the attributes of the semantic conventions, 419, 282 and 188
//! bytes each with their share of resource and scope.

mod samples;

use std::sync::Arc;

use bytes::Bytes;
use common::{
    net::compression::{self, Coding as Codec},
    signal::Signal,
};

/// What all variants of a request take together, about; so much fits into the cache of a core.
const TOTAL_BYTES: usize = 4 << 20;
const MAX_VARIANTS: usize = 256;

/// How requests are compressed, into the collector and out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    None,
    /// At each collector's own level; the load's is 1.
    Gzip,
    /// At level 6 everywhere.
    Gzip6,
    Zstd,
}

impl Coding {
    /// As headers and settings call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip | Self::Gzip6 => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// As the table calls it.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Gzip6 => "gzip level 6",
            other => other.name(),
        }
    }

    /// The product's word for it.
    pub(crate) const fn codec(self) -> Codec {
        match self {
            Self::None => Codec::Identity,
            Self::Gzip | Self::Gzip6 => Codec::Gzip,
            Self::Zstd => Codec::Zstd,
        }
    }

    fn compress(self, body: Vec<u8>) -> Vec<u8> {
        let level = (self == Self::Gzip6).then_some(6);
        compression::compress(self.codec(), level, &[body.into()])
    }
}

/// How requests are carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Grpc,
    Http,
}

impl Transport {
    /// As the table calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Grpc => "gRPC",
            Self::Http => "HTTP",
        }
    }
}

/// What is in a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) signal: Signal,
    pub(crate) transport: Transport,
    pub(crate) coding: Coding,
    pub(crate) items: usize,
    /// The size of one more attribute on each item; 0 for none.
    pub(crate) padding: usize,
}

/// Bodies that go round and round; each bears its number.
#[derive(Clone)]
pub(crate) struct Requests {
    pub(crate) shape: Shape,
    pub(crate) bodies: Arc<[Bytes]>,
}

impl Requests {
    /// Builds all variants.
    pub(crate) fn new(shape: Shape) -> anyhow::Result<Self> {
        let first = samples::request(&shape, 0);
        let variants = (TOTAL_BYTES / first.len().max(1)).clamp(2, MAX_VARIANTS);
        let bodies: anyhow::Result<Vec<Bytes>> = (0..variants)
            .map(|variant| {
                let body = shape.coding.compress(samples::request(&shape, variant));
                match shape.transport {
                    Transport::Http => Ok(body.into()),
                    Transport::Grpc => framed(&body, shape.coding),
                }
            })
            .collect();
        Ok(Self { shape, bodies: bodies?.into() })
    }
}

/// A message as gRPC frames it.
fn framed(body: &[u8], coding: Coding) -> anyhow::Result<Bytes> {
    let mut frame = vec![u8::from(coding != Coding::None)];
    frame.extend_from_slice(&u32::try_from(body.len())?.to_be_bytes());
    frame.extend_from_slice(body);
    Ok(frame.into())
}

/// Bytes per item of a request of 1,000, before and after compression.
pub(crate) fn sizes(signal: Signal) -> [usize; 4] {
    let all = [Coding::None, Coding::Gzip, Coding::Gzip6, Coding::Zstd];
    all.map(|coding| {
        let shape = Shape { signal, transport: Transport::Grpc, coding, items: 1_000, padding: 0 };
        coding.compress(samples::request(&shape, 0)).len() / 1_000
    })
}
