//! Instructions of the hot paths, held against the committed figures.
//!
//! `make bench-counts` (part of `.ci/run`) runs each path once under callgrind, on a request of 1,000
//! items that is always the same, and fails where it takes [`MARGIN_PERCENT`] more instructions than
//! `figures.json` says. Figures there are instructions per request. A change that is worth its cost is
//! accepted by `TERCET_WRITE_COUNTS=1 make bench-counts`, which writes the file anew.
//!
//! Time depends on what else a machine does, instructions do not. They say nothing of system calls, of
//! cache misses and of waiting: `throughput` measures those. The profile `counts` optimises as the
//! release does, but for its link-time optimisation, which would take minutes.
//!
//! What may differ between machines: the C compiler, which builds libdeflate and zstd, and processors.
//! Valgrind shows every x86-64 processor with AVX2 as the same one, so paths that look for it do not
//! differ there; one without takes others. On another architecture the figures hold for nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod callgrind;
mod paths;
mod payload;

use std::{collections::BTreeMap, env, fs, path::Path};

use anyhow::{Context as _, bail};

/// How much more than committed is no finding: what compilers of C may differ by.
const MARGIN_PERCENT: u64 = 5;
/// Where the committed figures are.
const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions/figures.json");
const ITEMS: usize = 1000;

type Figures = BTreeMap<String, u64>;

fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == callgrind::PATH_FLAG {
            return paths::run(&arguments.next().context("which path?")?);
        }
    }
    if cfg!(not(target_arch = "x86_64")) {
        bail!("the committed figures are of x86-64");
    }
    let measured = callgrind::measure(paths::NAMES)?;
    if env::var_os("TERCET_WRITE_COUNTS").is_some() {
        let text = serde_json::to_string_pretty(&measured)? + "\n";
        fs::write(FIGURES, text).with_context(|| format!("cannot write {FIGURES}"))?;
    }
    let committed = read(Path::new(FIGURES))?;
    let mut findings = Vec::new();
    println!("| path | instructions per item | committed | change |\n|---|---|---|---|");
    for (name, measured) in &measured {
        let Some(committed) = committed.get(name) else {
            findings.push(format!("{name}: takes {measured}, and no figure is committed"));
            continue;
        };
        println!(
            "| {name} | {} | {} | {:+.1}% |",
            per_item(*measured),
            per_item(*committed),
            (*measured as f64 / *committed as f64 - 1.0) * 100.0
        );
        findings.extend(finding(name, *measured, *committed));
    }
    let gone = committed.keys().filter(|name| !measured.contains_key(*name));
    findings.extend(gone.map(|name| format!("{name}: has a figure, but is not measured")));
    if findings.is_empty() {
        return Ok(());
    }
    bail!(
        "instructions per request of {ITEMS} items do not hold:\n  {}\nWhat is worth it is accepted by \
         `TERCET_WRITE_COUNTS=1 make bench-counts`; commit {FIGURES} with the reason.",
        findings.join("\n  ")
    )
}

fn read(path: &Path) -> anyhow::Result<Figures> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no list of figures", path.display()))
}

fn finding(name: &str, measured: u64, committed: u64) -> Option<String> {
    let most = committed + committed * MARGIN_PERCENT / 100;
    (measured > most).then(|| {
        format!(
            "{name}: {measured}, committed {committed}, at most {most} ({MARGIN_PERCENT}% more)"
        )
    })
}

fn per_item(request: u64) -> String {
    format!("{:.1}", request as f64 / ITEMS as f64)
}
