//! Values written by a verb.

use data_encoding::{HEXLOWER, HEXUPPER};

use super::{
    float::float_text,
    quote::{is_printable, is_raw, quoted},
    spec::Spec,
};
use crate::ottl::{
    time::{Time, duration_text},
    value::{List, Map, Value},
};

/// What is written, and how.
#[derive(Debug, Default)]
pub(super) struct Printer {
    pub(super) spec: Spec,
    out: Vec<u8>,
    // Inside of what says that a verb does not fit.
    is_complaining: bool,
}

/// An integer with how it is written in Go.
#[derive(Clone, Copy)]
struct Integer {
    size: u64,
    is_negative: bool,
    is_signed: bool,
}

impl Printer {
    pub(super) fn put(&mut self, text: &str) {
        self.out.extend(text.as_bytes());
    }

    /// The text; half characters are replaced.
    pub(super) fn finish(self) -> String {
        match String::from_utf8(self.out) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }

    /// Writes a value that was given.
    pub(super) fn argument(&mut self, value: &Value<'_>, verb: char) {
        match (value, verb) {
            (Value::Nil, 'v' | 'T') => self.spec.pad(b"<nil>", &mut self.out),
            (Value::Nil, _) => self.put(&format!("%!{verb}(<nil>)")),
            (_, 'T') => self.text(type_name(value).as_bytes(), 's'),
            (_, 'p') => self.misfit(value, verb),
            (Value::Bytes(bytes), _) => self.bytes(bytes, verb, "[]byte"),
            _ => self.value(value, verb),
        }
    }

    /// Writes a value with its type before it.
    pub(super) fn typed(&mut self, value: &Value<'_>) {
        if value.is_nil() {
            return self.put("<nil>");
        }
        self.put(&format!("{}=", type_name(value)));
        self.argument(value, 'v');
    }

    fn misfit(&mut self, value: &Value<'_>, verb: char) {
        self.put(&format!("%!{verb}("));
        let was = std::mem::replace(&mut self.is_complaining, true);
        self.typed(value);
        self.is_complaining = was;
        self.put(")");
    }

    fn value(&mut self, value: &Value<'_>, verb: char) {
        let is_texty = matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') && !self.is_complaining;
        match value {
            Value::Nil if self.spec.is_source => self.put("interface {}(nil)"),
            Value::Nil | Value::Messages(_) => self.put("<nil>"),
            Value::Bool(bit) if matches!(verb, 't' | 'v') => {
                self.spec.pad(bit.to_string().as_bytes(), &mut self.out);
            }
            Value::Int(int) => self.integer(*int, value, verb),
            Value::Double(double) => self.double(*double, value, verb),
            Value::Text(text) if matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') => {
                self.text(text.as_bytes(), verb);
            }
            Value::Bytes(bytes) => self.bytes(bytes, verb, "[]uint8"),
            Value::Duration(nanos) if is_texty && !self.spec.is_source => {
                self.text(duration_text(*nanos).as_bytes(), verb);
            }
            Value::Duration(nanos) => self.integer(*nanos, value, verb),
            Value::Time(time) if matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') => {
                self.text(time_text(time).as_bytes(), verb);
            }
            Value::TraceId(id) => self.id(id, value, is_texty, verb),
            Value::SpanId(id) => self.id(id, value, is_texty, verb),
            Value::Map(map) => self.map(map, verb),
            Value::List(list) => self.list(list, verb),
            Value::Bool(_) | Value::Text(_) | Value::Time(_) => self.misfit(value, verb),
        }
    }

    fn integer(&mut self, int: i64, value: &Value<'_>, verb: char) {
        let size = int.unsigned_abs();
        if !self.digits(Integer { size, is_negative: int < 0, is_signed: true }, verb) {
            self.misfit(value, verb);
        }
    }

    /// Writes an integer if the verb is for one.
    fn digits(&mut self, integer: Integer, verb: char) -> bool {
        let Integer { size, is_negative, is_signed } = integer;
        match verb {
            'v' if self.spec.is_source && !is_signed => self.put(&format!("{size:#x}")),
            'v' | 'd' => self.number(&size.to_string(), is_negative, ""),
            'b' => self.number(&format!("{size:b}"), is_negative, "0b"),
            'o' => self.number(&format!("{size:o}"), is_negative, "0"),
            'O' => self.number(&format!("{size:o}"), is_negative, "0o"),
            'x' => self.number(&format!("{size:x}"), is_negative, "0x"),
            'X' => self.number(&format!("{size:X}"), is_negative, "0X"),
            'c' | 'q' | 'U' => self.character(integer, verb),
            _ => return false,
        }
        true
    }

    /// Digits with their prefix, which is written if asked for, or if there is no other way to know.
    fn number(&mut self, digits: &str, is_negative: bool, prefix: &str) {
        let spec = self.spec;
        let has_sign = is_negative || spec.plus || spec.space;
        let at_least = match (spec.precision, spec.width) {
            (Some(0), width) if digits == "0" => {
                let spaces = Spec { zero: false, ..spec };
                return spaces.fill(width.unwrap_or_default(), &mut self.out);
            }
            (Some(precision), _) => precision,
            (None, Some(width)) if spec.zero && !spec.minus => {
                width.saturating_sub(usize::from(has_sign))
            }
            _ => 0,
        };
        let mut text = match (is_negative, spec.plus, spec.space) {
            (true, ..) => "-".to_owned(),
            (_, true, _) => "+".to_owned(),
            (.., true) => " ".to_owned(),
            _ => String::new(),
        };
        let leading = at_least.saturating_sub(digits.len());
        let is_octal = prefix == "0";
        if prefix == "0o" {
            text.push_str(if spec.sharp && leading == 0 && digits != "0" { "0o0" } else { "0o" });
        } else if spec.sharp && !(is_octal && (leading > 0 || digits.starts_with('0'))) {
            text.push_str(prefix);
        }
        text.extend(std::iter::repeat_n('0', leading));
        text.push_str(digits);
        spec.pad_with_spaces(text.as_bytes(), &mut self.out);
    }

    fn character(&mut self, Integer { size, is_negative, .. }: Integer, verb: char) {
        let code = if is_negative { size.wrapping_neg() } else { size };
        let known = u32::try_from(code).ok().and_then(char::from_u32);
        let shown = known.unwrap_or(char::REPLACEMENT_CHARACTER);
        let spec = self.spec;
        match verb {
            'c' => spec.pad(shown.to_string().as_bytes(), &mut self.out),
            'q' => {
                let text = quoted(shown.to_string().as_bytes(), '\'', spec.plus);
                spec.pad(text.as_bytes(), &mut self.out);
            }
            _ => {
                let digits = format!("{code:X}");
                let leading = spec.precision.unwrap_or(4).max(4).saturating_sub(digits.len());
                let zeros: String = std::iter::repeat_n('0', leading).collect();
                let mut text = format!("U+{zeros}{digits}");
                if let Some(character) = known.filter(|one| spec.sharp && is_printable(*one)) {
                    text.push_str(&format!(" '{character}'"));
                }
                spec.pad_with_spaces(text.as_bytes(), &mut self.out);
            }
        }
    }

    fn double(&mut self, double: f64, value: &Value<'_>, verb: char) {
        let (format, usual) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
            'f' | 'e' | 'E' => (verb, Some(6)),
            'F' => ('f', Some(6)),
            _ => return self.misfit(value, verb),
        };
        let spec = self.spec;
        let precision = spec.precision.or(usual);
        let mut text = float_text(double, format, precision);
        if spec.space && !spec.plus && text.starts_with('+') {
            text.replace_range(..1, " ");
        }
        if !double.is_finite() {
            let is_bare = double.is_nan() && !spec.space && !spec.plus;
            let text = if is_bare { text.trim_start_matches('+') } else { &text };
            return spec.pad_with_spaces(text.as_bytes(), &mut self.out);
        }
        if spec.sharp && format != 'b' {
            text = with_point(&text, format, precision);
        }
        let unsigned = text.get(1..).unwrap_or_default();
        if !spec.plus && text.starts_with('+') {
            return spec.pad(unsigned.as_bytes(), &mut self.out);
        }
        match spec.width {
            Some(width) if spec.zero && !spec.minus && width > text.len() => {
                self.out.extend(text.bytes().take(1));
                spec.fill(width - text.len(), &mut self.out);
                self.out.extend(unsigned.as_bytes());
            }
            _ => spec.pad(text.as_bytes(), &mut self.out),
        }
    }

    fn text(&mut self, text: &[u8], verb: char) {
        let spec = self.spec;
        let is_quoted = verb == 'q' || verb == 'v' && spec.is_source;
        if matches!(verb, 'x' | 'X') {
            return self.hex(text, verb);
        }
        let text = spec.truncated(text);
        if !is_quoted {
            return spec.pad(text, &mut self.out);
        }
        let quoted = if spec.sharp && is_raw(text) {
            format!("`{}`", String::from_utf8_lossy(text))
        } else {
            quoted(text, '"', spec.plus)
        };
        spec.pad(quoted.as_bytes(), &mut self.out);
    }

    fn hex(&mut self, bytes: &[u8], verb: char) {
        let spec = self.spec;
        let length = spec.precision.map_or(bytes.len(), |precision| precision.min(bytes.len()));
        let bytes = bytes.get(..length).unwrap_or(bytes);
        let encoding = if verb == 'x' { &HEXLOWER } else { &HEXUPPER };
        let prefix = match (spec.sharp && !bytes.is_empty(), verb) {
            (false, _) => "",
            (true, 'x') => "0x",
            (true, _) => "0X",
        };
        let text = if spec.space {
            let each = bytes.iter().map(|byte| format!("{prefix}{}", encoding.encode(&[*byte])));
            each.collect::<Vec<_>>().join(" ")
        } else {
            format!("{prefix}{}", encoding.encode(bytes))
        };
        spec.pad(text.as_bytes(), &mut self.out);
    }

    fn bytes(&mut self, bytes: &[u8], verb: char, name: &str) {
        match verb {
            's' | 'q' | 'x' | 'X' => self.text(bytes, verb),
            _ => self.array(bytes, verb, name),
        }
    }

    /// Bytes as numbers.
    fn array(&mut self, bytes: &[u8], verb: char, name: &str) {
        self.open(name, "[");
        for (index, byte) in bytes.iter().enumerate() {
            self.between(index);
            let size = u64::from(*byte);
            if !self.digits(Integer { size, is_negative: false, is_signed: false }, verb) {
                self.put(&format!("%!{verb}(uint8="));
                self.digits(Integer { size, is_negative: false, is_signed: false }, 'v');
                self.put(")");
            }
        }
        self.close();
    }

    fn id(&mut self, id: &[u8], value: &Value<'_>, is_texty: bool, verb: char) {
        if is_texty && !self.spec.is_source {
            let is_set = id.iter().any(|byte| *byte != 0);
            let text = if is_set { HEXLOWER.encode(id) } else { String::new() };
            return self.text(text.as_bytes(), verb);
        }
        self.array(id, verb, type_name(value));
    }

    fn map(&mut self, map: &Map<'_>, verb: char) {
        let mut entries: Vec<_> = map.iter().collect();
        entries.sort_by_key(|(key, _)| *key);
        self.open("map[string]interface {}", "map[");
        for (index, (key, value)) in entries.into_iter().enumerate() {
            self.between(index);
            self.value(&Value::text(key), verb);
            self.put(":");
            self.value(&value, verb);
        }
        self.close();
    }

    fn list(&mut self, list: &List<'_>, verb: char) {
        self.open("[]interface {}", "[");
        for (index, element) in list.iter().enumerate() {
            self.between(index);
            self.value(&element, verb);
        }
        self.close();
    }

    fn open(&mut self, name: &str, plain: &str) {
        if self.spec.is_source {
            self.put(&format!("{name}{{"));
        } else {
            self.put(plain);
        }
    }

    fn between(&mut self, index: usize) {
        if index > 0 {
            self.put(if self.spec.is_source { ", " } else { " " });
        }
    }

    fn close(&mut self) {
        self.put(if self.spec.is_source { "}" } else { "]" });
    }
}

/// A number with a point, and as many zeros behind it as `#` asks for.
fn with_point(text: &str, format: char, precision: Option<usize>) -> String {
    let ends: &[char] = if matches!(format, 'x' | 'X') { &['p', 'P'] } else { &['e', 'E'] };
    let (number, tail) = text.split_at(text.find(ends).unwrap_or(text.len()));
    let digits = number.chars().skip(1).filter(|digit| *digit != '.');
    let significant = digits.skip_while(|digit| *digit == '0').count();
    let wanted = match format {
        'g' | 'G' | 'x' => precision.unwrap_or(6),
        _ => 0,
    };
    let mut missing = wanted.saturating_sub(significant);
    let mut out = number.to_owned();
    if !number.contains('.') {
        // A zero before the point counts where it stands alone.
        if number.len() == 2 && number.ends_with('0') {
            missing = missing.saturating_sub(1);
        }
        out.push('.');
    }
    out.extend(std::iter::repeat_n('0', missing));
    out.push_str(tail);
    out
}

/// The type of a value as Go names it.
const fn type_name(value: &Value<'_>) -> &'static str {
    match value {
        Value::Nil => "<nil>",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Double(_) => "float64",
        Value::Text(_) => "string",
        Value::Bytes(_) => "[]uint8",
        Value::Time(_) => "time.Time",
        Value::Duration(_) => "time.Duration",
        Value::TraceId(_) => "pcommon.TraceID",
        Value::SpanId(_) => "pcommon.SpanID",
        Value::Map(_) => "pcommon.Map",
        Value::List(List::View(_)) => "pcommon.Slice",
        Value::List(List::Made(_)) => "[]interface {}",
        Value::Messages(messages) => messages.kind,
    }
}

/// `2024-02-29 12:00:00.5 +0100 CET`
fn time_text(time: &Time) -> String {
    let local = time.local();
    let (date, clock) = (local.date(), local.time());
    let fraction = match clock.subsec_nanosecond() {
        0 => String::new(),
        nanos => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
    };
    let minutes = time.offset().seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let offset = format!("{sign}{:02}{:02}", minutes.abs() / 60, minutes.abs() % 60);
    let zone = time.zone_abbreviation();
    let (hour, minute, second) = (clock.hour(), clock.minute(), clock.second());
    let (year, month, day) = (date.year(), date.month(), date.day());
    format!(
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction} {offset} {zone}"
    )
}
