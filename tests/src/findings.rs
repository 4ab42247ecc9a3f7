//! What a collector says is wrong with a config: `source:line:column: path: message`.

/// One line that names a place in a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file or other source.
    pub source: String,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What follows the place: the path in the config and the message.
    pub text: String,
    /// Whether the collector starts all the same.
    pub is_warning: bool,
}

/// All findings in a command's output, in their order.
#[must_use]
pub fn findings(output: &str) -> Vec<Finding> {
    output.lines().filter_map(finding).collect()
}

/// The findings that stop the start.
#[must_use]
pub fn errors(output: &str) -> Vec<Finding> {
    findings(output).into_iter().filter(|finding| !finding.is_warning).collect()
}

fn finding(line: &str) -> Option<Finding> {
    let (place, text) = line.split_once(": ")?;
    // A prefix such as `error: ` or `warning: ` may come before the place.
    if !place.contains(':') {
        let mut found = finding(text)?;
        found.is_warning |= place.to_lowercase().contains("warn");
        return Some(found);
    }
    let (rest, column) = place.rsplit_once(':')?;
    let (source, number) = rest.rsplit_once(':')?;
    let source = source.rsplit([' ', '\t']).next().unwrap_or(source);
    Some(Finding {
        source: source.to_owned(),
        line: number.parse().ok()?,
        column: column.parse().ok()?,
        text: text.to_owned(),
        is_warning: line.to_lowercase().contains("warn") || text.contains("deprecated"),
    })
}
