//! Writes a profile as pprof has it (`google/pprof`, `proto/profile.proto`).

use std::{
    collections::HashMap,
    io::Write,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use flate2::{Compression, write::GzEncoder};

use crate::wire::writer::{put_bytes_field, put_varint, put_varint_field};

/// A CPU profile.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    /// When it started.
    pub(super) start: SystemTime,
    /// How long it ran.
    pub(super) duration: Duration,
    /// Time between two samples.
    pub(super) period: Duration,
    /// The stacks seen.
    pub(super) samples: Vec<Sample>,
    /// What stacks are made of: the functions at one place in the code, of which all but the last
    /// are inlined, the innermost first.
    pub(super) locations: Vec<Vec<Line>>,
}

#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Places among the locations, the innermost call first.
    pub(super) stack: Vec<usize>,
    pub(super) count: u64,
    pub(super) thread: String,
}

/// A function, and the line of it that runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Line {
    pub(super) function: String,
    pub(super) symbol: String,
    pub(super) file: String,
    pub(super) line: u32,
}

impl Profile {
    /// The profile as gzipped protobuf.
    pub(super) fn encode(&self) -> std::io::Result<Vec<u8>> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&self.to_protobuf())?;
        gzip.finish()
    }

    /// The profile as protobuf.
    pub(super) fn to_protobuf(&self) -> Vec<u8> {
        let mut table = Table::default();
        table.string("");
        let mut out = Vec::new();
        let count = table.value_type("samples", "count");
        let time = table.value_type("cpu", "nanoseconds");
        put_bytes_field(&mut out, 1, &count);
        put_bytes_field(&mut out, 1, &time);
        for sample in &self.samples {
            let sample = self.sample(sample, &mut table);
            put_bytes_field(&mut out, 2, &sample);
        }
        for (index, lines) in self.locations.iter().enumerate() {
            put_bytes_field(&mut out, 4, &location(index, lines, &mut table));
        }
        for function in &table.encoded_functions {
            put_bytes_field(&mut out, 5, function);
        }
        for string in &table.in_order {
            put_bytes_field(&mut out, 6, string.as_bytes());
        }
        let start = self.start.duration_since(UNIX_EPOCH).unwrap_or_default();
        put_varint_field(&mut out, 9, nanoseconds(start));
        put_varint_field(&mut out, 10, nanoseconds(self.duration));
        put_bytes_field(&mut out, 11, &time);
        put_varint_field(&mut out, 12, nanoseconds(self.period));
        out
    }

    fn sample(&self, sample: &Sample, table: &mut Table) -> Vec<u8> {
        let mut label = Vec::new();
        put_varint_field(&mut label, 1, table.string("thread"));
        put_varint_field(&mut label, 2, table.string(&sample.thread));
        let mut out = Vec::new();
        put_packed(&mut out, 1, sample.stack.iter().map(|index| *index as u64 + 1));
        let time = nanoseconds(self.period).saturating_mul(sample.count);
        put_packed(&mut out, 2, [sample.count, time]);
        put_bytes_field(&mut out, 3, &label);
        out
    }
}

/// Ids start at 1, because 0 stands for none.
fn location(index: usize, lines: &[Line], table: &mut Table) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint_field(&mut out, 1, index as u64 + 1);
    for line in lines {
        let mut encoded = Vec::new();
        put_varint_field(&mut encoded, 1, table.function(line));
        put_varint_field(&mut encoded, 2, u64::from(line.line));
        put_bytes_field(&mut out, 4, &encoded);
    }
    out
}

/// Strings and functions, each written once and named by number.
#[derive(Default)]
struct Table {
    strings: HashMap<String, u64>,
    in_order: Vec<String>,
    functions: HashMap<(String, String), u64>,
    encoded_functions: Vec<Vec<u8>>,
}

impl Table {
    fn string(&mut self, text: &str) -> u64 {
        if let Some(index) = self.strings.get(text) {
            return *index;
        }
        let index = self.in_order.len() as u64;
        self.strings.insert(text.to_owned(), index);
        self.in_order.push(text.to_owned());
        index
    }

    fn function(&mut self, line: &Line) -> u64 {
        let key = (line.symbol.clone(), line.file.clone());
        if let Some(id) = self.functions.get(&key) {
            return *id;
        }
        let id = self.encoded_functions.len() as u64 + 1;
        let mut out = Vec::new();
        put_varint_field(&mut out, 1, id);
        put_varint_field(&mut out, 2, self.string(&line.function));
        put_varint_field(&mut out, 3, self.string(&line.symbol));
        put_varint_field(&mut out, 4, self.string(&line.file));
        self.encoded_functions.push(out);
        self.functions.insert(key, id);
        id
    }

    fn value_type(&mut self, name: &str, unit: &str) -> Vec<u8> {
        let mut out = Vec::new();
        put_varint_field(&mut out, 1, self.string(name));
        put_varint_field(&mut out, 2, self.string(unit));
        out
    }
}

fn put_packed(out: &mut Vec<u8>, number: u32, values: impl IntoIterator<Item = u64>) {
    let mut packed = Vec::new();
    for value in values {
        put_varint(&mut packed, value);
    }
    put_bytes_field(out, number, &packed);
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
