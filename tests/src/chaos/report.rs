//! What a run says of itself.

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use super::ledger::Totals;

/// The figures of one run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The ledger's sums.
    pub totals: Totals,
    /// What the collectors counted as lost, by reason.
    pub lost: BTreeMap<String, u64>,
    /// The most duplicates that the faults of the run explain.
    pub duplicates_bound: u64,
    /// How many times a collector was killed or stopped.
    pub kills: u64,
    /// The most memory that any collector had resident, in bytes.
    pub rss_peak: u64,
    /// What else was measured.
    pub notes: Vec<String>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// All claims hold.
    Passed(Box<Report>),
    /// It needs something that this machine does not have.
    Skipped(String),
    /// A claim does not hold; the directory is kept.
    Failed {
        /// What does not hold.
        why: String,
        /// The collectors' logs and files.
        directory: PathBuf,
    },
}

/// One run of a scenario.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scenario.
    pub scenario: &'static str,
    /// What repeats it.
    pub seed: u64,
    /// The signal that the seed chose.
    pub signal: &'static str,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub verdict: Verdict,
}

impl Outcome {
    /// Whether a claim does not hold.
    #[must_use]
    pub const fn is_failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed { .. })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, seed, signal, took, verdict } = self;
        write!(f, "{scenario} SEED={seed} {signal} {:.1}s: ", took.as_secs_f64())?;
        match verdict {
            Verdict::Passed(report) => write!(f, "ok: {report}"),
            Verdict::Skipped(why) => write!(f, "skipped: {why}"),
            Verdict::Failed { why, directory } => {
                write!(f, "FAILED: {why}\n  kept in {}", directory.display())
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { totals, lost, duplicates_bound, kills, rss_peak, notes } = self;
        write!(
            f,
            "{} acknowledged, {} arrived, {} missing, {} counted lost, {} duplicates (at most \
             {duplicates_bound}), {kills} kills, RSS peak {} MiB",
            totals.acknowledged,
            totals.arrived,
            totals.missing,
            lost.values().sum::<u64>(),
            totals.duplicates,
            rss_peak >> 20,
        )?;
        if !lost.is_empty() {
            write!(f, "; lost by reason {lost:?}")?;
        }
        notes.iter().try_for_each(|note| write!(f, "; {note}"))
    }
}

/// One line per scenario over all its runs.
#[must_use]
pub fn table(outcomes: &[Outcome]) -> String {
    let mut rows = BTreeMap::<&str, Row>::new();
    for outcome in outcomes {
        rows.entry(outcome.scenario).or_default().add(outcome);
    }
    let mut all = Row::default();
    outcomes.iter().for_each(|outcome| all.add(outcome));
    let head = format!(
        "{:<24}{:>6}{:>8}{:>8}{:>14}{:>14}{:>9}{:>9}{:>12}{:>7}{:>9}{:>9}\n",
        "scenario",
        "runs",
        "failed",
        "skipped",
        "acknowledged",
        "arrived",
        "missing",
        "counted",
        "duplicates",
        "kills",
        "RSS MiB",
        "seconds"
    );
    let lines = rows.iter().map(|(name, row)| row.line(name)).collect::<String>();
    head + &lines + &all.line("all")
}

#[derive(Default)]
struct Row {
    runs: u64,
    failed: u64,
    skipped: u64,
    totals: Totals,
    counted: u64,
    kills: u64,
    rss_peak: u64,
    took: Duration,
}

impl Row {
    fn add(&mut self, outcome: &Outcome) {
        self.runs += 1;
        self.took += outcome.took;
        match &outcome.verdict {
            Verdict::Failed { .. } => self.failed += 1,
            Verdict::Skipped(_) => self.skipped += 1,
            Verdict::Passed(report) => {
                self.totals.acknowledged += report.totals.acknowledged;
                self.totals.arrived += report.totals.arrived;
                self.totals.missing += report.totals.missing;
                self.totals.duplicates += report.totals.duplicates;
                self.counted += report.lost.values().sum::<u64>();
                self.kills += report.kills;
                self.rss_peak = self.rss_peak.max(report.rss_peak);
            }
        }
    }

    fn line(&self, name: &str) -> String {
        let Totals { acknowledged, arrived, missing, duplicates, .. } = self.totals;
        format!(
            "{name:<24}{:>6}{:>8}{:>8}{acknowledged:>14}{arrived:>14}{missing:>9}{:>9}\
             {duplicates:>12}{:>7}{:>9}{:>9.0}\n",
            self.runs,
            self.failed,
            self.skipped,
            self.counted,
            self.kills,
            self.rss_peak >> 20,
            self.took.as_secs_f64()
        )
    }
}
