//! Reads one element after the other.

use super::Said;
use crate::ottl::time::{
    layout::{Element, OffsetForm, Part},
    names::{DAYS, MONTHS, short},
};

/// What is left of a text.
pub(super) struct Reader<'a> {
    rest: &'a str,
}

/// Nothing if the text does not fit; else why it is out of range, if it is.
type Outcome = Result<Option<&'static str>, ()>;

impl Part {
    pub(super) const fn is_fraction(&self) -> bool {
        matches!(self.element, Element::Fraction(_))
    }
}

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }

    /// Passes over a text. A space stands for any number of spaces, none at the end.
    pub(super) fn literal(&mut self, literal: &str) -> bool {
        let mut literal = literal;
        while let Some(first) = literal.chars().next() {
            if first == ' ' {
                if !self.rest.is_empty() && !self.rest.starts_with(' ') {
                    return false;
                }
                literal = literal.trim_start_matches(' ');
                self.rest = self.rest.trim_start_matches(' ');
                continue;
            }
            let Some(rest) = self.rest.strip_prefix(first) else {
                return false;
            };
            self.rest = rest;
            literal = literal.get(first.len_utf8()..).unwrap_or_default();
        }
        true
    }

    /// Reads an element; `has_fraction` if the fraction of a second follows as one of its own.
    pub(super) fn element(
        &mut self,
        element: Element,
        has_fraction: bool,
        said: &mut Said<'a>,
    ) -> Outcome {
        let months = MONTHS.iter().copied();
        let days = DAYS.iter().copied();
        match element {
            Element::Year => said.year = self.year()?,
            Element::ShortYear => said.year = self.short_year()?,
            Element::MonthName => said.month = Some(self.name(months)?),
            Element::ShortMonthName => said.month = Some(self.name(months.map(short))?),
            Element::Month(width) => {
                let month = self.number(width)?;
                said.month = Some(month);
                return Ok((!(1..=12).contains(&month)).then_some("the month is out of range"));
            }
            Element::DayName => {
                self.name(days)?;
            }
            Element::ShortDayName => {
                self.name(days.map(short))?;
            }
            Element::Day(width) => said.day = Some(self.number(width)?),
            Element::PaddedDay => {
                self.skip(' ');
                said.day = Some(self.number(1)?);
            }
            Element::YearDay => said.year_day = Some(self.year_day()?),
            Element::PaddedYearDay => {
                self.skip(' ');
                self.skip(' ');
                said.year_day = Some(self.year_day()?);
            }
            Element::Hour => {
                said.hour = self.number(1)?;
                return Ok((said.hour > 23).then_some("the hour is out of range"));
            }
            Element::Hour12(width) => {
                said.hour = self.number(width)?;
                return Ok((said.hour > 12).then_some("the hour is out of range"));
            }
            Element::Minute(width) => {
                said.minute = self.number(width)?;
                return Ok((said.minute > 59).then_some("the minute is out of range"));
            }
            Element::Second(width) => {
                said.second = self.number(width)?;
                if said.second > 59 {
                    return Ok(Some("the second is out of range"));
                }
                if !has_fraction {
                    self.fraction(said);
                }
            }
            Element::Fraction(_) => self.fraction(said),
            Element::HalfOfDay { is_upper } => said.is_afternoon = Some(self.half(is_upper)?),
            Element::ZoneName => self.zone_name(said)?,
            Element::Offset(form) => return self.offset(form, said),
        }
        Ok(None)
    }

    fn take(&mut self, len: usize) -> Result<&'a str, ()> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(())?;
        self.rest = rest;
        Ok(taken)
    }

    fn skip(&mut self, c: char) {
        self.rest = self.rest.strip_prefix(c).unwrap_or(self.rest);
    }

    fn digits(&self) -> usize {
        self.rest.bytes().take_while(u8::is_ascii_digit).count()
    }

    /// One digit or two, or two exactly.
    fn number(&mut self, width: usize) -> Result<i8, ()> {
        let digits = self.digits().min(2);
        if digits < width.max(1) {
            return Err(());
        }
        self.take(digits)?.parse().map_err(drop)
    }

    fn year_day(&mut self) -> Result<i16, ()> {
        let digits = self.digits().min(3);
        self.take(digits)?.parse().map_err(drop)
    }

    fn year(&mut self) -> Result<i16, ()> {
        if self.digits() == 0 {
            return Err(());
        }
        self.take(4)?.parse().map_err(drop)
    }

    fn short_year(&mut self) -> Result<i16, ()> {
        let year: i16 = self.take(2)?.parse().map_err(drop)?;
        Ok(year + if year >= 69 { 1900 } else { 2000 })
    }

    /// The number of a name, from 1.
    fn name(&mut self, names: impl Iterator<Item = &'static str>) -> Result<i8, ()> {
        for (number, name) in (1..).zip(names) {
            if let Some((start, rest)) = self.rest.split_at_checked(name.len())
                && start.eq_ignore_ascii_case(name)
            {
                self.rest = rest;
                return Ok(number);
            }
        }
        Err(())
    }

    /// A fraction of a second, if there is one; digits beyond the ninth do not count.
    fn fraction(&mut self, said: &mut Said<'a>) {
        let Some(behind) = self.rest.strip_prefix(['.', ',']) else {
            return;
        };
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return;
        }
        let (digits, rest) = behind.split_at(digits);
        // What is missing of nine digits is zeros.
        let nine = digits.bytes().chain(std::iter::repeat_n(b'0', 9)).take(9);
        said.nanos = nine.fold(0, |nanos, digit| nanos * 10 + i32::from(digit - b'0'));
        self.rest = rest;
    }

    fn half(&mut self, is_upper: bool) -> Result<bool, ()> {
        match (self.take(2)?, is_upper) {
            ("PM", true) | ("pm", false) => Ok(true),
            ("AM", true) | ("am", false) => Ok(false),
            _ => Err(()),
        }
    }

    fn zone_name(&mut self, said: &mut Said<'a>) -> Result<(), ()> {
        if let Some(rest) = self.rest.strip_prefix("UTC") {
            self.rest = rest;
            said.is_utc = true;
            return Ok(());
        }
        let len = zone_name_len(self.rest).ok_or(())?;
        said.zone_name = Some(self.take(len)?);
        Ok(())
    }

    fn offset(&mut self, form: OffsetForm, said: &mut Said<'a>) -> Outcome {
        if form.has_zulu
            && let Some(rest) = self.rest.strip_prefix('Z')
        {
            self.rest = rest;
            said.is_utc = true;
            return Ok(None);
        }
        let sign = match self.take(1)? {
            "+" => 1,
            "-" => -1,
            _ => return Err(()),
        };
        let mut numbers = [0; 3];
        for (index, number) in numbers.iter_mut().take(form.numbers).enumerate() {
            if index > 0 && form.has_colons && self.take(1)? != ":" {
                return Err(());
            }
            *number = i32::from(self.number(2)?);
        }
        let [hours, minutes, seconds] = numbers;
        said.offset = Some(sign * ((hours * 60 + minutes) * 60 + seconds));
        let is_out_of_range = hours > 24 || minutes > 60 || seconds > 60;
        Ok(is_out_of_range.then_some("the offset of the time zone is out of range"))
    }
}

/// How long the short name of a zone is that a text begins with.
fn zone_name_len(text: &str) -> Option<usize> {
    if text.starts_with("ChST") || text.starts_with("MeST") {
        return Some(4);
    }
    if let Some(behind) = text.strip_prefix("GMT") {
        return Some(3 + hours_len(behind).unwrap_or(0));
    }
    if text.starts_with(['+', '-']) {
        return (text.len() >= 3).then(|| hours_len(text)).flatten();
    }
    let upper = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let ends_in_t = text.get(..upper).is_some_and(|name| name.ends_with('T') || name == "WITA");
    match upper {
        3 => Some(3),
        4 | 5 if ends_in_t => Some(upper),
        _ => None,
    }
}

/// How long a signed number of hours is.
fn hours_len(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(['+', '-'])?;
    let digits = digits.get(..digits.bytes().take_while(u8::is_ascii_digit).count())?;
    digits.parse::<u64>().ok().filter(|hours| *hours <= 23).map(|_| 1 + digits.len())
}
