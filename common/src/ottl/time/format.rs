//! Formats of OTTL: `%Y-%m-%d %H:%M:%S` and so on.
//!
//! Source: `coreinternal/timeutils` of the Collector. Writing has one layout; for reading there are several
//! ways of writing the same, which are tried until one fits.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::{
    Time,
    layout::Layout,
    location::Location,
    read::{Around, Fault, FaultPlace, NO_TIME},
};

/// A format for writing times.
#[derive(Clone, Debug)]
pub struct PrintFormat(Layout);

/// A format for reading times.
#[derive(Debug)]
pub struct ReadFormat {
    pieces: Vec<Piece>,
    tail: String,
    usual: Layout,
    /// What fitted last, if it was not the usual one.
    last: ArcSwapOption<Layout>,
    named: ArcSwapOption<Location>,
}

/// A text, and the directive behind it.
#[derive(Clone, Debug)]
struct Piece {
    literal: String,
    directive: &'static Directive,
}

#[derive(Debug)]
struct Directive {
    name: char,
    print: &'static str,
    /// The ways to read it, element by element; none if there is only the one of `print`.
    read: &'static [&'static [&'static str]],
}

const fn directive(name: char, print: &'static str) -> Directive {
    Directive { name, print, read: &[] }
}

const fn flexible(
    name: char,
    print: &'static str,
    read: &'static [&'static [&'static str]],
) -> Directive {
    Directive { name, print, read }
}

const SHORT_DATE: &[&[&str]] = &[&["1", "/", "2", "/", "2006"], &["1", "/", "2", "/", "06"]];
const CLOCK: &[&[&str]] = &[&["15", ":", "4", ":", "5"]];

static DIRECTIVES: &[Directive] = &[
    directive('Y', "2006"),
    directive('y', "06"),
    flexible('m', "01", &[&["1"]]),
    flexible('o', "_1", &[&["1"]]),
    flexible('q', "1", &[&["1"]]),
    directive('b', "Jan"),
    directive('h', "Jan"),
    directive('B', "January"),
    flexible('d', "02", &[&["2"]]),
    flexible('e', "_2", &[&["2"]]),
    flexible('g', "2", &[&["2"]]),
    directive('a', "Mon"),
    directive('A', "Monday"),
    directive('H', "15"),
    directive('l', "3"),
    flexible('I', "03", &[&["3"]]),
    directive('p', "PM"),
    directive('P', "pm"),
    flexible('M', "04", &[&["4"]]),
    flexible('S', "05", &[&["5"]]),
    directive('L', "999"),
    directive('f', "999999"),
    directive('s', "999999999"),
    directive('Z', "MST"),
    flexible('z', "Z0700", &[&["Z0700"], &["Z07:00"], &["Z07"]]),
    directive('w', "-070000"),
    directive('i', "-07"),
    directive('j', "-07:00"),
    directive('k', "-07:00:00"),
    flexible('D', "01/02/2006", SHORT_DATE),
    flexible('x', "01/02/2006", SHORT_DATE),
    flexible('F', "2006-01-02", &[&["2006", "-", "1", "-", "2"]]),
    flexible('T', "15:04:05", CLOCK),
    flexible('X', "15:04:05", CLOCK),
    flexible('r', "03:04:05 pm", &[&["3", ":", "4", ":", "5", " ", "pm"]]),
    flexible('R', "15:04", &[&["15", ":", "4"]]),
    flexible(
        'c',
        "Mon Jan 02 15:04:05 2006",
        &[&["Mon", " ", "Jan", " ", "2", " ", "15", ":", "4", ":", "5", " ", "2006"]],
    ),
    directive('n', "\n"),
    directive('t', "\t"),
    directive('%', "%"),
];

/// What is wrong with a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// There is none.
    #[error("the format must not be empty")]
    Empty,
    /// It has a digit.
    #[error("the format must not contain digits, found {0:?}")]
    Digit(char),
    /// A fraction stands alone.
    #[error("%{0} must have a point or a comma before it")]
    Fraction(char),
    /// There is no such directive.
    #[error("%{0} is not known, expected one of %{known}", known = known())]
    Unknown(char),
}

fn known() -> String {
    let names: Vec<String> = DIRECTIVES.iter().map(|one| one.name.to_string()).collect();
    names.join(" %")
}

/// Takes a format apart.
fn pieces(format: &str) -> Result<(Vec<Piece>, String), FormatError> {
    if format.is_empty() {
        return Err(FormatError::Empty);
    }
    if let Some(digit) = format.chars().find(char::is_ascii_digit) {
        return Err(FormatError::Digit(digit));
    }
    let chars: Vec<char> = format.chars().collect();
    for window in chars.windows(3) {
        if let [before, '%', fraction @ ('L' | 'f' | 's')] = window
            && !['.', ','].contains(before)
        {
            return Err(FormatError::Fraction(*fraction));
        }
    }
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut chars = chars.into_iter().peekable();
    while let Some(c) = chars.next() {
        match chars.next_if(|name| c == '%' && *name != '\n') {
            None => literal.push(c),
            Some(name) => {
                let directive = DIRECTIVES.iter().find(|known| known.name == name);
                let directive = directive.ok_or(FormatError::Unknown(name))?;
                pieces.push(Piece { literal: std::mem::take(&mut literal), directive });
            }
        }
    }
    Ok((pieces, literal))
}

impl PrintFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// [`FormatError`] if it is none.
    pub fn new(format: &str) -> Result<Self, FormatError> {
        let (pieces, tail) = pieces(format)?;
        let mut layout = String::new();
        for piece in &pieces {
            layout.push_str(&piece.literal);
            layout.push_str(piece.directive.print);
        }
        layout.push_str(&tail);
        Ok(Self(Layout::new(&layout)))
    }

    /// Writes a time.
    #[must_use]
    pub fn print(&self, time: &Time) -> String {
        self.0.print(time)
    }
}

impl ReadFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// [`FormatError`] if it is none.
    pub fn new(format: &str) -> Result<Self, FormatError> {
        let (pieces, tail) = pieces(format)?;
        let mut layout = String::new();
        for piece in &pieces {
            layout.push_str(&piece.literal);
            layout.extend(piece.directive.ways().next().unwrap_or_default().iter().copied());
        }
        layout.push_str(&tail);
        let usual = Layout::new(&layout);
        let (last, named) = (ArcSwapOption::empty(), ArcSwapOption::empty());
        Ok(Self { pieces, tail, usual, last, named })
    }

    /// Reads a time in a place. What has no year is near now.
    ///
    /// # Errors
    /// Why the text is no time in this format.
    pub fn read(
        &self,
        text: &str,
        place: &Location,
        now: &dyn Fn() -> Time,
    ) -> Result<Time, &'static str> {
        let around = Around { place, now, named: &self.named };
        if let Some(last) = self.last.load().as_deref()
            && let Ok(time) = last.read(text, around)
        {
            return Ok(time);
        }
        if let Ok(time) = self.usual.read(text, around) {
            return Ok(time);
        }
        let mut read = |layout: &Layout| layout.read(text, around);
        match self.search(&self.pieces, String::new(), text, &mut read) {
            Ok((time, layout)) => {
                self.last.store(Some(Arc::new(layout)));
                Ok(time)
            }
            Err(mismatch) => Err(mismatch.why),
        }
    }

    /// Tries the ways to read the first of the directives that are left, with all ways of the others.
    fn search(
        &self,
        pieces: &[Piece],
        before: String,
        text: &str,
        read: &mut dyn FnMut(&Layout) -> Result<Time, Fault>,
    ) -> Result<(Time, Layout), Mismatch> {
        let Some((piece, others)) = pieces.split_first() else {
            let layout = Layout::new(&(before + &self.tail));
            return match read(&layout) {
                Ok(time) => Ok((time, layout)),
                Err(fault) => Err(Mismatch::of(fault, &layout, text)),
            };
        };
        let before = before + &piece.literal;
        let mut why = NO_TIME;
        for way in piece.directive.ways() {
            let mut way: Vec<String> = way.iter().map(|&element| element.to_owned()).collect();
            loop {
                let layout = before.clone() + &way.concat();
                let mismatch = match self.search(others, layout, text, read) {
                    Ok(found) => return Ok(found),
                    Err(mismatch) => mismatch,
                };
                // Else it is not this directive that did not fit.
                let Some(at) = way.iter().position(|element| *element == mismatch.element) else {
                    return Err(mismatch);
                };
                why = mismatch.why;
                if mismatch.space.is_empty() || !takes_space(&way, at) {
                    break;
                }
                way.insert(at, mismatch.space);
            }
        }
        Err(Mismatch { element: NONE.to_owned(), space: String::new(), why })
    }
}

impl Directive {
    fn ways(&'static self) -> impl Iterator<Item = &'static [&'static str]> {
        let only = self.read.is_empty().then_some(std::slice::from_ref(&self.print));
        only.into_iter().chain(self.read.iter().copied())
    }
}

/// Whether spaces that stand before an element are passed over: before numbers, and once.
fn takes_space(way: &[String], at: usize) -> bool {
    let is_spaced = at.checked_sub(1).and_then(|before| way.get(before));
    let is_spaced = is_spaced.is_some_and(|before| before.trim().is_empty());
    let is_number =
        |element: &String| element.starts_with(|c: char| c == 'Z' || c.is_ascii_digit());
    !is_spaced && way.get(at).is_some_and(is_number)
}

/// Where a text does not fit, after the layout is gone.
struct Mismatch {
    /// The text of the element, or of what stands before it.
    element: String,
    /// The spaces with which the rest of the text begins.
    space: String,
    why: &'static str,
}

/// What no element is.
const NONE: &str = "";

impl Mismatch {
    fn of(fault: Fault, layout: &Layout, text: &str) -> Self {
        let element = match fault.place {
            FaultPlace::Element(index) => layout.parts.get(index).map(|part| &part.text),
            FaultPlace::Literal(index) => {
                Some(layout.parts.get(index).map_or(&layout.tail, |part| &part.literal))
            }
            FaultPlace::Nowhere => None,
        };
        let rest = text.get(text.len().saturating_sub(fault.left)..).unwrap_or_default();
        let rest_without = rest.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
        let space = rest.strip_suffix(rest_without).unwrap_or_default();
        Self {
            element: element.map_or(NONE, String::as_str).to_owned(),
            space: space.to_owned(),
            why: fault.why,
        }
    }
}
