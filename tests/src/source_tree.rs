//! The repository's own source files, for rules about them.

use std::path::Path;

use crate::collector::root;

/// The packages, by folder.
pub const PACKAGES: [&str; 6] = [
    "common",
    "traces-collector",
    "metrics-collector",
    "logs-collector",
    "deploy/combined",
    "tests",
];

const NOT_OURS: [&str; 5] = ["target", "node_modules", ".venv", ".git", "artifacts"];

/// One text file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path from the root, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl SourceFile {
    /// A file that exists only in a test.
    #[must_use]
    pub fn made_up(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Reads a file by its path from the root; none if it is not there.
    #[must_use]
    pub fn read(path: &str) -> Option<Self> {
        let text = std::fs::read_to_string(root().join(path)).ok()?;
        Some(Self { path: path.to_owned(), text })
    }

    /// Whether it holds tests and no product code.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
            || self.path.starts_with("common/src/testing")
    }

    /// The lines with comments and the insides of string literals taken out, numbered from 1.
    pub fn code(&self) -> impl Iterator<Item = (usize, String)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, code_of(line)))
    }
}

/// Every file of the packages with this extension.
///
/// # Panics
/// If a folder cannot be read.
#[must_use]
pub fn files(extension: &str) -> Vec<SourceFile> {
    let mut found = Vec::new();
    for package in PACKAGES {
        collect(&root().join(package), extension, &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    found
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<SourceFile>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                collect(&path, extension, found);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            let relative = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            found.extend(SourceFile::read(&relative));
        }
    }
}

fn code_of(line: &str) -> String {
    let mut code = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    let mut is_in_string = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if is_in_string => drop(chars.next()),
            // A quote as a character is no start of a string.
            '\'' if chars.peek() == Some(&'"') => drop(chars.next()),
            '"' => {
                is_in_string = !is_in_string;
                code.push(c);
            }
            '/' if !is_in_string && chars.peek() == Some(&'/') => break,
            _ if is_in_string => {}
            _ => code.push(c),
        }
    }
    code
}
