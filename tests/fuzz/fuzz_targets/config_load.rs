//! Any text as a config, without an environment: it is loaded or refused with findings.
#![no_main]

use common::config::{self, Environment};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let environment = Environment {
        variable: &|name| name.ends_with('X').then(|| "a: ${env:X}".to_owned()),
        fetch: &|_| Err("there is no network here".to_owned()),
    };
    // `file:` in the text would read the fuzzing machine's files.
    if text.contains("file:") {
        return;
    }
    if let Err(findings) = config::load_with(&[format!("yaml:{text}")], &[], environment) {
        assert!(!findings.is_empty());
    }
});
