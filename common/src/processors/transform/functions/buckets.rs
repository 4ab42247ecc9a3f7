//! `merge_histogram_buckets`.

use super::{set_doubles, set_fixed64s};
use crate::{
    otlp::{edit::Draft, field_numbers::histogram_data_point as histogram, metric::DataKind},
    ottl::{
        Context, Error, Failure,
        functions::{Arg, Arguments, Editor, Function, Make},
        value::Value,
    },
};

/// Bounds closer than this are the same.
const EPSILON: f64 = 1e-12;

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "merge_histogram_buckets",
    parameters: &["target_value", "method?"],
    about: "joins two buckets at a bound (\"remove_explicit_bound\"), or neighbours until there are few enough (\"limit_buckets\")",
    contexts: &[Context::DataPoint],
    make: Make::Editor(merge_histogram_buckets),
}];

fn merge_histogram_buckets(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target_value")?;
    let expr = target.double_like()?;
    let method = arguments.find("method");
    let limits = match method.map(Arg::literal_text).transpose()?.as_deref() {
        None | Some("remove_explicit_bound") => false,
        Some("limit_buckets") => true,
        Some(other) => {
            let message =
                format!("{other:?} must be \"remove_explicit_bound\" or \"limit_buckets\"");
            return Err(arguments.get("method")?.error(message));
        }
    };
    match expr.constant().map(Value::double_like) {
        Some(Ok(None)) => return Err(target.error("target_value must be a number, not nil")),
        Some(Ok(Some(number))) if limits => {
            max_buckets(number).map_err(|failure| target.error(failure.to_string()))?;
        }
        _ => {}
    }
    Ok(Editor::new(move |cursor| {
        if cursor.place.data_point().kind() != DataKind::Histogram {
            return Ok(());
        }
        let target = expr.double_like(cursor.view())?;
        let target =
            target.ok_or_else(|| Failure::new("target_value must be a number, not nil"))?;
        let mut buckets = Buckets::of(&cursor.place.item);
        let is_changed =
            if limits { buckets.limit(max_buckets(target)?) } else { buckets.remove(target) };
        if is_changed {
            buckets.write(&mut cursor.place.item);
        }
        Ok(())
    }))
}

fn max_buckets(number: f64) -> Result<usize, Failure> {
    if number < 1.0 || number.trunc() != number || number > i64::MAX as f64 {
        return Err(Failure::new(format!("{number} is no number of buckets, which is at least 1")));
    }
    Ok(number as usize)
}

/// The bounds of a histogram and what was counted between them.
struct Buckets {
    bounds: Vec<f64>,
    counts: Vec<u64>,
}

impl Buckets {
    fn of(point: &Draft<'_>) -> Self {
        Self {
            bounds: point.message().doubles(histogram::EXPLICIT_BOUNDS).collect(),
            counts: point.message().fixed64s(histogram::BUCKET_COUNTS).collect(),
        }
    }

    fn is_sound(&self) -> bool {
        self.counts.len() > 1 && self.bounds.len() + 1 == self.counts.len()
    }

    fn remove(&mut self, bound: f64) -> bool {
        let found = self.bounds.iter().position(|known| (known - bound).abs() < EPSILON);
        let Some(index) = found.filter(|_| self.is_sound()) else { return false };
        self.bounds.remove(index);
        let count = self.counts.remove(index);
        if let Some(next) = self.counts.get_mut(index) {
            *next = next.wrapping_add(count);
        }
        true
    }

    fn limit(&mut self, max: usize) -> bool {
        let is_rising = self.bounds.is_sorted_by(|a, b| a < b);
        if !self.is_sound() || !is_rising || self.counts.len() <= max {
            return false;
        }
        let together = self.counts.len().div_ceil(max);
        let sum = |counts: &[u64]| counts.iter().fold(0_u64, |sum, count| sum.wrapping_add(*count));
        self.counts = self.counts.chunks(together).map(sum).collect();
        let bounds = self.bounds.iter().skip(together - 1).step_by(together);
        self.bounds = bounds.copied().collect();
        true
    }

    fn write(&self, point: &mut Draft<'_>) {
        set_doubles(point, histogram::EXPLICIT_BOUNDS, &self.bounds);
        set_fixed64s(point, histogram::BUCKET_COUNTS, &self.counts);
    }
}
