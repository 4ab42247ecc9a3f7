//! One record, in each form that it can take.

use std::io;

use serde::Serialize;
use serde_json::{Map, Value, ser::Formatter};
use time::OffsetDateTime;
use tracing::Level;

#[derive(Debug)]
pub(super) struct Record {
    pub(super) time: OffsetDateTime,
    pub(super) level: Level,
    pub(super) caller: Option<String>,
    pub(super) message: String,
    pub(super) fields: Map<String, Value>,
}

impl Record {
    /// Time, level, caller, message, and fields as JSON with spaces; tabs between them. The message
    /// stands as it is, with its line breaks.
    pub(super) fn to_console(&self) -> String {
        let mut line = self.time_text();
        let columns = [Some(self.level_text()), self.caller.as_deref(), Some(&*self.message)];
        for column in columns.into_iter().flatten() {
            line.push('\t');
            line.push_str(column);
        }
        if !self.fields.is_empty() {
            let mut json = Vec::new();
            let mut serializer = serde_json::Serializer::with_formatter(&mut json, Spaced);
            // Serializing a map of strings to JSON values into memory cannot fail.
            if self.fields.serialize(&mut serializer).is_ok() {
                line.push('\t');
                line.push_str(&String::from_utf8_lossy(&json));
            }
        }
        line.push('\n');
        line
    }

    /// One JSON object.
    pub(super) fn to_json(&self) -> String {
        let mut object = Map::new();
        object.insert("level".to_owned(), self.level_text().into());
        object.insert("ts".to_owned(), self.time_text().into());
        if let Some(caller) = &self.caller {
            object.insert("caller".to_owned(), caller.as_str().into());
        }
        object.insert("msg".to_owned(), self.message.as_str().into());
        for (name, value) in &self.fields {
            object.entry(name.as_str()).or_insert_with(|| value.clone());
        }
        let mut line = Value::Object(object).to_string();
        line.push('\n');
        line
    }

    /// `2006-01-02T15:04:05.000Z0700` in Go's terms.
    fn time_text(&self) -> String {
        let time = self.time;
        let mut text = format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}",
            time.year(),
            u8::from(time.month()),
            time.day(),
            time.hour(),
            time.minute(),
            time.second(),
            time.millisecond(),
        );
        if time.offset().is_utc() {
            text.push('Z');
        } else {
            let (hours, minutes, _) = time.offset().as_hms();
            let sign = if time.offset().is_negative() { '-' } else { '+' };
            text.push_str(&format!("{sign}{:02}{:02}", hours.abs(), minutes.abs()));
        }
        text
    }

    const fn level_text(&self) -> &'static str {
        match self.level {
            Level::ERROR => "error",
            Level::WARN => "warn",
            Level::INFO => "info",
            Level::DEBUG | Level::TRACE => "debug",
        }
    }
}

/// JSON on one line with a space after each colon and comma.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        writer.write_all(if is_first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        writer.write_all(if is_first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests;
