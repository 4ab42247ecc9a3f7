//! Patterns that are one or more characters of a set, such as `[0-9]+`: found without an engine, which takes
//! longer to start than these texts are long.

use std::ops::Range;

use regex_syntax::hir::{Class, HirKind};

/// One or more ASCII characters of a set, as many as there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// A bit for each.
    set: u128,
}

impl Run {
    /// A pattern in the engine's syntax, if it is nothing else.
    pub(super) fn of(pattern: &str) -> Option<Self> {
        let hir = regex_syntax::parse(pattern).ok()?;
        let HirKind::Repetition(repetition) = hir.kind() else { return None };
        let HirKind::Class(Class::Unicode(class)) = repetition.sub.kind() else { return None };
        if repetition.min != 1 || repetition.max.is_some() || !repetition.greedy {
            return None;
        }
        let mut set = 0;
        for range in class.iter() {
            if !range.end().is_ascii() {
                return None;
            }
            let characters = range.start() as u32..=range.end() as u32;
            set |= characters.fold(0, |set, character| set | 1 << character);
        }
        Some(Self { set })
    }

    /// The first match from a place on.
    pub(super) fn find(self, text: &str, from: usize) -> Option<Range<usize>> {
        let is_in = |byte: &u8| byte.is_ascii() && self.set >> *byte & 1 == 1;
        let rest = text.as_bytes().get(from..)?;
        let start = rest.iter().position(is_in)?;
        let run = rest.get(start..)?.iter().take_while(|byte| is_in(byte)).count();
        Some(from + start..from + start + run)
    }
}
