//! What every OTLP message is made of, once, for walking, error paths and JSON.
//!
//! A test holds the table against the prost structs of `opentelemetry-proto`.

pub mod enums;
mod messages;
mod responses;

pub use messages::*;
pub use responses::*;

use crate::signal::Signal;

/// The type of a field's value.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// UTF-8 text.
    String,
    /// Any bytes, base64 in JSON.
    Bytes,
    /// 16 bytes or none, hex in JSON.
    TraceId,
    /// 8 bytes or none, hex in JSON.
    SpanId,
    /// A varint that is 0 or 1.
    Bool,
    /// A varint, sign extended.
    Int32,
    /// A varint, sign extended.
    Int64,
    /// A varint.
    Uint32,
    /// A varint.
    Uint64,
    /// A zigzag varint.
    Sint32,
    /// Four bytes.
    Fixed32,
    /// Eight bytes.
    Fixed64,
    /// Eight bytes, signed.
    Sfixed64,
    /// Eight bytes, a float.
    Double,
    /// A varint with names.
    Enum(&'static [EnumName]),
    /// A message.
    Message(&'static Message),
}

/// The name and number of one value of an enum.
pub type EnumName = (&'static str, i32);

/// When a field counts as set, and how often it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Once, and the default value is the same as its absence.
    Singular,
    /// Once, with its default value different from its absence.
    Optional,
    /// The one that stands last among its siblings of this presence.
    Oneof,
    /// Once, and JSON has it even when it is empty.
    AlwaysInJson,
    /// Any number of times; numbers may be packed.
    Repeated,
    /// A pre-1.0 field that is moved to its successor; JSON does not know it.
    Legacy,
}

/// One field of a message.
#[derive(Debug)]
pub struct Field {
    /// The field number.
    pub number: u32,
    /// The name in the .proto file.
    pub name: &'static str,
    /// The name in JSON.
    pub json_name: &'static str,
    /// When it counts as set.
    pub presence: Presence,
    /// The type of its value.
    pub kind: Kind,
}

/// What a walk does at a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A tag that the table does not hold.
    Other,
    /// A known field with a wire type that it cannot have.
    Mismatch,
    Varint,
    Fixed64,
    Fixed32,
    String,
    Bytes,
    TraceId,
    SpanId,
    Message,
    Attribute,
    PackedVarints,
    PackedFixed64,
    PackedFixed32,
}

/// Source: W3C Trace Context, "trace-id" and "parent-id".
pub(crate) const TRACE_ID_BYTES: usize = 16;
pub(crate) const SPAN_ID_BYTES: usize = 8;

/// Tags below this are looked up; they cover all field numbers up to 31.
const TAGS: usize = 256;
/// Field numbers that the look-up table covers.
const NUMBERS: usize = TAGS / 8;

/// One message.
#[derive(Debug)]
pub struct Message {
    /// The name in the .proto file, without its package.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// Whether this is what the signal counts.
    pub(crate) is_item: bool,
    /// Whether it can contain itself.
    pub(crate) is_recursive: bool,
    steps: [Step; TAGS],
    children: [Option<&'static Self>; NUMBERS],
}

impl Message {
    /// The field of that number.
    #[must_use]
    pub fn field(&self, number: u32) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.number == number)
    }

    /// The field of that camelCase or snake_case name.
    #[must_use]
    pub fn field_by_json_name(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| {
            (field.json_name == name || field.name == name) && field.presence != Presence::Legacy
        })
    }

    #[inline]
    pub(crate) fn step(&self, tag: u64) -> Step {
        let step = usize::try_from(tag).ok().and_then(|tag| self.steps.get(tag));
        step.copied().unwrap_or(Step::Other)
    }

    #[inline]
    pub(crate) fn child(&self, tag: u64) -> Option<&'static Self> {
        let number = usize::try_from(tag >> 3).ok()?;
        self.children.get(number).copied().flatten()
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "runs at compile time, where a bad index is an error"
    )]
    const fn new(name: &'static str, fields: &'static [Field], tree: Tree) -> Self {
        let mut steps = [Step::Other; TAGS];
        let mut children = [None; NUMBERS];
        let mut index = 0;
        while index < fields.len() {
            let field = &fields[index];
            index += 1;
            if field.number as usize >= NUMBERS {
                continue;
            }
            let first = field.number as usize * 8;
            let mut tag = first;
            while tag < first + 8 {
                steps[tag] = Step::Mismatch;
                tag += 1;
            }
            steps[first + field.kind.wire_type()] = field.kind.step();
            if matches!(field.presence, Presence::Repeated) {
                match field.kind.step() {
                    Step::Varint => steps[first + 2] = Step::PackedVarints,
                    Step::Fixed64 => steps[first + 2] = Step::PackedFixed64,
                    Step::Fixed32 => steps[first + 2] = Step::PackedFixed32,
                    _ => {}
                }
            }
            if let Kind::Message(child) = field.kind {
                children[field.number as usize] = Some(child);
                if is_attribute(field.name) {
                    steps[first + 2] = Step::Attribute;
                }
            }
        }
        let is_item = matches!(tree, Tree::Item);
        let is_recursive = matches!(tree, Tree::Recursive);
        Self { name, fields, is_item, is_recursive, steps, children }
    }
}

/// What a message is in the tree of a request.
#[derive(Clone, Copy)]
enum Tree {
    Node,
    Item,
    Recursive,
}

impl Kind {
    /// What the field holds, if that is a message.
    #[must_use]
    pub const fn message(self) -> Option<&'static Message> {
        match self {
            Self::Message(message) => Some(message),
            _ => None,
        }
    }

    /// How many bytes an identifier has, if this is one; none stands for no identifier.
    pub(crate) const fn id_bytes(self) -> Option<usize> {
        match self {
            Self::TraceId => Some(TRACE_ID_BYTES),
            Self::SpanId => Some(SPAN_ID_BYTES),
            _ => None,
        }
    }

    /// The wire type of one value.
    pub(crate) const fn wire_type(self) -> usize {
        match self.step() {
            Step::Varint => 0,
            Step::Fixed64 => 1,
            Step::Fixed32 => 5,
            _ => 2,
        }
    }

    pub(crate) const fn step(self) -> Step {
        match self {
            Self::String => Step::String,
            Self::Bytes => Step::Bytes,
            Self::TraceId => Step::TraceId,
            Self::SpanId => Step::SpanId,
            Self::Message(_) => Step::Message,
            Self::Fixed32 => Step::Fixed32,
            Self::Fixed64 | Self::Sfixed64 | Self::Double => Step::Fixed64,
            Self::Bool
            | Self::Int32
            | Self::Int64
            | Self::Uint32
            | Self::Uint64
            | Self::Sint32
            | Self::Enum(_) => Step::Varint,
        }
    }
}

/// The export request of a signal.
#[must_use]
pub const fn request(signal: Signal) -> &'static Message {
    match signal {
        Signal::Traces => &EXPORT_TRACE_SERVICE_REQUEST,
        Signal::Metrics => &EXPORT_METRICS_SERVICE_REQUEST,
        Signal::Logs => &EXPORT_LOGS_SERVICE_REQUEST,
    }
}

/// The export response of a signal.
#[must_use]
pub const fn response(signal: Signal) -> &'static Message {
    match signal {
        Signal::Traces => &EXPORT_TRACE_SERVICE_RESPONSE,
        Signal::Metrics => &EXPORT_METRICS_SERVICE_RESPONSE,
        Signal::Logs => &EXPORT_LOGS_SERVICE_RESPONSE,
    }
}

/// Fields of this name hold `KeyValue`s; a walk takes a short cut through those.
const fn is_attribute(name: &str) -> bool {
    matches!(name.as_bytes(), b"attributes" | b"filtered_attributes")
}

/// Makes the constructors `singular`, `repeated` and so on, one per presence.
macro_rules! constructors {
    ($($name:ident = $presence:ident;)*) => {$(
        const fn $name(
            number: u32,
            name: &'static str,
            json_name: &'static str,
            kind: Kind,
        ) -> Field {
            Field { number, name, json_name, presence: Presence::$presence, kind }
        }
    )*};
}

constructors! {
    singular = Singular;
    optional = Optional;
    oneof = Oneof;
    always_in_json = AlwaysInJson;
    repeated = Repeated;
    legacy = Legacy;
}

/// Turns a list of messages into statics, which may refer to each other in circles.
macro_rules! message_table {
    ($($(#[$doc:meta])* $message:ident = $name:literal $tree:ident { $($field:expr,)* })*) => {$(
        $(#[$doc])*
        pub static $message: Message = {
            static FIELDS: &[Field] = &[$($field,)*];
            Message::new($name, FIELDS, Tree::$tree)
        };
    )*};
}
use message_table;

#[cfg(test)]
mod tests;
