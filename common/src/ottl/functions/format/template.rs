//! A format, read once.
//!
//! Which value a verb writes depends on how many there are alone, and not on what they are.

use std::{iter::Peekable, str::Chars};

use super::{print::Printer, spec::Spec};
use crate::ottl::value::Value;

/// Wider than that nothing is written.
const MAX_SIZE: i64 = 1_000_000;

/// A format for so many values.
#[derive(Debug)]
pub(super) struct Template {
    pieces: Vec<Piece>,
    // The first value that is not written, if that is a mistake.
    extra: Option<usize>,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Directive { spec: Spec, width: Size, precision: Size, action: Action },
}

/// A width or a precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Said(Option<usize>),
    OfValue(Option<usize>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Write(usize, char),
    Percent,
    BadIndex(char),
    Missing(char),
    NoVerb,
}

impl Template {
    pub(super) fn parse(format: &str, values: usize) -> Self {
        let mut reader = Reader {
            rest: format.chars().peekable(),
            values,
            next: 0,
            is_good: true,
            is_behind_index: false,
            is_reordered: false,
        };
        let mut pieces = Vec::new();
        let mut text = String::new();
        while let Some(character) = reader.rest.next() {
            if character != '%' {
                text.push(character);
                continue;
            }
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(reader.directive());
        }
        pieces.push(Piece::Text(text));
        let extra = (!reader.is_reordered && reader.next < values).then_some(reader.next);
        Self { pieces, extra }
    }

    pub(super) fn write(&self, values: &[Value<'_>]) -> String {
        let mut printer = Printer::default();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => printer.put(text),
                Piece::Directive { spec, width, precision, action } => {
                    printer.spec = *spec;
                    printer.size(*width, *precision, values);
                    printer.act(*action, values);
                }
            }
        }
        if let Some(extra) = self.extra {
            printer.spec = Spec::default();
            printer.put("%!(EXTRA ");
            for (index, value) in values.iter().skip(extra).enumerate() {
                printer.put(if index > 0 { ", " } else { "" });
                printer.typed(value);
            }
            printer.put(")");
        }
        printer.finish()
    }
}

impl Printer {
    fn size(&mut self, width: Size, precision: Size, values: &[Value<'_>]) {
        match width {
            Size::Said(width) => self.spec.width = width,
            Size::OfValue(index) => match integer(index, values) {
                None => self.put("%!(BADWIDTH)"),
                Some(width) => {
                    self.spec.width = usize::try_from(width.unsigned_abs()).ok();
                    if width < 0 {
                        self.spec.minus = true;
                        self.spec.zero = false;
                    }
                }
            },
        }
        match precision {
            Size::Said(precision) => self.spec.precision = precision,
            Size::OfValue(index) => {
                let precision = integer(index, values);
                self.spec.precision =
                    precision.and_then(|precision| usize::try_from(precision).ok());
                if self.spec.precision.is_none() {
                    self.put("%!(BADPREC)");
                }
            }
        }
    }

    fn act(&mut self, action: Action, values: &[Value<'_>]) {
        match action {
            Action::Percent => self.put("%"),
            Action::BadIndex(verb) => self.put(&format!("%!{verb}(BADINDEX)")),
            Action::Missing(verb) => self.put(&format!("%!{verb}(MISSING)")),
            Action::NoVerb => self.put("%!(NOVERB)"),
            Action::Write(index, verb) => {
                if verb == 'v' {
                    self.spec.is_source = self.spec.sharp;
                    self.spec.sharp = false;
                    self.spec.plus = false;
                }
                self.argument(values.get(index).unwrap_or(&Value::Nil), verb);
            }
        }
    }
}

fn integer(index: Option<usize>, values: &[Value<'_>]) -> Option<i64> {
    match values.get(index?)? {
        Value::Int(int) | Value::Duration(int) if int.abs_diff(0) <= MAX_SIZE as u64 => Some(*int),
        _ => None,
    }
}

struct Reader<'f> {
    rest: Peekable<Chars<'f>>,
    values: usize,
    next: usize,
    is_good: bool,
    is_behind_index: bool,
    is_reordered: bool,
}

impl Reader<'_> {
    /// What stands behind `%`.
    fn directive(&mut self) -> Piece {
        self.is_good = true;
        let mut spec = Spec::default();
        while let Some(flag) = self.rest.next_if(|next| "#0+- ".contains(*next)) {
            match flag {
                '#' => spec.sharp = true,
                '0' => spec.zero = true,
                '+' => spec.plus = true,
                '-' => spec.minus = true,
                _ => spec.space = true,
            }
        }
        self.index();
        let width = self.width();
        let precision = self.precision();
        if !self.is_behind_index {
            self.index();
        }
        let action = match self.rest.next() {
            None => Action::NoVerb,
            Some('%') => Action::Percent,
            Some(verb) if !self.is_good => Action::BadIndex(verb),
            Some(verb) if self.next >= self.values => Action::Missing(verb),
            Some(verb) => {
                self.next += 1;
                Action::Write(self.next - 1, verb)
            }
        };
        Piece::Directive { spec, width, precision, action }
    }

    fn width(&mut self) -> Size {
        if self.rest.next_if_eq(&'*').is_some() {
            return self.of_value();
        }
        let width = self.number();
        if self.is_behind_index && width.is_some() {
            self.is_good = false;
        }
        Size::Said(width)
    }

    fn precision(&mut self) -> Size {
        // A point at the end is a verb.
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('.') || ahead.next().is_none() {
            return Size::Said(None);
        }
        self.rest.next();
        if self.is_behind_index {
            self.is_good = false;
        }
        self.index();
        if self.rest.next_if_eq(&'*').is_some() {
            return self.of_value();
        }
        Size::Said(Some(self.number().unwrap_or_default()))
    }

    fn of_value(&mut self) -> Size {
        self.is_behind_index = false;
        let index = (self.next < self.values).then_some(self.next);
        self.next += usize::from(index.is_some());
        Size::OfValue(index)
    }

    /// Digits. Where they are too many, nothing more is read.
    fn number(&mut self) -> Option<usize> {
        let mut number: Option<i64> = None;
        while let Some(digit) = self.rest.peek().and_then(|next| next.to_digit(10)) {
            if number.unwrap_or_default() > MAX_SIZE {
                self.rest = "".chars().peekable();
                return None;
            }
            self.rest.next();
            number = Some(number.unwrap_or_default() * 10 + i64::from(digit));
        }
        usize::try_from(number?).ok()
    }

    /// `[2]`, which says the next value.
    fn index(&mut self) {
        self.is_behind_index = false;
        if self.rest.next_if_eq(&'[').is_none() {
            return;
        }
        self.is_reordered = true;
        let ahead: String = self.rest.clone().collect();
        let inside = ahead.split_once(']').filter(|_| ahead.len() > 1);
        let Some((inside, _)) = inside else {
            self.is_good = false;
            return;
        };
        self.rest.by_ref().take(inside.chars().count() + 1).for_each(drop);
        let number = if inside.len() <= 7 && inside.bytes().all(|digit| digit.is_ascii_digit()) {
            inside.parse::<usize>().ok()
        } else {
            None
        };
        self.is_behind_index = number.is_some();
        match number.and_then(|number| number.checked_sub(1)) {
            Some(index) if index < self.values => self.next = index,
            _ => self.is_good = false,
        }
    }
}
