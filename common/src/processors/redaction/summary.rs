//! What was done, as attributes.

use crate::{
    otlp::{
        any_value::{AnyValue, OwnedValue},
        edit::Draft,
    },
    pipeline::Growth,
};

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) enum Detail {
    Nothing,
    Counts,
    Keys,
}

impl Detail {
    pub(super) fn of(word: &str) -> Self {
        match word {
            "debug" => Self::Keys,
            "info" => Self::Counts,
            _ => Self::Nothing,
        }
    }
}

/// Where the keys are listed, and where they are counted.
struct Names {
    keys: &'static str,
    count: &'static str,
}

/// Where it is told what was redacted, masked, allowed and ignored.
pub(super) struct TallyNames {
    redacted: Names,
    masked: Names,
    allowed: Names,
    ignored: &'static str,
}

pub(super) const ATTRIBUTE_NAMES: TallyNames = TallyNames {
    redacted: Names { keys: "redaction.redacted.keys", count: "redaction.redacted.count" },
    masked: Names { keys: "redaction.masked.keys", count: "redaction.masked.count" },
    allowed: Names { keys: "redaction.allowed.keys", count: "redaction.allowed.count" },
    ignored: "redaction.ignored.count",
};

pub(super) const BODY_NAMES: TallyNames = TallyNames {
    redacted: Names {
        keys: "redaction.body.redacted.keys",
        count: "redaction.body.redacted.count",
    },
    masked: Names { keys: "redaction.body.masked.keys", count: "redaction.body.masked.count" },
    allowed: Names { keys: "redaction.body.allowed.keys", count: "redaction.body.allowed.count" },
    ignored: "redaction.body.ignored.count",
};

/// What another processor told before is allowed; upstream knows these only.
pub(super) const OWN_KEYS: [&str; 5] = [
    ATTRIBUTE_NAMES.redacted.keys,
    ATTRIBUTE_NAMES.redacted.count,
    ATTRIBUTE_NAMES.masked.keys,
    ATTRIBUTE_NAMES.masked.count,
    ATTRIBUTE_NAMES.ignored,
];

/// Keys to which the same was done.
pub(super) struct Keys {
    count: i64,
    /// Kept only if they are told.
    names: Option<Vec<String>>,
}

impl Keys {
    fn new(detail: Detail) -> Self {
        Self { count: 0, names: (detail == Detail::Keys).then(Vec::new) }
    }

    pub(super) fn note(&mut self, key: &str, growth: &mut Growth) {
        self.count += 1;
        if let Some(names) = &mut self.names
            && growth.add(key.len())
        {
            names.push(key.to_owned());
        }
    }

    fn settle(&mut self, draft: &mut Draft<'_>, at: &Names) {
        if let Some(names) = &mut self.names
            && !names.is_empty()
        {
            // An earlier processor may have told of others.
            if let Some(earlier) = draft.attribute(at.keys).and_then(AnyValue::as_str)
                && !earlier.is_empty()
            {
                names.extend(earlier.split(',').map(str::to_owned));
            }
            names.sort_unstable();
            draft.set_attribute(at.keys, &OwnedValue::Str(names.join(",")));
            names.clear();
        }
        put_count(draft, at.count, std::mem::take(&mut self.count));
    }
}

/// What was done to one list of attributes, or to one body.
pub(super) struct Tally {
    detail: Detail,
    pub(super) redacted: Keys,
    pub(super) masked: Keys,
    pub(super) allowed: Keys,
    pub(super) ignored: i64,
}

impl Tally {
    pub(super) fn new(detail: Detail) -> Self {
        let keys = || Keys::new(detail);
        Self { detail, redacted: keys(), masked: keys(), allowed: keys(), ignored: 0 }
    }

    /// Whether names of keys are told.
    pub(super) fn tells_keys(&self) -> bool {
        self.detail == Detail::Keys
    }

    /// Writes the summary into attributes and starts anew.
    pub(super) fn settle(
        &mut self,
        draft: &mut Draft<'_>,
        names: &TallyNames,
        growth: &mut Growth,
    ) {
        if self.detail == Detail::Nothing {
            return;
        }
        growth.edit(draft, |draft| {
            self.redacted.settle(draft, &names.redacted);
            self.masked.settle(draft, &names.masked);
            self.allowed.settle(draft, &names.allowed);
            put_count(draft, names.ignored, std::mem::take(&mut self.ignored));
        });
    }

    /// Starts anew without a summary.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.detail);
    }
}

/// Adds to what an earlier processor counted.
fn put_count(draft: &mut Draft<'_>, key: &str, count: i64) {
    if count == 0 {
        return;
    }
    let earlier = match draft.attribute(key) {
        Some(AnyValue::Int(earlier)) => earlier,
        _ => 0,
    };
    draft.set_attribute(key, &OwnedValue::Int(count.wrapping_add(earlier)));
}
