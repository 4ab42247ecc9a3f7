//! Collectors side by side: CPU time per item, items per second, memory, latency, start and rest.
//!
//! `docs/benchmarks/README.md` says how to run it and how to read what it prints. The collector has core 0,
//! the rig core 1; what the scenarios are stands in `scenarios.rs`. Turns of all collectors alternate
//! within a scenario, so that what else the machine does hits all of them.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(clippy::disallowed_methods, reason = "the rig is no collector: its tasks end with it")]

mod arguments;
mod book;
mod cgroup;
mod chart;
mod client;
mod frames;
mod growth;
mod histogram;
mod http1;
mod isolation;
mod link;
mod load;
mod machine;
mod measure;
mod payload;
mod process;
mod report;
mod results;
mod scenarios;
mod sink;
mod stage;
mod subject;
mod timer;
mod walk;

use std::fs;

use anyhow::Context as _;
use common::signal::Signal;

use arguments::{Arguments, Task};
use payload::Requests;
use results::Results;
use scenarios::Scenario;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    if arguments.task == Task::List {
        return list(&arguments);
    }
    let machine = machine::describe(&arguments.subjects);
    process::pin_self(1)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let results = Results::open(arguments.out.as_deref(), machine)?;
    let mut run = Run { arguments, results, group: String::new() };
    println!("{}", run.results.machine());
    runtime.block_on(async {
        match run.arguments.task {
            Task::Growth => growth::run(&mut run).await,
            Task::Isolation => isolation::run(&mut run).await,
            Task::Compare | Task::List => compare(&mut run).await,
        }
    })
}

fn list(arguments: &Arguments) -> anyhow::Result<()> {
    for signal in Signal::ALL {
        let [none, gzip, gzip6, zstd] = payload::sizes(signal);
        println!(
            "{signal}: {none} bytes per item, {gzip} with gzip, {gzip6} with gzip level 6, {zstd} with zstd"
        );
    }
    for scenario in scenarios::all() {
        let name = scenario.name();
        if arguments.wants(&name) {
            println!("{name}");
        }
    }
    Ok(())
}

/// A run under way.
struct Run {
    arguments: Arguments,
    results: Results,
    /// The group whose head was printed last.
    group: String,
}

impl Run {
    fn begin(&mut self, name: &str, group: &str) {
        self.results.restart(name, group);
        if self.group != group {
            group.clone_into(&mut self.group);
            println!("\n{}", self.results.head(group, &self.names()));
        }
    }

    /// Prints a scenario's lines and writes all that there is.
    fn end(&self, name: &str) -> anyhow::Result<()> {
        for row in self.results.rows(Some(name)) {
            println!("{}", self.results.line(&row, &self.names()));
        }
        if let Some(folder) = &self.arguments.out {
            self.results.write(folder)?;
            fs::write(folder.join("results.md"), self.results.page())?;
            fs::write(folder.join("chart.svg"), self.results.chart())?;
        }
        Ok(())
    }

    fn names(&self) -> Vec<String> {
        self.arguments.subjects.iter().map(|subject| subject.name.clone()).collect()
    }
}

async fn compare(run: &mut Run) -> anyhow::Result<()> {
    for scenario in scenarios::all() {
        if run.arguments.wants(&scenario.name()) {
            one(run, &scenario).await?;
        }
    }
    Ok(())
}

/// One scenario: all collectors in turn, so many times.
async fn one(run: &mut Run, scenario: &Scenario) -> anyhow::Result<()> {
    let name = scenario.name();
    let requests = Requests::new(scenario.shape).context("requests can be built")?;
    run.begin(&name, scenario.group);
    for _ in 0..run.arguments.turns(scenario.kind) {
        for subject in &run.arguments.subjects {
            if !subject.can(scenario) {
                continue;
            }
            match measure::turn(subject, scenario, &requests, run.arguments.window).await {
                Ok(phases) => run.results.add(&name, &subject.name, &phases),
                // What one collector cannot do says nothing of the next scenario.
                Err(error) => println!("{name}: {}: {error:#}", subject.name),
            }
        }
    }
    run.end(&name)
}
