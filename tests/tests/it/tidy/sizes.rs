//! How long things may get.

use tests::source_tree::SourceFile;

use super::{Finding, assert_named_files_obey, assert_rust_files_obey, check};

const MAX_FILE_LINES: usize = 500;
const MAX_ARCHITECTURE_LINES: usize = 200;
const MAX_MAKEFILE_LINES: usize = 80;

fn too_long(file: &SourceFile, rule: &'static str, limit: usize, advice: &str) -> Vec<Finding> {
    let lines = file.text.lines().count();
    let why = format!("{lines} lines, at most {limit}; {advice}");
    if lines > limit { vec![Finding::new(file, limit + 1, rule, why)] } else { Vec::new() }
}

fn product_file_size(file: &SourceFile) -> Vec<Finding> {
    if file.is_test() {
        return Vec::new();
    }
    too_long(file, "file size", MAX_FILE_LINES, "split it by job, one type each")
}

fn architecture_size(file: &SourceFile) -> Vec<Finding> {
    let advice = "leave out what the code says";
    too_long(file, "architecture size", MAX_ARCHITECTURE_LINES - 1, advice)
}

fn makefile_size(file: &SourceFile) -> Vec<Finding> {
    too_long(file, "makefile size", MAX_MAKEFILE_LINES - 1, "move steps into the tests")
}

#[test]
fn product_files_stop_at_500_lines() {
    assert_rust_files_obey(product_file_size);
}

#[test]
fn the_architecture_page_stays_under_200_lines() {
    assert_named_files_obey(&["docs/architecture.md"], architecture_size);
}

#[test]
fn the_makefile_stays_under_80_lines() {
    assert_named_files_obey(&["Makefile"], makefile_size);
}

#[test]
fn a_long_product_file_is_found() {
    let (long, fits) = ("//! x\n".repeat(501), "//! x\n".repeat(500));
    check(product_file_size, "common/src/cli.rs", &long, &fits);
    assert_eq!(product_file_size(&SourceFile::made_up("common/src/cli/tests.rs", &long)), []);
}

#[test]
fn a_long_architecture_page_is_found() {
    check(architecture_size, "docs/architecture.md", &"x\n".repeat(200), &"x\n".repeat(199));
}

#[test]
fn a_long_makefile_is_found() {
    check(makefile_size, "Makefile", &"x\n".repeat(80), &"x\n".repeat(79));
}
