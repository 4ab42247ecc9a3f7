//! What the figures were measured on.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::subject::{Family, Subject};

/// The machine, the day, and the version of each collector.
pub(crate) fn describe(subjects: &[Subject]) -> Value {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let value = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
    };
    let versions: serde_json::Map<_, _> = subjects
        .iter()
        .filter(|subject| subject.family != Family::Rig)
        .map(|subject| {
            let binary = subject.binary.display().to_string();
            (subject.name.clone(), said(&binary, &["--version"]).into())
        })
        .collect();
    let root = tests::collector::root().display().to_string();
    json!({
        "date": said("date", &["-u", "+%Y-%m-%d"]),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "cpu": value(&cpuinfo, "model name"),
        "memory": value(&meminfo, "MemTotal"),
        "kernel": fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
        "commit": said("git", &["-C", &root, "rev-parse", "--short", "HEAD"]),
        "versions": versions,
    })
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default().trim().to_owned()
}
