//! The written rules about the source tree, enforced: a rule without a test is a wish.

mod imports;
mod names;
mod sizes;
mod text;

use std::fmt;

use tests::source_tree::{self, SourceFile};

/// A breach of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    file: String,
    line: usize,
    rule: &'static str,
    why: String,
}

impl Finding {
    fn new(file: &SourceFile, line: usize, rule: &'static str, why: impl Into<String>) -> Self {
        Self { file: file.path.clone(), line, rule, why: why.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.rule, self.why)
    }
}

type Rule = fn(&SourceFile) -> Vec<Finding>;

fn assert_rust_files_obey(rule: Rule) {
    assert_obeyed(source_tree::files("rs").iter().flat_map(rule).collect());
}

fn assert_named_files_obey(paths: &[&str], rule: Rule) {
    let files = paths.iter().filter_map(|path| SourceFile::read(path));
    assert_obeyed(files.collect::<Vec<_>>().iter().flat_map(rule).collect());
}

fn assert_obeyed(findings: Vec<Finding>) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} breaches\n{}", lines.len(), lines.join("\n"));
}

/// Checks that a rule finds something in one made-up text and nothing in another.
fn check(rule: Rule, path: &str, bad: &str, good: &str) {
    let bad = rule(&SourceFile::made_up(path, bad));
    assert!(!bad.is_empty(), "the rule found nothing in the bad text");
    assert!(bad.iter().all(|finding| finding.file == path && finding.line > 0));
    assert_eq!(rule(&SourceFile::made_up(path, good)), []);
}

#[test]
fn a_finding_reads_as_file_line_rule_why() {
    let file = SourceFile::made_up("common/src/a.rs", "");
    let finding = Finding::new(&file, 3, "size", "too long");
    assert_eq!(finding.to_string(), "common/src/a.rs:3: size: too long");
}

#[test]
fn code_is_read_without_comments_and_text() {
    let file = SourceFile::made_up("a.rs", "let a = \"// fn get_x() {\"; // fn get_y() {\nlet b;");
    let code: Vec<_> = file.code().collect();
    assert_eq!(code, [(1, "let a = \"\"; ".to_owned()), (2, "let b;".to_owned())]);
}
