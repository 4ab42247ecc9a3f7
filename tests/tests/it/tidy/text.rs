//! What is written beside the code.

use tests::source_tree::SourceFile;

use super::{Finding, assert_named_files_obey, assert_rust_files_obey, check};

/// Written apart, so that this file does not breach its own rule.
const LATER: &str = concat!("TO", "DO");
const BROKEN: &str = concat!("FIX", "ME");

fn module_doc(file: &SourceFile) -> Vec<Finding> {
    let first = file.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let says_something = first.strip_prefix("//! ").is_some_and(|doc| doc.trim().len() > 1);
    if file.path.ends_with("/tests.rs") || says_something {
        return Vec::new();
    }
    vec![Finding::new(file, 1, "module doc", "a file starts with one sentence on what it is for")]
}

fn later_has_an_issue(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let mut rest = line;
        while let Some((_, after)) = rest.split_once(LATER) {
            rest = after;
            let number = after.strip_prefix("(#").and_then(|text| text.split_once(')'));
            let has_issue = number.is_some_and(|(digits, _)| digits.parse::<u32>().is_ok());
            if !has_issue {
                let why = format!("write {LATER}(#issue), or do it now");
                findings.push(Finding::new(file, index + 1, "later", why));
            }
        }
        if line.contains(BROKEN) {
            findings.push(Finding::new(file, index + 1, "later", format!("write {LATER}(#issue)")));
        }
    }
    findings
}

fn no_rulers(file: &SourceFile) -> Vec<Finding> {
    let is_ruler = |line: &str| {
        let Some(comment) = line.trim_start().strip_prefix("//") else {
            return false;
        };
        let marks = comment.trim_start_matches(['/', '!']).trim();
        marks.len() > 3 && marks.chars().all(|c| "-=*#~_".contains(c))
    };
    let lines = file.text.lines().enumerate().filter(|(_, line)| is_ruler(line));
    lines
        .map(|(index, _)| Finding::new(file, index + 1, "ruler", "split the file instead"))
        .collect()
}

fn workflow_calls_make(file: &SourceFile) -> Vec<Finding> {
    let commands = file.text.lines().enumerate().filter_map(|(index, line)| {
        let line = line.trim_start().trim_start_matches("- ");
        line.strip_prefix("run:").map(|command| (index + 1, command.trim().to_owned()))
    });
    commands
        .filter(|(_, command)| !command.starts_with("make ") && command != ".ci/run")
        .map(|(line, _)| {
            let why = "a workflow calls make targets or .ci/run and nothing else";
            Finding::new(file, line, "workflow", why)
        })
        .collect()
}

#[test]
fn every_file_says_what_it_is_for() {
    assert_rust_files_obey(module_doc);
}

#[test]
fn what_is_left_for_later_names_its_issue() {
    assert_rust_files_obey(later_has_an_issue);
    let others = ["Makefile", "README.md", "CONTRIBUTING.md", "docs/architecture.md", ".ci/run"];
    assert_named_files_obey(&others, later_has_an_issue);
}

#[test]
fn comments_are_sentences_and_no_rulers() {
    assert_rust_files_obey(no_rulers);
}

#[test]
fn the_workflow_calls_make_and_nothing_else() {
    assert_named_files_obey(&[".github/workflows/ci.yml"], workflow_calls_make);
}

#[test]
fn a_missing_module_doc_is_found() {
    check(module_doc, "common/src/cli.rs", "use a;\n", "//! Arguments and exit codes.\nuse a;\n");
    check(module_doc, "common/src/cli.rs", "//! x\n", "\n//! Arguments.\n");
}

#[test]
fn work_for_later_without_an_issue_is_found() {
    let (bad, good) = (format!("// {LATER}: soon"), format!("// {LATER}(#12): soon"));
    check(later_has_an_issue, "common/src/cli.rs", &bad, &good);
    check(later_has_an_issue, "common/src/cli.rs", &format!("// {BROKEN}"), "// A reason.");
}

#[test]
fn a_ruler_is_found() {
    check(no_rulers, "common/src/cli.rs", "// -------", "// A reason - with a dash.");
}

#[test]
fn a_workflow_with_steps_of_its_own_is_found() {
    let path = ".github/workflows/ci.yml";
    check(workflow_calls_make, path, "  - run: cargo test", "  - run: make test");
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let manifest = SourceFile::read("Cargo.toml").unwrap().text;
    let listed = SourceFile::read("docs/decisions/dependencies.md")
        .unwrap_or_else(|| SourceFile::made_up("docs/decisions/dependencies.md", ""));
    let dependencies = manifest.split("[workspace.dependencies]").nth(1).unwrap_or_default();
    let dependencies = dependencies.split("\n[").next().unwrap_or_default();
    let missing: Vec<&str> = dependencies
        .lines()
        .filter(|line| !line.contains("path = "))
        .filter_map(|line| line.split_once(" = ").map(|(name, _)| name))
        .filter(|name| !listed.text.contains(&format!("| `{name}` |")))
        .collect();
    assert!(missing.is_empty(), "no line in {} for {missing:?}", listed.path);
}
