//! Patterns that are some ASCII characters in a row, one set of which may repeat, such as `[0-9]+` or
//! `/users/[0-9]+/`: found without an engine, which takes longer to start than these texts are long.

use std::ops::Range;

use memchr::memmem::Finder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// How many characters such a pattern may ask for: from each place in a text so many are looked at.
const MAX_LEN: usize = 64;

/// Sets of characters one after the other.
///
/// Where a match starts says where it ends, without going back: the one set that may repeat without end has
/// no character of the next. Nor has it one of the first, unless it is the first. So nothing that repeats is
/// passed over for more than [`MAX_LEN`] of the places where a match could start.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    steps: Vec<Step>,
    /// For each byte, the steps whose sets have it, as a bit each.
    steps_of: [u64; 256],
    /// What it starts with, if that is always the same.
    prefix: Option<Finder<'static>>,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    /// A bit for each ASCII character.
    set: u128,
    least: usize,
    /// Whether there may be any number beyond the least, all of which are taken.
    is_open: bool,
}

impl Step {
    /// The one character that it stands for, if that is all.
    fn character(&self) -> Option<u8> {
        let is_one = self.set.is_power_of_two() && self.least == 1 && !self.is_open;
        is_one.then_some(self.set.trailing_zeros() as u8)
    }
}

impl Sequence {
    /// A pattern in the engine's syntax, if it is such a one.
    pub(super) fn of(pattern: &str) -> Option<Self> {
        let mut steps = Vec::new();
        push(&regex_syntax::parse(pattern).ok()?, &mut steps)?;
        let &Step { set: first, .. } = steps.first()?;
        let is_open = |step: &Step| step.is_open;
        if let Some(open) = steps.iter().position(is_open) {
            let set = steps.get(open)?.set;
            let next = steps.get(open + 1).map_or(0, |next| next.set);
            let is_unclear = set & next != 0 || open > 0 && set & first != 0;
            if is_unclear || steps.iter().skip(open + 1).any(is_open) {
                return None;
            }
        }
        if steps.iter().map(|step| step.least).sum::<usize>() > MAX_LEN {
            return None;
        }
        let prefix: Vec<u8> = steps.iter().map_while(Step::character).collect();
        steps.drain(..prefix.len());
        let mut steps_of = [0; 256];
        for (byte, bits) in (0..128_u32).zip(&mut steps_of) {
            let has = |step: &Step| u64::from(step.set >> byte & 1 == 1);
            *bits = (0..).zip(&steps).fold(0, |bits, (index, step)| bits | has(step) << index);
        }
        let prefix = (!prefix.is_empty()).then(|| Finder::new(&prefix).into_owned());
        Some(Self { steps, steps_of, prefix })
    }

    /// The first match from a place on.
    pub(super) fn find(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let text = text.as_bytes();
        let prefix_len = self.prefix.as_ref().map_or(0, |prefix| prefix.needle().len());
        let mut start = from;
        loop {
            let rest = text.get(start..)?;
            start += match &self.prefix {
                Some(prefix) => prefix.find(rest)?,
                None => rest.iter().position(|byte| self.has(0, *byte))?,
            };
            match self.end(text, start + prefix_len) {
                Ok(end) => return Some(start..end),
                // From within a run that it starts with, all goes as it went from its start.
                Err(next) if self.prefix.is_none() => start = next.max(start + 1),
                Err(_) => start += 1,
            }
        }
    }

    /// Where what stands behind the prefix ends if it starts here; else where the run ends that it starts with.
    fn end(&self, text: &[u8], start: usize) -> Result<usize, usize> {
        let mut run = start;
        let mut end = start;
        for (index, step) in (0..).zip(&self.steps) {
            let rest = text.get(end..).unwrap_or_default();
            let most = if step.is_open { rest.len() } else { step.least };
            let rest = rest.get(..most).unwrap_or(rest);
            let other = rest.iter().position(|byte| !self.has(index, *byte));
            let count = other.unwrap_or(rest.len());
            end += count;
            if index == 0 && step.is_open {
                run = end;
            }
            if count < step.least {
                return Err(run);
            }
        }
        Ok(end)
    }

    fn has(&self, step: u32, byte: u8) -> bool {
        self.steps_of.get(usize::from(byte)).is_some_and(|steps| steps >> step & 1 == 1)
    }
}

/// Adds the steps of a part of a pattern, if it has only such.
fn push(hir: &Hir, steps: &mut Vec<Step>) -> Option<()> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            for byte in &literal.0 {
                let set = byte.is_ascii().then(|| 1 << byte)?;
                steps.push(Step { set, least: 1, is_open: false });
            }
        }
        HirKind::Class(Class::Unicode(class)) => {
            let mut set = 0;
            for range in class.iter() {
                if !range.end().is_ascii() {
                    return None;
                }
                let characters = range.start() as u32..=range.end() as u32;
                set |= characters.fold(0, |set, character| set | 1 << character);
            }
            steps.push(Step { set, least: 1, is_open: false });
        }
        HirKind::Repetition(repetition) => {
            let before = steps.len();
            push(&repetition.sub, steps)?;
            let [step] = steps.get_mut(before..)? else { return None };
            let (least, is_open) = (repetition.min as usize, repetition.max.is_none());
            let is_exact = repetition.max == Some(repetition.min);
            let is_greedy = is_open && repetition.greedy;
            if step.is_open || step.least != 1 || least == 0 || !(is_exact || is_greedy) {
                return None;
            }
            *step = Step { least, is_open, ..*step };
        }
        // What a group holds is asked of the engine.
        HirKind::Capture(capture) => push(&capture.sub, steps)?,
        HirKind::Concat(parts) => {
            for part in parts {
                push(part, steps)?;
            }
        }
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Alternation(_) => {
            return None;
        }
    }
    Some(())
}
