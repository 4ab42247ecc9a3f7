//! Any text as a config: it is loaded, read and checked, or refused with findings that say something.
#![no_main]

use common::{
    component::Registry,
    config::{
        self, Config, Environment,
        effective::effective,
        print::{self, Format},
        validate::Validator,
    },
    settings::Finding,
};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static REGISTRY: Registry = common::registry();
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

fuzz_target!(|text: &str| {
    let environment =
        Environment { variable: &variable, fetch: &|_| Err("there is no network here".to_owned()) };
    // `file:` in the text would read the fuzzing machine's files.
    if text.contains("file") {
        return;
    }
    let (text, set) = text.split_once('\u{1}').unwrap_or((text, ""));
    let sets: Vec<String> = if set.is_empty() { Vec::new() } else { vec![set.to_owned()] };
    match config::load_with(&[format!("yaml:{text}")], &sets, environment) {
        Ok(loaded) => {
            let (config, findings) = Config::read(&loaded.root);
            tell(&findings);
            check(&config);
        }
        Err(findings) => tell(&findings),
    }
});

fn check(config: &Config) {
    REGISTRY.with(|registry| {
        let (_, findings) = Validator::new(config, registry, "fuzz").validate();
        findings.iter().for_each(|finding| drop(finding.to_string()));
        let printed = effective(config, registry);
        print::print(&printed, Format::Yaml).expect("any config can be printed");
        print::print(&printed, Format::Json).expect("any config can be printed");
    });
}

fn tell(findings: &[Finding]) {
    assert!(!findings.is_empty());
    for finding in findings {
        assert!(!finding.to_string().is_empty());
    }
}
