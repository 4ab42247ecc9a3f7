//! How a time is written, as Go says it: by the text of one certain time, such as `2006-01-02 15:04`.
//!
//! Formats of OTTL are turned into such a layout first, as upstream does. That shows where words of a
//! format, such as `Jan` or `PM`, mean something in a layout.

/// A layout taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) parts: Vec<Part>,
    /// What stands behind the last element.
    pub(super) tail: String,
}

/// An element, and what stands before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) literal: String,
    pub(super) element: Element,
    pub(super) text: String,
}

/// A part of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Year,
    ShortYear,
    MonthName,
    ShortMonthName,
    /// Numbers have at least so many digits.
    Month(usize),
    DayName,
    ShortDayName,
    Day(usize),
    /// With a space in the place of a first digit.
    PaddedDay,
    YearDay,
    PaddedYearDay,
    Hour,
    Hour12(usize),
    Minute(usize),
    Second(usize),
    /// At most so many digits.
    Fraction(usize),
    HalfOfDay {
        is_upper: bool,
    },
    ZoneName,
    Offset(OffsetForm),
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OffsetForm {
    /// Whether no offset is `Z`.
    pub(super) has_zulu: bool,
    pub(super) has_colons: bool,
    /// 1 for hours, 2 with minutes, 3 with seconds.
    pub(super) numbers: usize,
}

const fn offset(has_zulu: bool, has_colons: bool, numbers: usize) -> Element {
    Element::Offset(OffsetForm { has_zulu, has_colons, numbers })
}

/// Of two that fit, the first counts.
const ELEMENTS: &[(&str, Element)] = &[
    ("January", Element::MonthName),
    ("Jan", Element::ShortMonthName),
    ("Monday", Element::DayName),
    ("Mon", Element::ShortDayName),
    ("MST", Element::ZoneName),
    ("01", Element::Month(2)),
    ("02", Element::Day(2)),
    ("03", Element::Hour12(2)),
    ("04", Element::Minute(2)),
    ("05", Element::Second(2)),
    ("06", Element::ShortYear),
    ("002", Element::YearDay),
    ("15", Element::Hour),
    ("1", Element::Month(1)),
    ("2006", Element::Year),
    ("2", Element::Day(1)),
    ("_2", Element::PaddedDay),
    ("__2", Element::PaddedYearDay),
    ("3", Element::Hour12(1)),
    ("4", Element::Minute(1)),
    ("5", Element::Second(1)),
    ("PM", Element::HalfOfDay { is_upper: true }),
    ("pm", Element::HalfOfDay { is_upper: false }),
    ("-070000", offset(false, false, 3)),
    ("-07:00:00", offset(false, true, 3)),
    ("-0700", offset(false, false, 2)),
    ("-07:00", offset(false, true, 2)),
    ("-07", offset(false, false, 1)),
    ("Z070000", offset(true, false, 3)),
    ("Z07:00:00", offset(true, true, 3)),
    ("Z0700", offset(true, false, 2)),
    ("Z07:00", offset(true, true, 2)),
    ("Z07", offset(true, false, 1)),
];

impl Layout {
    pub(super) fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((at, element, len)) = first_element(rest) {
            let (literal, behind) = rest.split_at(at);
            let (text, behind) = behind.split_at(len);
            parts.push(Part { literal: literal.to_owned(), element, text: text.to_owned() });
            rest = behind;
        }
        Self { parts, tail: rest.to_owned() }
    }
}

/// Where the first element is, and how long its text.
fn first_element(text: &str) -> Option<(usize, Element, usize)> {
    text.char_indices().find_map(|(at, _)| {
        let (_, rest) = text.split_at_checked(at)?;
        let (element, len) = element_of(rest)?;
        Some((at, element, len))
    })
}

fn element_of(rest: &str) -> Option<(Element, usize)> {
    if rest.starts_with(['.', ',']) {
        return fraction_of(rest);
    }
    let (text, element) = ELEMENTS.iter().find(|(text, _)| rest.starts_with(text))?;
    let behind = rest.get(text.len()..).unwrap_or_default();
    match element {
        // The beginning of another word.
        Element::ShortMonthName | Element::ShortDayName
            if behind.starts_with(|c: char| c.is_ascii_lowercase()) =>
        {
            None
        }
        // An underscore and a year.
        Element::PaddedDay if behind.starts_with("006") => None,
        _ => Some((*element, text.len())),
    }
}

fn fraction_of(rest: &str) -> Option<(Element, usize)> {
    let digits = rest.bytes().skip(1).take_while(|byte| *byte == b'9').count();
    let behind = rest.as_bytes().get(1 + digits);
    let is_fraction = digits > 0 && !behind.is_some_and(u8::is_ascii_digit);
    is_fraction.then_some((Element::Fraction(digits), 1 + digits))
}
