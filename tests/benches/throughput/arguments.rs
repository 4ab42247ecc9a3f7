//! What is asked for.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, bail};

use crate::subject::{Family, Subject};

const USAGE: &str = "
  --collector <binary>   ours; target/release/combined-collector unless given
  --peer <name>=<binary> another one, for each time it is given; `rotel` takes arguments, the rest YAML
  --rig                  the rig straight to its sink as well: what it costs itself
  --only <words>         the scenarios whose names hold all of these words
  --runs <count>         turns of each collector, 5 unless given; figures are medians
  --seconds <seconds>    the length of a phase, 1 unless given
  --quick                one turn of half a second
  --out <folder>         writes results.json, results.md and chart.svg there, beside what was there of
                         other scenarios
  --growth               how cost grows with connections, attributes, requests, pipelines and queues
  --isolation            a healthy backend beside a bad one
  --list                 names all scenarios and the sizes of what is sent";

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Compare,
    Growth,
    Isolation,
    List,
}

/// The arguments.
pub(crate) struct Arguments {
    pub(crate) task: Task,
    pub(crate) subjects: Vec<Subject>,
    only: Vec<String>,
    pub(crate) runs: usize,
    pub(crate) window: Duration,
    pub(crate) out: Option<PathBuf>,
}

impl Arguments {
    /// Reads them.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let root = tests::collector::root();
        let mut ours = root.join("target/release/combined-collector");
        let mut peers = Vec::new();
        let (task, only, window) = (Task::Compare, Vec::new(), Duration::from_secs(1));
        let mut read = Self { task, subjects: Vec::new(), only, runs: 5, window, out: None };
        while let Some(argument) = arguments.next() {
            let mut value =
                || arguments.next().with_context(|| format!("{argument} needs a value{USAGE}"));
            match &*argument {
                // What cargo adds.
                "--bench" => (),
                "--collector" => ours = value()?.into(),
                "--peer" => {
                    let peer = value()?;
                    let peer = Subject::peer(&peer);
                    peers.push(peer.with_context(|| format!("not <name>=<binary>{USAGE}"))?);
                }
                "--rig" => peers.push(Subject::rig()),
                "--only" => read.only = value()?.split_whitespace().map(str::to_owned).collect(),
                "--runs" => read.runs = value()?.parse()?,
                "--seconds" => read.window = Duration::from_secs_f64(value()?.parse()?),
                "--quick" => (read.runs, read.window) = (1, Duration::from_millis(500)),
                "--out" => read.out = Some(value()?.into()),
                "--growth" => read.task = Task::Growth,
                "--isolation" => read.task = Task::Isolation,
                "--list" => read.task = Task::List,
                other => bail!("unknown argument {other}; known are{USAGE}"),
            }
        }
        let name = "ours".to_owned();
        read.subjects = vec![Subject { name, family: Family::Ours, binary: ours }];
        read.subjects.extend(peers);
        Ok(read)
    }

    /// Whether a scenario is wanted.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.iter().all(|word| name.contains(&**word))
    }
}
