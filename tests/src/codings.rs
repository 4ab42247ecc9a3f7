//! Content codings as a client writes them, from the codec crates themselves.

use std::io::{Read, Write as _};

use flate2::{
    Compression,
    read::{GzDecoder, ZlibDecoder},
    write::{GzEncoder, ZlibEncoder},
};

/// Encodes with a coding by its HTTP or gRPC name.
///
/// # Panics
/// On a coding that is not in the OTLP receiver's list.
#[must_use]
pub fn encode(coding: &str, body: &[u8]) -> Vec<u8> {
    match coding {
        "" | "identity" => body.to_vec(),
        "gzip" => {
            let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
            writer.write_all(body).unwrap();
            writer.finish().unwrap()
        }
        "zlib" | "deflate" => {
            let mut writer = ZlibEncoder::new(Vec::new(), Compression::fast());
            writer.write_all(body).unwrap();
            writer.finish().unwrap()
        }
        "zstd" => zstd::bulk::compress(body, 1).unwrap(),
        "snappy" => snap::raw::Encoder::new().compress_vec(body).unwrap(),
        "x-snappy-framed" => {
            let mut writer = snap::write::FrameEncoder::new(Vec::new());
            writer.write_all(body).unwrap();
            writer.into_inner().unwrap()
        }
        "lz4" => {
            let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
            writer.write_all(body).unwrap();
            writer.finish().unwrap()
        }
        other => panic!("no encoder for {other}"),
    }
}

/// Decodes what a collector sent with one of the codings of its exporters.
///
/// # Panics
/// On bytes that are not of that coding: the collector sent them.
#[must_use]
pub fn decode(coding: &str, body: &[u8]) -> Vec<u8> {
    match coding {
        "" | "identity" => body.to_vec(),
        "gzip" => read_all(GzDecoder::new(body)),
        "zlib" | "deflate" => read_all(ZlibDecoder::new(body)),
        "zstd" => read_all(zstd::Decoder::new(body).unwrap()),
        "snappy" => snap::raw::Decoder::new().decompress_vec(body).unwrap(),
        "x-snappy-framed" => read_all(snap::read::FrameDecoder::new(body)),
        "lz4" => read_all(lz4_flex::frame::FrameDecoder::new(body)),
        other => panic!("no decoder for {other}"),
    }
}

fn read_all(mut reader: impl Read) -> Vec<u8> {
    let mut plain = Vec::new();
    reader.read_to_end(&mut plain).unwrap();
    plain
}
