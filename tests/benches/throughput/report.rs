//! The tables.

use std::fmt::Write as _;

use crate::results::{Results, Row, Spread};

/// How a figure is shown, and what is better.
#[derive(Clone, Copy)]
enum Show {
    /// Less is better: the peer's by ours.
    Less(f64),
    /// More is better: ours by the peer's.
    More(f64),
    /// Without a ratio.
    Plain(f64),
    /// A share, in percent.
    Percent,
}

impl Show {
    /// Whether a ratio follows. The rig is nobody's peer.
    fn compares(self, subject: &str) -> bool {
        matches!(self, Self::Less(_) | Self::More(_)) && subject != "rig"
    }
}

type Column = (&'static str, &'static str, Show);

const LOAD: &[Column] = &[
    ("cpu_ns_per_item", "ns CPU per item", Show::Less(1.0)),
    ("items_per_s", "1,000 items/s", Show::More(1e-3)),
    ("rss_mib", "RSS MiB", Show::Less(1.0)),
    ("peak_mib", "peak MiB", Show::Plain(1.0)),
    ("core_share", "core in use", Show::Percent),
    ("rig_share", "rig's core", Show::Percent),
    LOST,
    DUPLICATE,
];
const IDLE: &[Column] = &[
    ("ready_ms", "ready after ms", Show::Less(1.0)),
    ("idle_mib", "idle RSS MiB", Show::Less(1.0)),
    ("idle_share", "idle CPU", Show::Percent),
    ("binary_mb", "binary MB", Show::Less(1.0)),
];
const LATENCY: &[Column] = &[
    ("items_per_s", "1,000 items/s", Show::Plain(1e-3)),
    ("p50_us", "p50 us", Show::Plain(1.0)),
    ("p99_us", "p99 us", Show::Plain(1.0)),
    ("p999_us", "p99.9 us", Show::Plain(1.0)),
    ("added_p50_us", "added p50 us", Show::Less(1.0)),
    ("added_p99_us", "added p99 us", Show::Less(1.0)),
    ("added_p999_us", "added p99.9 us", Show::Less(1.0)),
    LOST,
    DUPLICATE,
];
const OVERLOAD: &[Column] = &[
    ("goodput", "goodput", Show::Percent),
    ("peak_mib", "peak MiB", Show::Less(1.0)),
    ("rss_mib", "RSS MiB after", Show::Plain(1.0)),
    ("drained_after_s", "drained after s", Show::Plain(1.0)),
    ("acknowledged", "acknowledged", Show::Plain(1.0)),
    ("refused", "refused", Show::Plain(1.0)),
    ("failed", "failed", Show::Plain(1.0)),
    LOST,
    DUPLICATE,
];
const PLANS: &[Column] = &[
    ("offered_per_s", "offered/s", Show::Plain(1.0)),
    ("items_per_s", "taken/s", Show::Plain(1.0)),
    ("holds_per_s", "holds/s", Show::More(1.0)),
    ("core_share", "core in use", Show::Percent),
    ("throttled", "periods throttled", Show::Percent),
    ("peak_mib", "peak MiB", Show::Less(1.0)),
    ("p99_us", "p99 us", Show::Plain(1.0)),
    ("refused", "refused", Show::Plain(1.0)),
    LOST,
];
const ISOLATION: &[Column] = &[
    ("acknowledged", "taken", Show::Plain(1.0)),
    ("refused", "refused", Show::Plain(1.0)),
    ("failed", "failed", Show::Plain(1.0)),
    ("answer_p50_us", "answer p50 us", Show::Plain(1.0)),
    ("answer_p99_us", "answer p99 us", Show::Plain(1.0)),
    LOST,
    ("peak_mib", "peak MiB", Show::Plain(1.0)),
];
const GROWTH: &[Column] = &[
    ("cpu_ns_per_item", "ns CPU per item", Show::Less(1.0)),
    ("cpu_ns_per_byte", "ns CPU per byte", Show::Plain(1.0)),
    ("items_per_s", "1,000 items/s", Show::Plain(1e-3)),
    ("rss_mib", "RSS MiB", Show::Plain(1.0)),
    ("on_disk_mb", "MB on disk", Show::Plain(1.0)),
    ("ready_ms", "ready after ms", Show::Plain(1.0)),
    LOST,
];
const LOST: Column = ("lost", "lost", Show::Plain(1.0));
const DUPLICATE: Column = ("duplicate", "twice", Show::Plain(1.0));

fn columns(group: &str) -> &'static [Column] {
    match group {
        "idle" => IDLE,
        "latency" => LATENCY,
        "overload" => OVERLOAD,
        "plans" => PLANS,
        "isolation" => ISOLATION,
        "growth" => GROWTH,
        _ => LOAD,
    }
}

impl Results {
    /// The head of a group's table.
    pub(crate) fn head(&self, group: &str, subjects: &[String]) -> String {
        let mut head = "| scenario | phase |".to_owned();
        let mut rule = "|---|---|".to_owned();
        for (_, title, show) in columns(group) {
            for (index, subject) in subjects.iter().enumerate() {
                write!(head, " {title}: {subject} |").ok();
                rule.push_str("---|");
                if index > 0 && show.compares(subject) {
                    head.push_str(" ratio |");
                    rule.push_str("---|");
                }
            }
        }
        format!("{head}\n{rule}")
    }

    /// One row of it: medians, the least and the most in brackets, and ratios to the first collector.
    pub(crate) fn line(&self, row: &Row, subjects: &[String]) -> String {
        let short = row.scenario.split_once(": ").map_or(&*row.scenario, |(_, rest)| rest);
        let mut line = format!("| {short} | {} |", row.phase);
        for (name, _, show) in columns(&row.group) {
            let mut ours = None;
            for (index, subject) in subjects.iter().enumerate() {
                let spread = self.spread(row, subject, name);
                write!(line, " {} |", spread.map_or_else(String::new, |it| cell(it, *show))).ok();
                if index == 0 {
                    ours = spread;
                } else if show.compares(subject) {
                    write!(line, " {} |", ratio(ours, spread, *show)).ok();
                }
            }
        }
        line
    }

    /// Everything, as a page.
    pub(crate) fn page(&self) -> String {
        let subjects = self.subjects();
        let mut page = format!("{}\n", self.machine());
        let mut group = String::new();
        for row in self.rows(None) {
            if row.group != group {
                group.clone_from(&row.group);
                write!(page, "\n### {group}\n\n{}\n", self.head(&group, &subjects)).ok();
            }
            writeln!(page, "{}", self.line(&row, &subjects)).ok();
        }
        page
    }
}

fn cell(Spread { median, least, most }: Spread, show: Show) -> String {
    let unit = match show {
        Show::Less(unit) | Show::More(unit) | Show::Plain(unit) => unit,
        Show::Percent => 100.0,
    };
    let [median, least, most] = [median, least, most].map(|value| number(value * unit));
    let percent = if matches!(show, Show::Percent) { "%" } else { "" };
    if least == most {
        format!("{median}{percent}")
    } else {
        format!("{median}{percent} ({least}-{most})")
    }
}

/// Three digits that matter.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        small if small < 9.95 => format!("{value:.2}"),
        middle if middle < 99.5 => format!("{value:.1}"),
        _ => grouped(value),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

fn ratio(ours: Option<Spread>, peer: Option<Spread>, show: Show) -> String {
    let (Some(ours), Some(peer)) = (ours, peer) else { return String::new() };
    let ratio = match show {
        Show::More(_) => ours.median / peer.median,
        _ => peer.median / ours.median,
    };
    if ratio.is_finite() { format!("{ratio:.1}") } else { String::new() }
}
