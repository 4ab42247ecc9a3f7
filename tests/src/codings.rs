//! Content codings as a client writes them, from the codec crates themselves.

use std::io::{Read as _, Write as _};

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
    let mut plain = Vec::new();
    match coding {
        "" | "identity" => plain.extend_from_slice(body),
        "gzip" => drop(GzDecoder::new(body).read_to_end(&mut plain).unwrap()),
        "zlib" | "deflate" => drop(ZlibDecoder::new(body).read_to_end(&mut plain).unwrap()),
        "zstd" => drop(
            zstd::Decoder::new(body)
                .unwrap()
                .read_to_end(&mut plain)
                .unwrap(),
        ),
        "snappy" => plain = snap::raw::Decoder::new().decompress_vec(body).unwrap(),
        "x-snappy-framed" => {
            drop(
                snap::read::FrameDecoder::new(body)
                    .read_to_end(&mut plain)
                    .unwrap(),
            );
        }
        "lz4" => drop(
            lz4_flex::frame::FrameDecoder::new(body)
                .read_to_end(&mut plain)
                .unwrap(),
        ),
        other => panic!("no decoder for {other}"),
    }
    plain
}
