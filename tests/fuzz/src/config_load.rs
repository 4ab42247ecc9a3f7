//! Any text as a config: it is loaded, read and checked, or refused with findings that say something;
//! and what is printed of it is a config that says the same.

use common::{
    component::Registry,
    config::{
        self, Config, Environment,
        effective::effective,
        print::{self, Format},
        validate::Validator,
    },
    settings::{Finding, Node},
    signal::Signal,
};

/// Findings quote what they are about, but not without end.
const MAX_FINDING_BYTES: usize = 16 << 10;

thread_local! {
    static REGISTRY: Registry = Signal::ALL.into_iter().fold(common::registry(), Registry::signal);
}

/// What variables hold: values of every kind, and values that refer to others and to themselves.
fn variable(name: &str) -> Option<String> {
    Some(match name {
        "A" => "[\"${env:A}\", \"${env:A}\"]".to_owned(),
        "B" => "${env:B}${env:B}".to_owned(),
        "C" => "{a: ${env:D}, b: 1}".to_owned(),
        "D" => "x: [1, 0x10, ~]".to_owned(),
        "E" => String::new(),
        "F" => "&a [*a, {".to_owned(),
        _ if name.len() > 2 => name.to_owned(),
        _ => return None,
    })
}

fn load(text: &str, set: &str) -> Result<Node, Vec<Finding>> {
    let environment =
        Environment { variable: &variable, fetch: &|_| Err("there is no network here".to_owned()) };
    let sets: Vec<String> = if set.is_empty() { Vec::new() } else { vec![set.to_owned()] };
    config::load_with(&[format!("yaml:{text}")], &sets, environment).map(|loaded| loaded.root)
}

/// One input: a text and, after a byte of 1, what `--set` says.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // `file:` in the text would read the fuzzing machine's files.
    if text.contains("file:") {
        return;
    }
    let (text, set) = text.split_once('\u{1}').unwrap_or((text, ""));
    match load(text, set) {
        Ok(root) => {
            let (config, findings) = Config::read(&root);
            tell(&findings);
            REGISTRY.with(|registry| check(&config, registry, findings.is_empty()));
        }
        Err(findings) => {
            assert!(!findings.is_empty());
            tell(&findings);
        }
    }
}

fn check(config: &Config, registry: &Registry, is_read: bool) {
    let (_, findings) = Validator::new(config, registry, "fuzz").validate();
    tell(&findings);
    let printed = effective(config, registry);
    let yaml = print::print(&printed, Format::Yaml).expect("any config can be printed");
    print::print(&printed, Format::Json).expect("any config can be printed");
    if !is_read || !findings.is_empty() || yaml.contains('$') {
        return;
    }
    let again = load(&yaml, "").expect("what is printed can be loaded");
    let (again, findings) = Config::read(&again);
    assert!(findings.is_empty(), "{findings:?} of what was printed:\n{yaml}");
    let again = print::print(&effective(&again, registry), Format::Yaml);
    assert_eq!(again.expect("any config can be printed"), yaml);
}

fn tell(findings: &[Finding]) {
    for finding in findings {
        let text = finding.to_string();
        assert!(!text.is_empty());
        assert!(text.len() <= MAX_FINDING_BYTES, "{} bytes: {text:.200}", text.len());
    }
}
