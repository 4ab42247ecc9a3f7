//! `make chaos`: torments built collectors and prints what became of every item.
//!
//! Settings come from the environment, so that `make chaos SCENARIO=kill SEED=7 COUNT=10` passes them:
//! `SCENARIO` (all if unset; several with commas), `SEED` of the first run (1), `COUNT` of runs with
//! consecutive seeds (1), `MINUTES` of load, `RATE` in items a second, `FAULTS` (kills, cuts, reloads ...),
//! `SHORT=1` for the form that `make test` runs.

use std::{io::Write as _, process::ExitCode, str::FromStr, time::Duration};

use anyhow::Context as _;
use tests::chaos::{
    self,
    report::table,
    run::Size,
    scenarios::{ALL, Scenario},
};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let scenarios = chosen()?;
    let (seed, count) = (setting("SEED")?.unwrap_or(1), setting::<u64>("COUNT")?.unwrap_or(1));
    let size = size()?;
    let mut outcomes = Vec::new();
    for scenario in scenarios {
        for seed in seed..seed + count {
            let outcome = chaos::run(scenario, seed, size).await;
            say(&outcome.to_string());
            outcomes.push(outcome);
        }
    }
    say(&table(&outcomes));
    let is_failed = outcomes.iter().any(chaos::report::Outcome::is_failed);
    Ok(if is_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn chosen() -> anyhow::Result<Vec<Scenario>> {
    let Some(names) = setting::<String>("SCENARIO")? else { return Ok(ALL.to_vec()) };
    let known = || ALL.iter().map(|scenario| scenario.name).collect::<Vec<_>>().join(", ");
    let find = |name| {
        chaos::scenario(name).with_context(|| format!("no scenario {name}; there are {}", known()))
    };
    names.split(',').map(find).collect()
}

fn size() -> anyhow::Result<Size> {
    let mut size = if setting("SHORT")?.unwrap_or(0) > 0 { Size::SHORT } else { Size::LONG };
    if let Some(minutes) = setting::<f64>("MINUTES")? {
        size.load = Duration::from_secs_f64(minutes * 60.0);
    }
    size.rate = setting("RATE")?.unwrap_or(size.rate);
    size.faults = setting("FAULTS")?.unwrap_or(size.faults);
    Ok(size)
}

fn setting<T: FromStr>(name: &str) -> anyhow::Result<Option<T>> {
    match std::env::var(name) {
        Ok(text) if !text.is_empty() => match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => anyhow::bail!("{name}={text} is no valid setting"),
        },
        _ => Ok(None),
    }
}

fn say(text: &str) {
    // Whoever closed the pipe does not want to know.
    drop(writeln!(std::io::stdout(), "{text}"));
}
