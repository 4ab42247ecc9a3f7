//! What things are called, and where they are.

use tests::source_tree::SourceFile;

use super::{Finding, assert_rust_files_obey, check};

const DRAWERS: [&str; 8] =
    ["utils", "util", "helpers", "helper", "misc", "types", "shared", "commons"];

fn no_mod_rs(file: &SourceFile) -> Vec<Finding> {
    if !file.path.ends_with("/mod.rs") {
        return Vec::new();
    }
    vec![Finding::new(file, 1, "mod.rs", "name it after its folder: `foo.rs` beside `foo/`")]
}

fn no_drawers(file: &SourceFile) -> Vec<Finding> {
    let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    if !DRAWERS.contains(&stem) {
        return Vec::new();
    }
    let why = format!("`{stem}` says nothing; name the file after what it does");
    vec![Finding::new(file, 1, "drawer", why)]
}

fn functions(file: &SourceFile) -> impl Iterator<Item = (usize, String)> {
    file.code().filter_map(|(line, code)| {
        let (before, after) = code.split_once("fn ")?;
        let is_word = before.is_empty() || before.ends_with(' ') || before.ends_with('(');
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        is_word.then(|| (line, after[..end].to_owned()))
    })
}

fn names_without_prefix(file: &SourceFile) -> Vec<Finding> {
    let why = "a test's name is the claim it proves, without `test_`";
    functions(file)
        .filter(|(_, name)| name.starts_with("test_"))
        .map(|(line, _)| Finding::new(file, line, "test name", why))
        .collect()
}

fn function_names(file: &SourceFile) -> Vec<Finding> {
    let is_vague = |name: &str| {
        name.starts_with("get_") || name.starts_with("handle_") || name == "process_data"
    };
    functions(file)
        .filter(|(_, name)| is_vague(name))
        .map(|(line, name)| {
            let why = format!("`{name}` does not say what it returns or does");
            Finding::new(file, line, "function name", why)
        })
        .collect()
}

fn tests_in_sibling_files(file: &SourceFile) -> Vec<Finding> {
    if file.is_test() {
        return Vec::new();
    }
    file.code()
        .filter(|(_, code)| code.trim_start().starts_with("mod tests {"))
        .map(|(line, _)| {
            let why = "tests live in `<name>/tests.rs`: editing them rebuilds no product code";
            Finding::new(file, line, "inline tests", why)
        })
        .collect()
}

/// The word in the YAML is the name of the file or of its folder.
fn component_files(file: &SourceFile) -> Vec<Finding> {
    if file.is_test() {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    let names = lines.filter_map(|(index, line)| {
        let value = line.trim_start().strip_prefix("const NAME: &'static str = \"")?;
        Some((index + 1, value.split('"').next()?.to_owned()))
    });
    names
        .filter(|(_, name)| {
            !file.path.trim_end_matches(".rs").split('/').any(|part| part == name.as_str())
        })
        .map(|(line, name)| {
            let why = format!("the file of `{name}` is `{name}.rs` or in `{name}/`");
            Finding::new(file, line, "component file", why)
        })
        .collect()
}

#[test]
fn there_is_no_mod_rs() {
    assert_rust_files_obey(no_mod_rs);
}

#[test]
fn there_are_no_drawer_modules() {
    assert_rust_files_obey(no_drawers);
}

#[test]
fn tests_are_named_as_claims() {
    assert_rust_files_obey(names_without_prefix);
}

#[test]
fn functions_say_what_they_return_or_do() {
    assert_rust_files_obey(function_names);
}

#[test]
fn unit_tests_are_in_sibling_files() {
    assert_rust_files_obey(tests_in_sibling_files);
}

#[test]
fn components_are_in_the_file_of_their_name() {
    assert_rust_files_obey(component_files);
}

#[test]
fn a_mod_rs_is_found() {
    assert_eq!(no_mod_rs(&SourceFile::made_up("common/src/net/mod.rs", "")).len(), 1);
    assert_eq!(no_mod_rs(&SourceFile::made_up("common/src/net.rs", "")), []);
}

#[test]
fn a_drawer_is_found() {
    assert_eq!(no_drawers(&SourceFile::made_up("common/src/net/utils.rs", "")).len(), 1);
    assert_eq!(no_drawers(&SourceFile::made_up("common/src/net/tls.rs", "")), []);
}

#[test]
fn a_test_prefix_is_found() {
    let path = "common/src/net/tests.rs";
    check(names_without_prefix, path, "#[test]\nfn test_it() {}", "#[test]\nfn latest_wins() {}");
}

#[test]
fn a_vague_function_name_is_found() {
    let path = "common/src/net/tls.rs";
    check(function_names, path, "pub(super) fn get_name() {}", "fn get() {} fn target_name() {}");
    check(function_names, path, "async fn handle_request() {}", "// fn handle_request()");
}

#[test]
fn an_inline_test_module_is_found() {
    let good = "#[cfg(test)]\nmod tests;";
    check(tests_in_sibling_files, "common/src/cli.rs", "#[cfg(test)]\nmod tests {\n}", good);
}

#[test]
fn a_component_in_the_wrong_file_is_found() {
    let good = "    const NAME: &'static str = \"batch\";";
    let path = "common/src/processors/batch.rs";
    check(component_files, path, &good.replace("batch", "butch"), good);
    assert_eq!(component_files(&SourceFile::made_up("common/src/processors/batch/a.rs", good)), []);
}
