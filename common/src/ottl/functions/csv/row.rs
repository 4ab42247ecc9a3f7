//! The fields of a row of CSV, as the Collector reads them.
//!
//! A text is one row, whatever lines it has: the first field of a line goes on where the last of the
//! line before ended. Of a line with a quote where none can be, the fields before it count.

use crate::ottl::failure::Failure;

/// The fields of a row.
pub(super) fn fields(text: &str, delimiter: char, is_lazy: bool) -> Result<Vec<String>, Failure> {
    let text = text.replace("\r\n", "\n");
    let mut reader = Reader { rest: text.strip_suffix('\r').unwrap_or(&text), delimiter, is_lazy };
    let mut row: Vec<String> = Vec::new();
    let mut is_first = true;
    while !reader.rest.is_empty() {
        let Some(line) = reader.line() else { continue };
        let mut line = line?.into_iter();
        match (row.last_mut(), line.next()) {
            (Some(last), Some(first)) if !is_first => {
                last.push('\n');
                last.push_str(&first);
            }
            (_, first) => row.extend(first),
        }
        row.extend(line);
        is_first = false;
    }
    if is_first { Err(Failure::new("there is no row of CSV")) } else { Ok(row) }
}

struct Reader<'t> {
    rest: &'t str,
    delimiter: char,
    is_lazy: bool,
}

impl<'t> Reader<'t> {
    /// Goes behind the next line, which keeps its end.
    fn take_line(&mut self) -> &'t str {
        let end = self.rest.find('\n').map_or(self.rest.len(), |end| end + 1);
        let (line, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        line
    }

    /// The fields of a line, and of those that a quoted field goes on in; nothing for an empty one.
    fn line(&mut self) -> Option<Result<Vec<String>, Failure>> {
        let mut line = self.take_line();
        if line == "\n" {
            return None;
        }
        let mut fields = Vec::new();
        loop {
            let (field, behind) = match line.strip_prefix('"') {
                Some(quoted) => self.quoted(quoted),
                None => self.plain(line),
            };
            match field {
                Some(field) => fields.push(field),
                None if fields.is_empty() => {
                    return Some(Err(Failure::new("a quote stands where CSV cannot have one")));
                }
                None => return Some(Ok(fields)),
            }
            match behind {
                Some(behind) => line = behind,
                None => return Some(Ok(fields)),
            }
        }
    }

    /// A field without quotes, and what stands behind its delimiter.
    fn plain(&self, line: &'t str) -> (Option<String>, Option<&'t str>) {
        let (field, behind) = match line.split_once(self.delimiter) {
            Some((field, behind)) => (field, Some(behind)),
            None => (line.strip_suffix('\n').unwrap_or(line), None),
        };
        let is_wrong = !self.is_lazy && field.contains('"');
        ((!is_wrong).then(|| field.to_owned()), behind)
    }

    /// A field of which the quote before was read.
    fn quoted(&mut self, mut line: &'t str) -> (Option<String>, Option<&'t str>) {
        let mut field = String::new();
        loop {
            let Some((before, behind)) = line.split_once('"') else {
                field.push_str(line);
                if self.rest.is_empty() {
                    return (self.is_lazy.then_some(field), None);
                }
                line = self.take_line();
                continue;
            };
            field.push_str(before);
            if let Some(behind) = behind.strip_prefix('"') {
                field.push('"');
                line = behind;
            } else if let Some(behind) = behind.strip_prefix(self.delimiter) {
                return (Some(field), Some(behind));
            } else if matches!(behind, "" | "\n") {
                return (Some(field), None);
            } else if self.is_lazy {
                field.push('"');
                line = behind;
            } else {
                return (None, None);
            }
        }
    }
}
