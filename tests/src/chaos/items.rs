//! Requests of numbered items, cheap to write and cheap to read back.
//!
//! All items of a run are copies of one template that differ in eight bytes: their number. So writing is
//! copying, and an item that comes back is compared byte by byte at no cost.

use std::ops::Range;

use bytes::{BufMut as _, Bytes};
use common::signal::Signal;
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, InstrumentationScope, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::{NumberDataPoint, number_data_point::Value as Number},
    resource::v1::Resource,
    trace::v1::Span,
};
use prost::{
    Message as _,
    encoding::{decode_varint, encode_varint},
};

use crate::otlp::samples::text;

const MARK: [u8; 8] = *b"\x17number\x71";
/// Messages around the items: the field that each is in, and what comes before its items.
type Levels = Vec<(u32, Vec<u8>)>;

/// How the items of one run look.
#[derive(Clone, Debug)]
pub struct Items {
    /// What kind of items they are.
    pub signal: Signal,
    levels: Levels,
    item_field: u32,
    item: Vec<u8>,
    number_at: usize,
}

/// Something that is no item of the run, or one that was changed on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Altered;

impl Items {
    /// Items of a signal with an attribute of so many bytes.
    ///
    /// # Panics
    /// If the template does not hold its number once.
    #[must_use]
    pub fn new(signal: Signal, padding: usize) -> Self {
        let item = template(signal, padding);
        let number_at = item.windows(8).position(|eight| eight == MARK).expect("a number");
        let (levels, item_field) = levels(signal);
        Self { signal, levels, item_field, item, number_at }
    }

    /// The size of one item.
    #[must_use]
    pub const fn item_bytes(&self) -> usize {
        self.item.len()
    }

    /// One export request with these items.
    #[must_use]
    pub fn request(&self, numbers: Range<u64>) -> Bytes {
        let count = usize::try_from(numbers.end - numbers.start).unwrap_or(0);
        let mut body = Vec::with_capacity(count * (self.item.len() + 4));
        for number in numbers {
            let start = body.len();
            put_field(self.item_field, &[&self.item], &mut body);
            let at = body.len() - self.item.len() + self.number_at;
            debug_assert!(at > start);
            body[at..at + 8].copy_from_slice(&number.to_be_bytes());
        }
        for (field, before) in self.levels.iter().rev() {
            let mut outer = Vec::with_capacity(body.len() + before.len() + 12);
            put_field(*field, &[before, &body], &mut outer);
            body = outer;
        }
        body.into()
    }

    /// The numbers of the items in an export request, however it was merged or split.
    #[must_use]
    pub fn numbers(&self, request: &[u8]) -> Vec<Result<u64, Altered>> {
        let mut found = Vec::new();
        if self.walk(0, request, &mut found).is_none() {
            found.push(Err(Altered));
        }
        found
    }

    fn walk(
        &self,
        depth: usize,
        message: &[u8],
        found: &mut Vec<Result<u64, Altered>>,
    ) -> Option<()> {
        let wanted = self.levels.get(depth).map_or(self.item_field, |(field, _)| *field);
        let mut rest = message;
        while !rest.is_empty() {
            let (field, content) = take_field(&mut rest)?;
            match content {
                Some(content) if field == wanted && depth == self.levels.len() => {
                    found.push(self.number(content));
                }
                Some(content) if field == wanted => self.walk(depth + 1, content, found)?,
                _ => {}
            }
        }
        Some(())
    }

    fn number(&self, item: &[u8]) -> Result<u64, Altered> {
        let end = self.number_at + 8;
        let is_same = item.len() == self.item.len()
            && item[..self.number_at] == self.item[..self.number_at]
            && item[end..] == self.item[end..];
        let number = item.get(self.number_at..end).and_then(|eight| eight.try_into().ok());
        if is_same { number.map(u64::from_be_bytes).ok_or(Altered) } else { Err(Altered) }
    }
}

fn template(signal: Signal, padding: usize) -> Vec<u8> {
    let attributes = vec![text("padding", &"x".repeat(padding))];
    let time = 1_790_000_000_000_000_000;
    let number = u64::from_le_bytes(MARK);
    match signal {
        Signal::Traces => Span {
            trace_id: vec![7; 16],
            span_id: MARK.to_vec(),
            name: "GET /numbered".to_owned(),
            kind: 2,
            start_time_unix_nano: time,
            end_time_unix_nano: time + 1_000_000,
            attributes,
            ..Span::default()
        }
        .encode_to_vec(),
        Signal::Metrics => NumberDataPoint {
            attributes,
            start_time_unix_nano: time,
            time_unix_nano: number,
            value: Some(Number::AsDouble(1.5)),
            ..NumberDataPoint::default()
        }
        .encode_to_vec(),
        Signal::Logs => LogRecord {
            time_unix_nano: time,
            observed_time_unix_nano: number,
            severity_number: 9,
            body: Some(AnyValue { value: Some(Value::StringValue("numbered".to_owned())) }),
            attributes,
            ..LogRecord::default()
        }
        .encode_to_vec(),
    }
}

fn levels(signal: Signal) -> (Levels, u32) {
    let (mut resource, mut scope) = (Vec::new(), Vec::new());
    let attributes = vec![text("service.name", "chaos")];
    put_field(1, &[&Resource { attributes, ..Resource::default() }.encode_to_vec()], &mut resource);
    let described =
        InstrumentationScope { name: "ledger".to_owned(), ..InstrumentationScope::default() };
    put_field(1, &[&described.encode_to_vec()], &mut scope);
    let mut levels = vec![(1, resource), (2, scope)];
    if signal != Signal::Metrics {
        return (levels, 2);
    }
    let mut name = Vec::new();
    put_field(1, &[b"numbered"], &mut name);
    levels.extend([(2, name), (5, Vec::new())]);
    (levels, 1)
}

fn put_field(field: u32, content: &[&[u8]], into: &mut Vec<u8>) {
    encode_varint(u64::from(field << 3 | 2), into);
    encode_varint(content.iter().map(|part| part.len() as u64).sum(), into);
    content.iter().for_each(|part| into.put_slice(part));
}

/// The next field's number and, if it has a length, its content.
fn take_field<'a>(rest: &mut &'a [u8]) -> Option<(u32, Option<&'a [u8]>)> {
    let key = decode_varint(rest).ok()?;
    let field = u32::try_from(key >> 3).ok()?;
    let length = match key & 7 {
        0 => {
            decode_varint(rest).ok()?;
            return Some((field, None));
        }
        1 => 8,
        2 => usize::try_from(decode_varint(rest).ok()?).ok()?,
        5 => 4,
        _ => return None,
    };
    let (content, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some((field, (key & 7 == 2).then_some(content)))
}
