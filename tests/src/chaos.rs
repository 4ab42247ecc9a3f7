//! The proof that nothing acknowledged is lost, whatever goes wrong.
//!
//! A [`ledger`] numbers every item, notes who was told that it was taken, and sees what arrives. A
//! scenario makes one thing go wrong, again and again, at moments that its seed chooses; afterwards the
//! book must add up. `make chaos SCENARIO=kill SEED=7` repeats one run.

pub mod backend;
pub mod config;
pub mod items;
pub mod ledger;
pub mod load;
pub mod machine;
pub mod proxy;
pub mod report;
pub mod run;
pub mod scenarios;
pub mod subject;
pub mod weather;

use std::path::Path;

use common::component::Tasks;
use tokio::time::Instant;

use report::{Outcome, Verdict};
use run::{Run, Size};
use scenarios::Scenario;

/// The scenario of a name.
#[must_use]
pub fn scenario(name: &str) -> Option<Scenario> {
    scenarios::ALL.iter().copied().find(|scenario| scenario.name == name)
}

/// Runs a scenario; its files are removed if it passes.
///
/// # Panics
/// If no directory can be made.
pub async fn run(scenario: Scenario, seed: u64, size: Size) -> Outcome {
    let started = Instant::now();
    let directory = tempfile::Builder::new().prefix("chaos-").tempdir().unwrap();
    let run = Run::new(seed, size, directory.path().to_owned());
    let signal = run.items.signal.name();
    let verdict = match (scenario.lacks)() {
        Some(why) => Verdict::Skipped(why.to_owned()),
        None => match torment(scenario, run).await {
            Ok(report) => Verdict::Passed(Box::new(report)),
            Err(why) => Verdict::Failed { why, directory: keep(directory) },
        },
    };
    Outcome { scenario: scenario.name, seed, signal, took: started.elapsed(), verdict }
}

/// In a task, so that a harness that gives up by panicking fails this run only.
async fn torment(scenario: Scenario, mut run: Run) -> Result<report::Report, String> {
    let body = async move {
        let ended = (scenario.body)(&mut run).await;
        ended.map(|()| run.report).map_err(|error| format!("{error:#}"))
    };
    let ended = Tasks::default().spawn(body).await;
    ended.unwrap_or_else(|panic| Err(panic_text(panic)))
}

fn panic_text(panic: tokio::task::JoinError) -> String {
    let Ok(payload) = panic.try_into_panic() else { return "cancelled".to_owned() };
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}

fn keep(directory: tempfile::TempDir) -> std::path::PathBuf {
    let path: &Path = &directory.keep();
    path.to_owned()
}
